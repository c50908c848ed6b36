"""Calendar: what may be deployed when, what broke a freeze, and what is planned into one."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import polars as pl
import streamlit as st

from dashboards import release_calendar as calendar
from dashboards.bases import Asked, draw_basis, draw_foot
from dashboards.charts import CONFIG
from dashboards.lanes import axis_of, read_ticks, read_windows, selected_services
from dashboards.theme import palette
from dashboards.timeline import Axis, Shade, Tick, timeline
from dashboards.view import View
from dashboards.words import count_words
from transforms.published import UnknownTable

TITLE, SECTION, ORDER, URL_PATH = "Calendar", "Releases", 4, "calendar"
LANES = 10
LENGTHS = {30: "30 minutes", 60: "1 hour", 120: "2 hours", 240: "4 hours"}
OPEN = {"Open": st.column_config.LinkColumn(display_text="open", width=60)}


def render(view: View) -> None:
    """Draw the page."""
    try:
        violations, conflicts = calendar.read_violations(view), calendar.read_conflicts(view)
        windows = view.rows("window_occurrences", filters={}, order="starts_at", limit=1)
    except UnknownTable:
        st.markdown("This build is older than this page; run `leadline build`.")
        return
    if windows.is_empty():
        st.markdown("#### No calendar states a freeze, an allowed time or a vendor's window.")
        st.markdown(
            "State windows under `calendar` in `policy.yml`, or read them from GitLab, Argo CD, "
            "Datadog or a status page; then `leadline run`."
        )
    else:
        told = calendar.calendar_sentence(violations, conflicts, period=view.selection.period)
        st.markdown(f"#### {told}")
        draw_basis(view, "control_results", _broken(view), key="calendar_answer")
    _draw_slots(view)
    _draw_axis(view)
    _draw_violations(view, violations)
    _draw_conflicts(view, conflicts)
    _draw_acknowledgements(view)
    _draw_costs(view)


def _broken(view: View) -> Asked:
    chosen = view.selection
    return Asked(
        {"control_id": [calendar.FREEZES, calendar.HOURS], **chosen.filters},
        ("occurred_date", chosen.since, chosen.until),
    )


def _draw_slots(view: View) -> None:
    """Let one choose a service and a length, and say what may be done now and next."""
    services = selected_services(view) or view.table("services")["service_id"].to_list()
    if not services:
        st.markdown("No service is known yet; run `leadline run`.")
        return
    with st.container(horizontal=True, key="slots_choice"):
        service = st.selectbox("Service", sorted(services), key="slots_service")
        minutes = st.selectbox(
            "It takes", list(LENGTHS), index=1, format_func=LENGTHS.__getitem__, key="slots_length"
        )
    decision, slots = calendar.now_and_next(view, service, minutes=minutes)
    st.markdown(calendar.decision_sentence(decision, service))
    if not slots:
        st.markdown(f"No stretch of {LENGTHS[minutes]} is free within a year.")
        return
    st.caption(f"The next stretches that are free for at least {LENGTHS[minutes]}:")
    st.dataframe(
        calendar.slots_table(view, slots), hide_index=True,
        alt=f"The next stretches of {LENGTHS[minutes]} in which {service} may be deployed",
    )  # fmt: skip


def _draw_axis(view: View) -> None:
    last = max(view.selection.until, (view.as_of + calendar.AHEAD).date())
    axis = Axis(
        first=datetime.combine(view.selection.since, time()),
        last=datetime.combine(last, time()),
        now=axis_of(view).now,
    )
    ticks, windows = read_ticks(view, None), read_windows(view, ahead=calendar.AHEAD)
    lanes = _lanes(ticks, windows)
    shades = [*windows, *calendar.planned_shades(view, lanes)]
    if not lanes:
        st.caption("Nothing was deployed in this period, so that there is no lane to draw.")
        return
    told = f"{count_words(len(windows), 'window')} and {count_words(len(ticks), 'deployment')}"
    st.plotly_chart(
        timeline(
            [], ticks, lanes=lanes, axis=axis, chosen=None, suspects=[], colours=palette(),
            shades=shades,
        ),
        theme=None, config=CONFIG, key="release_calendar",
        alt=f"{told}, a lane for each of {count_words(len(lanes), 'service')}",
    )  # fmt: skip
    st.caption(
        "Shaded: freezes, maintenance, vendors' windows, and planned change requests ahead; point "
        f"at one. Marks: deployments. Dotted line: as of; {calendar.AHEAD // timedelta(days=1)} "
        "days ahead are shown."
    )


def _lanes(ticks: Sequence[Tick], windows: Sequence[Shade]) -> tuple[str, ...]:
    """Return the services with windows of their own and then those with most deployments."""
    own = {one.service_id for one in windows if one.service_id}
    counts: dict[str, int] = {}
    for tick in ticks:
        counts[tick.service_id] = counts.get(tick.service_id, 0) + 1
    ranked = sorted(counts, key=lambda one: (one not in own, -counts[one], one))
    return tuple(ranked[:LANES])


def _draw_violations(view: View, rows: pl.DataFrame) -> None:
    st.subheader("What broke a freeze or the hours", anchor=False)
    if rows.is_empty():
        st.markdown("Every deployment of this selection kept to the calendar as it was known then.")
        return
    shown = calendar.violations_table(view, rows)
    st.dataframe(shown, hide_index=True, column_config=OPEN, alt="Deployments that broke a window")
    draw_foot(
        view, "control_results", _broken(view), rows, export="calendar_violations", key="calendar"
    )


def _draw_conflicts(view: View, rows: pl.DataFrame) -> None:
    st.subheader("What is planned into a window", anchor=False)
    if rows.is_empty():
        st.markdown("No planned change request meets a window.")
        return
    shown = calendar.conflicts_table(view, rows)
    st.dataframe(shown, hide_index=True, alt="Planned change requests that meet a window")
    draw_foot(view, "planned_conflicts", Asked(is_filtered=False), rows, export="planned_conflicts")


def _draw_acknowledgements(view: View) -> None:
    rows = calendar.read_acknowledgements(view)
    if rows.is_empty():
        return
    st.subheader("What vendors have to know of", anchor=False)
    st.markdown(calendar.acknowledgements_sentence(rows))
    st.dataframe(
        calendar.acknowledgements_table(view, rows), hide_index=True,
        alt="Planned change requests, the vendors that they need, and whether those know of it",
    )  # fmt: skip
    st.caption("Contacts say so with `leadline calendar acknowledge CHG0001 --vendor NAME`.")
    every = Asked(is_filtered=False)
    draw_foot(view, "vendor_acknowledgements", every, rows, export="vendor_acknowledgements")


def _draw_costs(view: View) -> None:
    st.subheader("What freezes cost", anchor=False)
    costs = calendar.cost_frame(view)
    st.markdown(calendar.cost_sentence(costs, period=view.selection.period))
    if costs.is_empty():
        return
    st.dataframe(
        calendar.costs_table(view, costs), hide_index=True, alt="Freezes with what waited in them",
        column_config={
            name: st.column_config.NumberColumn(format="%.1f") for name in ("Days", "Change-days")
        },
    )  # fmt: skip
    st.caption("A change-day is a merged change that waited a day inside a freeze.")
    draw_basis(view, "freeze_costs", Asked(view.selection.filters))
