"""Timeline: deployments and incidents on one axis, a lane for each service, freezes shaded."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboards.charts import CONFIG
from dashboards.explain import explain
from dashboards.happenings import (
    Happening,
    counted_sentence,
    happenings,
    happenings_table,
    lanes_by_count,
    near,
)
from dashboards.incidents import page_link, read_incidents
from dashboards.lanes import TICKS, axis_of, bars_of, read_alerts, read_ticks, read_windows
from dashboards.theme import palette
from dashboards.timeline import timeline
from dashboards.view import View
from dashboards.words import count_words
from transforms.published import UnknownTable

TITLE, SECTION, ORDER, URL_PATH = "Timeline", "Releases", 1, "timeline"
LANES = 14
KEY = "release_timeline"


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address beside the filters; any mark may stand."""
    return {"mark": None}


def render(view: View) -> None:
    """Draw the page."""
    try:
        incidents = read_incidents(view)
    except UnknownTable:
        st.markdown("This build is older than this page; run `leadline build`.")
        return
    ticks, shades = read_ticks(view, None), read_windows(view)
    with st.container(horizontal=True, vertical_alignment="center", key="timeline_head"):
        told = counted_sentence(ticks, incidents, period=view.selection.period)
        st.markdown(f"#### {told}", width="stretch")
        if st.button("Explain this number", key="explain_timeline", type="tertiary"):
            explain(view, "deployment_frequency")
    if not ticks and not incidents:
        st.markdown(
            "Choose a longer period, or see on "
            f"[Data health]({page_link(view, 'health')}) whether deployments were read. "
            "A repository's tags are deployments too: `leadline run --git PATH`."
        )
        return
    found = happenings(view, ticks, incidents, shades)
    lanes, left = lanes_by_count(found, most=LANES)
    mark = st.query_params.get("mark", "")
    kind, _, chosen = mark.partition(":")
    alerts = read_alerts(view, lanes)
    st.plotly_chart(
        timeline(
            bars_of(view, incidents), ticks, lanes=lanes, axis=axis_of(view),
            chosen=chosen if kind == "incident" else None,
            suspects=[chosen] if kind == "deployment" else [],
            colours=palette(), alerts=alerts, shades=shades,
        ),
        theme=None, config=CONFIG, key=KEY, selection_mode="points", on_select=_pick,
        alt=f"{told} A lane for each of {count_words(len(lanes), 'service')}.",
    )  # fmt: skip
    rest = f" {left:,} more left out: filter by team or service." if left else ""
    shaded = " Shaded: freezes and maintenance." if shades else ""
    lines = " Thin lines: alerts." if alerts else ""
    st.caption(
        "Bars: incidents, the higher the more severe. Marks: deployments (dot: did not fail, "
        f"ring: failed, arrow: rolled back); select one.{lines}{shaded} Dotted line: as of.{rest}"
    )
    _draw_list(found, mark)


def _pick() -> None:
    """Put the mark that was selected in the picture into the address."""
    for point in st.session_state[KEY].selection.points:
        data = point.get("customdata")
        if isinstance(data, list | tuple) and len(data) == 3:
            st.query_params["mark"] = f"{data[2]}:{data[0]}"


def _show_all() -> None:
    st.query_params.pop("mark", None)


def _draw_list(found: Sequence[Happening], mark: str) -> None:
    listed = near(found, mark)
    if mark and not listed:
        st.info("The address names nothing of this selection; everything is listed.")
    with st.container(horizontal=True, vertical_alignment="center", key="happenings_head"):
        heading = "Within a day of the selected mark" if listed else "All of them, newest first"
        st.subheader(heading, anchor=False, width="stretch")
        if listed:
            st.button("Show all", key="show_all", on_click=_show_all)
    st.dataframe(
        happenings_table(listed or found), hide_index=True,
        height="auto" if listed else 420,
        column_config={
            "Open": st.column_config.LinkColumn(display_text="open", width=60),
            "Source": st.column_config.LinkColumn(display_text="source", width=70),
        },
        alt=f"{heading}: deployments, incidents and windows of the calendar",
    )  # fmt: skip
    if len(found) >= TICKS:
        st.caption(f"The newest {TICKS:,} deployments were read; choose a shorter period.")
