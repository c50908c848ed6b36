"""Tests: how runs of tests go, which tests are flaky, fail or are slow, and what shipped anyway."""

from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.incidents import page_link
from dashboards.pictures import draw_picture
from dashboards.series import own_range
from dashboards.suite_runs import (
    duration_points,
    failed_before_table,
    failing_table,
    flaky_table,
    passed_points,
    read_cases,
    read_weeks,
    slow_table,
    week_sentence,
)
from dashboards.theme import palette
from dashboards.view import View
from dashboards.words import count_words

TITLE, SECTION, ORDER, URL_PATH = "Tests", "Improvement", 4, "tests"
LEAST_WEEKS, SLOWEST, DEPLOYED = 26, 20, 2000


def render(view: View) -> None:
    """Draw the page."""
    since = min(view.selection.since, view.selection.until - timedelta(weeks=LEAST_WEEKS))
    weeks, cases = read_weeks(view, since=since), read_cases(view)
    st.markdown(f"#### {week_sentence(weeks)}")
    if not weeks:
        _say_what_to_do(view)
        return
    as_tables = st.toggle("Show as tables", key="tests_as_tables")
    with st.container(key="pair"):
        for title, points in (
            ("Runs that passed, by week", passed_points(weeks)),
            ("Time of all tests of a run, median", duration_points(weeks)),
        ):
            figure = charts.trend(
                points, colours=palette(), own_range=own_range(points), height=200
            )
            draw_picture(figure, points, title=title, key=title, as_table=as_tables)
    _draw_definition(view)
    _draw_cases(view, cases)
    _draw_shipped(view)


def _say_what_to_do(view: View) -> None:
    st.markdown(
        "Test reports are read from JUnit XML files: name their folder as a source of kind "
        "`junit` in `leadline.yml`, then run `leadline run`. "
        f"[Sources]({page_link(view, 'sources')}) lists what each one needs."
    )


def _draw_definition(view: View) -> None:
    scope, scope_id = view.scope
    with st.expander("Explain these numbers"):
        st.markdown(
            "A run is what one pipeline run and attempt reported for a service; it passed when "
            "none of its tests failed or ended in an error. Skipped tests count as neither, and a "
            "run of skipped tests is left out. Intervals are Wilson's, 95 %. A test is flaky when "
            "it both passed and failed on one commit."
        )
        name = scope_id.replace("'", "''")
        st.code(
            "select * from v1.test_weeks\n"
            f"where scope = '{scope}' and scope_id = '{name}' order by period_start_date",
            language="sql",
            wrap_lines=True,
        )


def _draw_cases(view: View, cases: pl.DataFrame) -> None:
    st.subheader("Flaky, failing and slow tests of the last 90 days", anchor=False)
    if cases.is_empty():
        st.markdown("No test of this selection ran in the 90 days before the last instant.")
        return
    flaky, failing = flaky_table(view, cases), failing_table(view, cases)
    told = count_words(flaky.height, "test")
    verb = "is" if flaky.height == 1 else "are"
    st.markdown(
        f"{told} of {cases.height:,} {verb} flaky; {failing.height:,} failed at least once."
    )
    names = (f"Flaky ({flaky.height:,})", f"Failing ({failing.height:,})", "Slowest")
    tabs = st.tabs(names)
    for tab, frame, nothing in zip(
        tabs,
        (flaky, failing, slow_table(cases, most=SLOWEST)),
        (
            "No test passed and failed on one commit. Failed runs must be run again on the same "
            "commit for this to be seen.",
            "No test failed.",
            "The reports state no times.",
        ),
        strict=True,
    ):
        with tab:
            if frame.is_empty():
                st.markdown(nothing)
            else:
                st.dataframe(frame, hide_index=True, alt="Tests of the last 90 days")


def _draw_shipped(view: View) -> None:
    frame = failed_before_table(view, most=DEPLOYED)
    st.subheader("Deployed although tests of the commit had failed", anchor=False)
    if frame.is_empty():
        st.markdown("No deployment of this selection had a failed test on its commit.")
        return
    st.dataframe(
        frame, hide_index=True,
        column_config={
            "Open": st.column_config.LinkColumn(display_text="open", width=60),
            "Source": st.column_config.LinkColumn(display_text="source", width=70),
        },
        alt="Deployments whose commit had failed tests, the newest first",
    )  # fmt: skip
