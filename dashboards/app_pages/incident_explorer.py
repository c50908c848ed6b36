"""Incident explorer: which incidents a deployment probably caused, which not, and why."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboards.bases import Asked, draw_basis
from dashboards.charts import CONFIG
from dashboards.exports import draw_export
from dashboards.fit import draw_fit
from dashboards.incidents import (
    READ_ROWS,
    Incident,
    lanes_of,
    list_frame,
    page_link,
    read_incidents,
)
from dashboards.lanes import axis_of, bars_of, read_alerts, read_ticks
from dashboards.reasons import counts_sentence
from dashboards.suspects import draw_incident, draw_suspects, read_case
from dashboards.theme import palette
from dashboards.timeline import timeline
from dashboards.view import View
from dashboards.words import count_words
from transforms.published import UnknownTable

TITLE, SECTION, ORDER, URL_PATH = "Incident explorer", "Reliability", 2, "incidents"
ALL = "All severities"
SEVERITIES: Mapping[str, int] = {
    ALL: 99, "Severity 1": 1, "Severity 1 and 2": 2, "Severity 1 to 3": 3,
}  # fmt: skip
LANES = 7


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address beside the filters; any incident may stand."""
    return {"severity": list(SEVERITIES), "unexplained": ("true", "false"), "incident": None}


def render(view: View) -> None:
    """Draw the page."""
    sentence = st.empty()
    with st.container(horizontal=True, vertical_alignment="center", key="incident_filters"):
        severity = st.selectbox(
            "Severity", list(SEVERITIES), key="severity", bind="query-params",
            label_visibility="collapsed", width=170,
        )  # fmt: skip
        is_unexplained = st.toggle(
            "Only unexplained", key="unexplained", bind="query-params",
            help="No deployment is the probable cause, and nobody has judged the cause yet",
        )  # fmt: skip
    try:
        found = read_incidents(view)
    except UnknownTable:
        sentence.markdown("This build is older than this page; run `leadline build`.")
        return
    worst = SEVERITIES.get(severity or ALL, 99)
    incidents = tuple(
        one
        for one in found
        if (worst == 99 or (one.severity or 99) <= worst)
        and not (is_unexplained and one.is_explained)
    )
    counted = counts_sentence([one.attribution for one in incidents])
    sentence.markdown(f"#### {counted}")
    span = ("impact_started_date", view.selection.since, view.selection.until)
    draw_basis(view, "incident_causes", Asked(view.selection.filters, span))
    _say_evidence(view)
    chosen = _chosen(incidents)
    if incidents:
        _draw_timeline(view, incidents, chosen)
    _draw_both(view, incidents, chosen)
    draw_fit(view)


def _say_evidence(view: View) -> None:
    """Say so when incidents do not begin more often after deployments than otherwise."""
    rows = view.known_rows("service_causation", filters={"scope": view.scope[0]})
    rows = rows if rows.is_empty() else rows.filter(rows["scope_id"] == view.scope[1])
    if not rows.is_empty() and rows["statement"][0] == "no_evidence":
        link = page_link(view, "correlations")
        st.info(
            "There is no evidence that deployments cause incidents here: "
            f"[Failure correlations]({link}) has the test."
        )


def _chosen(incidents: Sequence[Incident]) -> str | None:
    """Return the incident that the address names, else the newest one shown."""
    asked = st.query_params.get("incident")
    if asked:
        return asked
    return incidents[0].incident_id if incidents else None


def _pick(key: str, ids: Sequence[str]) -> None:
    """Put the row that was selected in the list into the address."""
    rows = st.session_state[key].selection.rows
    if rows and rows[0] < len(ids):
        st.query_params["incident"] = ids[rows[0]]


def _pick_bar(key: str) -> None:
    """Put the bar that was selected in the picture into the address."""
    for point in st.session_state[key].selection.points:
        data = point.get("customdata")
        if isinstance(data, list | tuple) and len(data) == 3 and data[2] == "incident":
            st.query_params["incident"] = str(data[0])


def _draw_timeline(view: View, incidents: Sequence[Incident], chosen: str | None) -> None:
    picked = next((one for one in incidents if one.incident_id == chosen), None)
    lanes, left = lanes_of(incidents, picked, most=LANES)
    ticks, alerts = read_ticks(view, lanes), read_alerts(view, lanes)
    is_caused = picked is not None and picked.attribution != "not_deployment"
    suspects = [picked.top_event_id] if picked and picked.top_event_id and is_caused else []
    st.plotly_chart(
        timeline(
            bars_of(view, incidents), ticks, lanes=lanes, axis=axis_of(view), chosen=chosen,
            suspects=suspects, colours=palette(), alerts=alerts,
        ),
        theme=None, config=CONFIG, key="incident_timeline", selection_mode="points",
        on_select=lambda: _pick_bar("incident_timeline"),
        alt=f"{count_words(len(incidents), 'incident')} and "
        f"{count_words(len(ticks), 'deployment')} on a lane for each of "
        f"{count_words(len(lanes), 'service')}",
    )  # fmt: skip
    more = f"{left:,} more {'service' if left == 1 else 'services'} with incidents"
    rest = f" {more} left out: filter by team or service." if left else ""
    lines = " Thin lines: alerts." if alerts else ""
    st.caption(
        "Bars: incidents, the higher the more severe; select one. Marks: deployments (dot: did "
        f"not fail, ring: failed, arrow: rolled back).{lines} Dotted line: as of.{rest}"
    )


def _draw_both(view: View, incidents: Sequence[Incident], chosen: str | None) -> None:
    left, right = st.columns((7, 5), gap="medium")
    with left:
        _draw_list(view, incidents)
    with right:
        case = read_case(view, chosen) if chosen else None
        if case is not None:
            draw_incident(view, case)
            st.subheader("What probably caused it", anchor=False)
            draw_suspects(view, case)
        elif chosen:
            st.info("The address names no incident that counts in this build; choose one.")


def _draw_list(view: View, incidents: Sequence[Incident]) -> None:
    if not incidents:
        st.markdown(
            "No incident of this selection is recorded. Choose a longer period, or see on "
            f"[Data health]({page_link(view, 'health')}) whether incidents were read."
        )
        return
    ids = [one.incident_id for one in incidents]
    # Another list is another table, so that a selected row never means another incident.
    key = f"incident_list_{hash(tuple(ids)):x}"
    st.dataframe(
        list_frame(view, incidents),
        hide_index=True,
        height=520,
        key=key,
        on_select=lambda: _pick(key, ids),
        selection_mode="single-row",
        column_config={
            "Source": st.column_config.LinkColumn(display_text="open", width=55),
            "Incident": st.column_config.TextColumn(width=215),
            "Probable cause": st.column_config.TextColumn(width=190),
            "Severity": st.column_config.TextColumn(width=55),
        },
        alt="Incidents of the selection with their probable causes; select a row for the reasons",
    )
    draw_export(
        view,
        lambda: view.published.rows("fct_incidents", filters={"incident_id": ids}),
        name="incidents",
    )
    if len(incidents) >= READ_ROWS:
        st.caption(f"The newest {READ_ROWS:,} rows were read; choose a shorter period.")
