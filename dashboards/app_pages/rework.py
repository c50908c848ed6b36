"""Rework: what share of deployments is unplanned repair, where, and which ones."""

from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.deployments import deployments_table
from dashboards.explain import draw_explain
from dashboards.figures import draw_figures
from dashboards.incidents import page_link
from dashboards.pictures import draw_picture
from dashboards.rankings import days_words, ranked_rows, ranking_chart, ranking_table
from dashboards.series import own_range
from dashboards.theme import palette
from dashboards.view import View
from dashboards.words import share_sentence

SHOWS_COURSES = True
TITLE, SECTION, ORDER, URL_PATH = "Rework", "Improvement", 3, "rework"
REWORK = "rework_rate"
LISTED, LEAST_WEEKS, LEAST_DAYS = 1000, 26, 365
FIGURES = (
    (REWORK, "Unplanned deployments", "deployment"),
    ("change_failure_rate", "Deployments that failed", "deployment"),
    ("deployment_batch_size", "Changes in one deployment, median", "deployment"),
    ("failed_deployment_recovery_time", "Until a failure is repaired", "failed deployment"),
)


def render(view: View) -> None:
    """Draw the page."""
    now = view.now(REWORK)
    part = round(now.numerator or 0)
    told = share_sentence(part, now.n, now.value, now.low, now.high, did="were unplanned")
    st.markdown(f"#### {told}.")
    if now.n == 0:
        st.markdown(
            "Rework is found among deployments to production. Choose a longer period, or read "
            "a repository's tags as deployments: `leadline run --git PATH`. "
            f"[Data health]({page_link(view, 'health')}) says what was read."
        )
    draw_figures(view, FIGURES, key="rework")
    as_tables = st.toggle("Show as tables", key="rework_as_tables")
    _draw_periods(view, as_tables=as_tables)
    _draw_ranking(view, as_tables=as_tables)
    _draw_list(view)


def _draw_periods(view: View, *, as_tables: bool) -> None:
    chosen = view.selection
    with st.container(key="pair"):
        for grain, title, least in (
            ("week", "Share unplanned, by week", timedelta(weeks=LEAST_WEEKS)),
            ("month", "Share unplanned, by month", timedelta(days=LEAST_DAYS)),
        ):
            points = view.points(REWORK, grain=grain, since=min(chosen.since, chosen.until - least))
            figure = charts.trend(
                points, colours=palette(), own_range=own_range(points), height=200
            )
            draw_picture(figure, points, title=title, key=f"rework_{grain}", as_table=as_tables)


def _draw_ranking(view: View, *, as_tables: bool) -> None:
    rows = ranked_rows(view, REWORK)
    st.subheader("By service", anchor=False)
    draw_explain(view, REWORK, key="ranking")
    if not rows:
        st.markdown("No service of this selection has deployments that count here.")
        return
    if as_tables:
        st.dataframe(ranking_table(rows), hide_index=True, alt="Rework by service as a table")
        return
    st.plotly_chart(
        ranking_chart(rows, colours=palette()), theme=None, config=charts.CONFIG,
        key="rework_ranking",
        alt="Rework rate of each service with its likely range, the highest first: "
        + "; ".join(f"{row.service} {row.words}" for row in rows[:5]),
    )  # fmt: skip
    st.caption(
        "Dot: likely rate, the uncertain ones drawn towards the usual (dotted line). Bar: likely "
        f"range. Complete months, {days_words(rows)}, whatever period is chosen above."
    )


def _draw_list(view: View) -> None:
    rows = unplanned(view)
    st.subheader("Unplanned deployments", anchor=False)
    if rows.is_empty():
        st.markdown("No deployment of this selection was unplanned.")
        return
    st.dataframe(
        deployments_table(view, rows, titled="Deployment"),
        hide_index=True,
        column_config={
            "Open": st.column_config.LinkColumn(display_text="open", width=60),
            "Source": st.column_config.LinkColumn(display_text="source", width=70),
        },
        alt="Deployments that were rework or a rollback, the newest first",
    )
    if rows.height >= LISTED:
        st.caption(f"The newest {LISTED:,}; choose a shorter period.")
    st.caption(
        "Rework: a hotfix, a release with a revert of earlier work, or one stated as unplanned. "
        "Rollback: an earlier version again."
    )


def unplanned(view: View) -> pl.DataFrame:
    """Return the deployments of the selection that the rework rate counts as unplanned."""
    chosen = view.selection
    filters: dict[str, object] = {
        "kind": ["rework", "rollback"],
        "environment_tier": "production",
        "reached_production": True,
        **view.selection.filters,
    }
    rows = view.rows(
        "fct_deployments", filters=filters, order="-finished_at", limit=LISTED,
        between=("finished_date", chosen.since, chosen.until),
    )  # fmt: skip
    return rows.filter(pl.col("exclusion_reason").is_null())
