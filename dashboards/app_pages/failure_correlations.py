"""Failure correlations: whether incidents follow deployments, and what failures go along with."""

from typing import Any

import polars as pl
import streamlit as st

from dashboards import causation_words as causation
from dashboards import correlation_words as correlation
from dashboards.bases import Asked, draw_basis, draw_foot
from dashboards.charts import CONFIG
from dashboards.intervals_chart import Interval, intervals
from dashboards.safe_text import safe_text
from dashboards.theme import palette
from dashboards.view import View
from dashboards.words import count_words
from transforms.published import UnknownTable

TITLE, SECTION, ORDER, URL_PATH = "Failure correlations", "Reliability", 5, "correlations"
MOST_DRAWN, MOST_PAIRS = 12, 50


def render(view: View) -> None:
    """Draw the page."""
    try:
        population = _rows(view, "service_causation", order="scope_id")
        levels = _rows(view, "failure_correlations", order="factor")
        factors = _rows(view, "failure_factors", order="title")
        pairs = _rows(view, "codeployment_pairs", order="p_adjusted", limit=MOST_PAIRS)
    except UnknownTable:
        st.info("This build is older than this page. Run `leadline build` to compute it.")
        return
    found = levels.sort("factor", "level_order", "level").rows(named=True)
    _draw_answer(view, population)
    _draw_services(population, chosen=_chosen(view))
    _offer(view, population, name="service_causation")
    _draw_factors(found, {one["factor"]: one for one in factors.rows(named=True)})
    _offer(view, levels, name="failure_correlations")
    _draw_pairs(pairs, dict(view.table("services").select("service_id", "name").iter_rows()))
    _offer(view, pairs, name="codeployment_pairs")


def _offer(view: View, rows: pl.DataFrame, *, name: str) -> None:
    if rows.height:
        every = Asked(is_filtered=False)
        draw_foot(view, name, every, lambda: view.all_rows(name), export=name)


def _rows(view: View, table: str, *, order: str, limit: int = 10_000) -> pl.DataFrame:
    return view.rows(table, filters={}, order=order, limit=limit)


def _chosen(view: View) -> dict[str, str]:
    """Return the selected services: name by id."""
    chosen, services = view.selection, view.table("services")
    if chosen.team_ids:
        services = services.filter(pl.col("team_id").is_in(list(chosen.team_ids)))
    if chosen.service_ids:
        services = services.filter(pl.col("service_id").is_in(list(chosen.service_ids)))
    return dict(services.select("service_id", "name").iter_rows())


def _draw_answer(view: View, population: pl.DataFrame) -> None:
    scope, scope_id = view.scope
    one = (scope, scope_id) if scope == "service" else ("organisation", "all")
    row = causation.of_scope(population, *one)
    name = safe_text(view.selection.service) if scope == "service" else ""
    st.markdown(f"#### {causation.headline(row, of=name)}")
    st.markdown(causation.detail(row))
    st.caption(
        "Up to two years are read, whatever the period; "
        + ("teams narrow the list of services, " if scope == "team" else "")
        + "factors are of the whole organisation."
    )
    draw_basis(view, "service_causation", Asked(is_filtered=False), key="answer")


def _draw_services(population: pl.DataFrame, *, chosen: dict[str, str]) -> None:
    st.subheader("Services", anchor=False)
    rows = causation.ranked(population, chosen=chosen)
    drawn = causation.ratio_intervals(rows)
    if drawn:
        st.markdown(
            "**How many times as often incidents begin within two hours after a deployment**"
        )
        _draw_intervals(drawn[:MOST_DRAWN], key="ratios", equal=1.0, is_ratio=True,
                        sides="less often   |   more often than otherwise")  # fmt: skip
    few = len(rows) - len(drawn)
    if few:
        st.caption(f"{count_words(few, 'service')} of {len(rows)} have too little to say; "
                   f"it takes {causation.LEAST}.")  # fmt: skip
    if rows:
        with st.expander(f"All {count_words(len(rows), 'service')}", expanded=not drawn):
            st.dataframe(causation.services_table(rows), hide_index=True,
                         alt="Services with counts, ratio and share of incidents")  # fmt: skip
    else:
        st.caption("No service of this selection has been watched for a whole week yet.")


def _draw_factors(found: list[dict[str, Any]], factors: dict[str, dict[str, Any]]) -> None:
    st.subheader("What failed deployments go along with", anchor=False)
    st.markdown(correlation.answer(found))
    for row in found:
        if row["statement"] == "associated":
            st.markdown(f"- {correlation.compared_sentence(row, factors[row['factor']])}")
    drawn = correlation.differences(found, factors)
    if drawn:
        st.markdown("**Difference of the failure rate from the level it is compared with**")
        _draw_intervals(drawn, key="differences", equal=0.0, is_ratio=False,
                        sides="fewer fail   |   more fail, in percentage points")  # fmt: skip
    if found:
        st.markdown(safe_text(correlation.held_equal(list(factors.values())), limit=900))
        with st.expander("All comparisons, with counts", expanded=not drawn):
            table = correlation.comparisons_table(found, factors)
            st.dataframe(table, hide_index=True, height="content",
                         alt="Levels with counts, difference and verdict")  # fmt: skip
    missing = correlation.unknown_sentence(found, list(factors.values()))
    if missing:
        st.caption(safe_text(missing, limit=900))
    with st.expander("What each factor is, and what was held equal"):
        st.dataframe(correlation.factors_table(list(factors.values())), hide_index=True,
                     height="content", alt="Factors in words")  # fmt: skip


def _draw_pairs(pairs: pl.DataFrame, names: dict[str, str]) -> None:
    st.subheader("Services deployed within the same hour", anchor=False)
    if pairs.is_empty():
        st.caption("No two services were deployed within 60 minutes of each other five times; "
                   "pairs are listed from 5 and tested from 20.")  # fmt: skip
        return
    st.dataframe(correlation.pairs_table(pairs.rows(named=True), names), hide_index=True,
                 alt="Pairs of services: incidents together and alone")  # fmt: skip
    st.caption("Each service is compared with its own other deployments; tested from 20 together. "
               "Association, not cause; controlled: service; "
               "not controlled: size and hour.")  # fmt: skip


def _draw_intervals(
    rows: list[Interval], *, key: str, equal: float, is_ratio: bool, sides: str
) -> None:
    figure = intervals(rows, colours=palette(), equal=equal, is_ratio=is_ratio, sides=sides)
    said = "; ".join(f"{row.label} {row.words}" for row in rows)
    st.plotly_chart(figure, theme=None, config=CONFIG, key=key, alt=said)
