"""Control matrix: every control by month or quarter, every instance behind a cell, and samples."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards.bases import Asked, draw_foot
from dashboards.control_cells import (
    SAMPLE_SIZES,
    instances_table,
    matrix_sentence,
    matrix_table,
    period_name,
    sample_sentence,
    sampled,
)
from dashboards.exports import draw_export
from dashboards.safe_text import safe_text
from dashboards.subjects import subject_names
from dashboards.view import View
from dashboards.words import count_words
from transforms.published import Between

TITLE, SECTION, ORDER, URL_PATH = "Control matrix", "Governance", 0, "controls"
GRAINS = {"4 months": ("month", 4), "12 months": ("month", 12), "4 quarters": ("quarter", 4)}
EVERY, SEVERITIES = "All", ("high", "medium", "low")


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address beside the filters."""
    return {"framework": None, "severity": (EVERY, *SEVERITIES), "periods": list(GRAINS),
            "control": None, "in": None}  # fmt: skip


def render(view: View) -> None:
    """Draw the page: one sentence, the matrix, and what stands behind a cell of it."""
    controls = view.known_rows("control_definitions", filters={}, order="control_id")
    if controls.is_empty():
        st.markdown("#### No control is published in this build")
        st.markdown("`leadline build` makes one that has them.")
        return
    sentence = st.empty()
    requirements = view.known_rows("control_frameworks", filters={}, order="framework")
    controls, grain, count = _chosen(controls, requirements)
    cells = _cells(view, controls, grain, count)
    if cells.is_empty():
        sentence.markdown("#### No control judged anything in this selection")
        st.markdown("Choose another framework, severity, team or service.")
        return
    latest = cells["period_start_date"].max()
    of_latest = cells.filter(pl.col("period_start_date") == latest)
    period = period_name(latest, cells)  # type: ignore[arg-type]
    sentence.markdown(f"#### {matrix_sentence(of_latest.to_dicts(), period=period)}")
    told: dict[str, list[str]] = {}
    for row in requirements.iter_rows(named=True):
        told.setdefault(row["control_id"], []).append(f"{row['framework']} {row['requirement_id']}")
    table = matrix_table(controls, cells, told)
    st.dataframe(
        table, hide_index=True, height="content", alt="One row a control, one column a period"
    )
    st.caption(
        "✓ pass, ◐ warning, ✕ fail, ? no data or inconclusive, which is never a pass, ○ exempt, "
        f"– nothing to judge.{_unfinished(view, of_latest, period)}"
    )
    draw_foot(
        view, "control_matrix", Asked(_cells_of(view, controls, grain)), cells,
        export="control_matrix",
    )  # fmt: skip
    _draw_instances(view, controls, cells)


def _chosen(controls: pl.DataFrame, requirements: pl.DataFrame) -> tuple[pl.DataFrame, str, int]:
    with st.container(horizontal=True, vertical_alignment="bottom", key="control_filters"):
        names = [EVERY, *sorted(set(requirements["framework"]))]
        framework = st.selectbox(
            "Framework", names, key="framework", bind="query-params", width=220
        )
        severity = st.selectbox(
            "Severity", (EVERY, *SEVERITIES), key="severity", bind="query-params", width=140
        )
        periods = st.selectbox(
            "Periods", list(GRAINS), key="periods", bind="query-params", width=140
        )
    if framework != EVERY:
        of_framework = requirements.filter(pl.col("framework") == framework)["control_id"]
        controls = controls.filter(pl.col("control_id").is_in(of_framework.to_list()))
    if severity != EVERY:
        controls = controls.filter(pl.col("severity") == severity)
    return controls, *GRAINS[periods]


def _cells(view: View, controls: pl.DataFrame, grain: str, count: int) -> pl.DataFrame:
    cells = view.published.rows("control_matrix", filters=_cells_of(view, controls, grain))
    latest = sorted(set(cells["period_start_date"]), reverse=True)[:count]
    return cells.filter(pl.col("period_start_date").is_in(latest))


def _cells_of(view: View, controls: pl.DataFrame, grain: str) -> dict[str, Any]:
    scope, scope_id = view.scope
    return {"grain": grain, "scope": scope, "scope_id": scope_id,
            "control_id": controls["control_id"].to_list()}  # fmt: skip


def _draw_instances(view: View, controls: pl.DataFrame, cells: pl.DataFrame) -> None:
    st.subheader("What stands behind a cell", anchor=False)
    titles = {row["title"]: row for row in controls.iter_rows(named=True)}
    starts = sorted(set(cells["period_start_date"]), reverse=True)
    periods = {period_name(start, cells): start for start in starts}
    with st.container(horizontal=True, vertical_alignment="bottom", key="cell"):
        title = st.selectbox("Control", list(titles), key="control", bind="query-params")
        period = st.selectbox("In", list(periods), key="in", bind="query-params", width=160)
    control = titles[title]
    st.markdown(f"**{safe_text(control['question'])}** {safe_text(control['plain_words'])}")
    filters, between = _instances_of(view, control, cells, periods[period])
    rows = view.published.rows(
        "control_results", filters=filters, between=between, order="occurred_at"
    )
    if rows.is_empty():
        st.markdown(f"It judged nothing in {period} for this selection.")
        return
    st.markdown(f"All {count_words(rows.height, 'instance')}, those that fail first:")
    names = subject_names(view, rows.select("subject_type", "subject_id").iter_rows())
    st.dataframe(instances_table(rows, names), hide_index=True, alt="Every instance of the control")
    draw_foot(
        view, "control_results", Asked(filters, between), rows,
        export=f"control_{control['control_id']}", key="instances",
    )  # fmt: skip
    _draw_sample(view, rows, control, names)


def _unfinished(view: View, latest: pl.DataFrame, period: str) -> str:
    return f" {period} is not over." if latest["period_end_date"][0] > view.as_of.date() else ""


def _instances_of(
    view: View, control: Mapping[str, Any], cells: pl.DataFrame, start: Any
) -> tuple[dict[str, Any], Between]:
    end = cells.filter(pl.col("period_start_date") == start)["period_end_date"][0]
    filters = {"control_id": control["control_id"], **view.selection.filters}
    return filters, ("occurred_date", start, end)


def _draw_sample(
    view: View, rows: pl.DataFrame, control: Mapping[str, Any], names: Mapping[str, str]
) -> None:
    with st.expander("Draw a sample"):
        with st.container(horizontal=True, vertical_alignment="bottom", key="sample"):
            n = st.selectbox("Size", SAMPLE_SIZES, key="sample_size", width=120)
            seed = st.text_input("Seed", view.build.build_id, key="sample_seed")
        st.markdown(sample_sentence(n))
        drawn = sampled(rows, n, seed=seed)
        told = count_words(drawn.height, "instance")
        if drawn.height < n:
            st.markdown(f"There are only {told}; all of them are looked at.")
        st.dataframe(
            instances_table(drawn, names), hide_index=True, alt="The instances that were drawn"
        )
        st.caption(
            "The same seed draws the same instances from the same population, on any machine; a "
            "larger sample begins with the smaller one."
        )
        draw_export(view, drawn, name=f"sample_{control['control_id']}")
