"""Pipeline resilience: which failures were none of the code, what they cost, and flaky tests."""

import polars as pl
import streamlit as st

from dashboards import charts, pipelines
from dashboards.bases import Asked, draw_basis, draw_foot
from dashboards.incidents import page_link
from dashboards.pictures import draw_picture
from dashboards.series import own_range
from dashboards.theme import palette
from dashboards.view import View

TITLE, SECTION, ORDER, URL_PATH = "Pipeline resilience", "Improvement", 5, "pipelines"
SHOWN = 25


def render(view: View) -> None:
    """Draw the page."""
    rows = pipelines.read_months(view)
    if not rows.width:
        st.markdown("#### This build is older than this page; `leadline build` makes a new one.")
        return
    sums = pipelines.totals(rows)
    st.markdown(f"#### {pipelines.salvage_sentence(sums)}")
    if rows.is_empty():
        st.markdown(
            "Jobs of pipelines come from GitHub Actions, GitLab, Jenkins and their like, tests "
            f"from JUnit reports. [Sources]({page_link(view, 'sources')}) lists them; then "
            "`leadline run`, or choose a longer period."
        )
    else:
        _draw_figures(view, sums)
        _draw_months(rows, view)
        _draw_workflows(view, rows)
    _draw_flaky(view)


def _asked(view: View) -> Asked:
    return Asked(view.selection.filters, pipelines.months_between(view))


def _draw_figures(view: View, sums: dict[str, float | None]) -> None:
    shares = [
        (share.basis, share.label, pipelines.figure_words(share, sums))
        for share in pipelines.SHARES
    ]
    with st.container(key="figures_pipelines"):
        for basis, label, (figure, evidence) in [
            *shares, ("wasted_time", "Time that went to waste", pipelines.wasted_words(sums)),
        ]:  # fmt: skip
            with st.container(border=True, key=f"card_{basis}", gap=None):
                st.markdown(f"**{label}**")
                st.markdown(f"#### {figure}")
                st.markdown(evidence)
                draw_basis(view, basis, _asked(view))
    st.caption("Of whole months: all that the chosen period touches, the running one included.")


def _draw_months(rows: pl.DataFrame, view: View) -> None:
    as_tables = st.toggle("Show as tables", key="pipelines_as_tables")
    with st.container(key="pair"):
        for share in (pipelines.SHARES[0], pipelines.SHARES[3]):
            points = pipelines.share_points(rows, share, until=view.selection.until)
            figure = charts.trend(
                points, colours=palette(), own_range=own_range(points), height=200
            )
            draw_picture(
                figure, points, title=f"{share.label}, by month", key=f"months_{share.basis}",
                as_table=as_tables,
            )  # fmt: skip


def _draw_workflows(view: View, rows: pl.DataFrame) -> None:
    st.subheader("By pipeline", anchor=False)
    table = pipelines.workflows_table(rows)
    st.dataframe(table.head(SHOWN), hide_index=True, alt="Pipelines, what wastes most first")
    if table.height > SHOWN:
        st.caption(f"The {SHOWN} that waste most of {table.height:,}; the download has all months.")
    draw_foot(
        view, "wasted_time", _asked(view), rows, export="pipeline_resilience", key="by_pipeline"
    )


def _draw_flaky(view: View) -> None:
    st.subheader("Flaky tests", anchor=False)
    rows = view.known_rows("flaky_tests", filters=view.selection.filters, order="test_name")
    st.markdown(pipelines.flaky_sentence(rows))
    if rows.is_empty():
        st.markdown(
            "A flake is seen when failed tests are run again on the same commit and both reports "
            f"are read; [Tests]({page_link(view, 'tests')}) has what else is known."
        )
        return
    st.dataframe(
        pipelines.flaky_table(view, rows), hide_index=True,
        column_config={"Run": st.column_config.LinkColumn(display_text="run", width=55)},
        alt="Flaky tests with advice, counts, likely rate and the newest run that saw one fail",
    )  # fmt: skip
    st.caption("Of the whole history, whatever period is chosen. Set apart: it stops nobody.")
    draw_foot(view, "flaky_tests", Asked(view.selection.filters), rows, export="flaky_tests")
