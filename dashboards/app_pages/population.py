"""Population and completeness: whether everything was looked at, counted from both ends."""

import polars as pl
import streamlit as st

from dashboards.bases import Asked, draw_basis, draw_foot
from dashboards.conformance import exceptions_table, held_words, share_words, tally, threshold
from dashboards.exports import draw_export
from dashboards.populations import (
    items_sentence,
    items_table,
    months_table,
    population_sentence,
    read_table,
)
from dashboards.view import View
from transforms.published import UnknownTable

TITLE, SECTION, ORDER, URL_PATH = "Population and completeness", "Governance", 4, "population"
READ_ROWS = 50_000
DIRECTIONS = {
    "deployments": "Deployments to production, against change requests",
    "change_requests": "Change requests, against what was done",
}


def render(view: View) -> None:
    """Draw the page."""
    months = _months(view)
    st.markdown(f"#### {population_sentence(months)}")
    if not months.is_empty():
        draw_basis(view, "population", _asked(view), key="population_answer")
    _draw_read(view)
    for direction, heading in DIRECTIONS.items():
        _draw_direction(view, months, direction, heading)
    draw_export(view, months, name="change_reconciliation")
    _draw_traces(view)
    _draw_items(view)


def _asked(view: View, **more: str) -> Asked:
    chosen = view.selection
    filters = {key: value for key, value in chosen.filters.items() if key == "service_id"}
    first = chosen.since.replace(day=1)
    return Asked({**filters, **more}, ("period_start_date", first, chosen.until))


def _months(view: View) -> pl.DataFrame:
    asked = _asked(view)
    try:
        return view.rows(
            "change_reconciliation", filters=asked.filters, between=asked.between,
            order="period_start_date", limit=READ_ROWS,
        )  # fmt: skip
    except UnknownTable:
        return pl.DataFrame()


def _draw_read(view: View) -> None:
    st.subheader("What was read", anchor=False)
    runs = view.known_rows("ingest_runs", filters={})
    if runs.is_empty():
        st.markdown("No run of a source is recorded that this role may see.")
        return
    st.dataframe(
        read_table(runs), hide_index=True, height=260,
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in ("Rows read", "Pages")
        },
        alt="One row a source and stream: rows read, pages, total of the source, last reading",
    )  # fmt: skip
    draw_foot(view, "ingest_runs", Asked(is_filtered=False), runs, export="ingest_runs")


def _draw_direction(view: View, months: pl.DataFrame, direction: str, heading: str) -> None:
    if months.is_empty():
        return
    of = months.filter(pl.col("direction") == direction)
    st.subheader(heading, anchor=False)
    if of.is_empty():
        st.markdown("None in this selection.")
        return
    st.dataframe(
        months_table(of), hide_index=True, height="content",
        alt=f"{heading}: one row a month with the number of each outcome, which add up",
    )  # fmt: skip
    draw_basis(view, "population", _asked(view, direction=direction), key=direction)


def _draw_traces(view: View) -> None:
    st.subheader("From what runs back to why", anchor=False)
    traced = tally(view, "deployment_traceability")
    if not traced.n:
        st.markdown("No deployment of this selection was traced.")
        return
    passed = traced.counts.get("pass", 0)
    least = threshold(view, "traceable_ratio_min")
    held = held_words(passed, traced.n, limit=least, is_least=True)
    st.markdown(f"{share_words(passed, traced.n, 'can be followed back')}; {held}.")
    chosen = view.selection
    draw_basis(
        view, "control_results",
        Asked({"control_id": "deployment_traceability", **chosen.filters},
              ("occurred_date", chosen.since, chosen.until)),
        key="traces",
    )  # fmt: skip
    lost = traced.rows_of("fail", "no_data", "inconclusive")
    if lost.is_empty():
        return
    reasons = lost.group_by("reason").len("Deployments").sort("Deployments", descending=True)
    st.dataframe(reasons.rename({"reason": "First missing link"}), hide_index=True,
                 height="content", alt="Why deployments cannot be followed back")  # fmt: skip
    with st.expander(f"Every one that cannot be followed: {lost.height:,}"):
        st.dataframe(
            exceptions_table(view, lost), hide_index=True, height=390,
            column_config={
                "Open": st.column_config.LinkColumn(display_text="details", width=65),
                "Source": st.column_config.LinkColumn(display_text="open", width=55),
            },
            alt="Deployments that cannot be followed back, the newest first",
        )  # fmt: skip
    draw_export(view, lost, name="untraceable_deployments")


def _draw_items(view: View) -> None:
    st.subheader("The CMDB against discovery", anchor=False)
    items = view.known_rows("cmdb_reconciliation", filters={})
    if items.is_empty():
        st.markdown("No configuration item was declared or discovered.")
        return
    matched = int((items["outcome"] == "matched").sum())
    least = threshold(view, "cmdb_accuracy_ratio_min")
    held = held_words(matched, items.height, limit=least, is_least=True)
    st.markdown(items_sentence(items, held))
    st.dataframe(
        items_table(items), hide_index=True, height="content",
        alt="Items by outcome; together they are all that is declared or discovered",
    )  # fmt: skip
    draw_foot(
        view, "configuration_items", Asked(is_filtered=False), items, export="cmdb_reconciliation"
    )
