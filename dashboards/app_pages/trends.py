"""Trends and change points: how every metric moves, and since when its level is another."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import streamlit as st

from dashboards.explain import explain
from dashboards.incidents import page_link
from dashboards.limits import (
    Course,
    change_sentence,
    course_chart,
    course_sentence,
    read_courses,
)
from dashboards.pictures import draw_picture
from dashboards.safe_text import safe_text
from dashboards.theme import palette
from dashboards.view import View
from dashboards.words import count_words

SHOWS_COURSES = True
TITLE, SECTION, ORDER, URL_PATH = "Trends and change points", "Improvement", 2, "trends"
GRAINS = {"By week": "week", "By month": "month"}
LEAST_DAYS = {"week": 364, "month": 400}
SHOWN = (
    "deployment_frequency", "lead_time_for_changes", "change_failure_rate",
    "failed_deployment_recovery_time", "rework_rate", "time_to_restore", "incident_count",
    "deployment_batch_size", "pickup_time", "review_time", "deploy_wait_time",
    "deployment_job_failure_rate",
)  # fmt: skip


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address beside the filters."""
    return {"by": list(GRAINS), "all": ("true", "false")}


def render(view: View) -> None:
    """Draw the page."""
    known = view.definitions()
    with st.container(horizontal=True, vertical_alignment="center", key="trends_head"):
        sentence = st.empty()
        by = st.segmented_control(
            "Periods", list(GRAINS), default="By week", key="by", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        is_all = st.toggle("Every metric", key="all", bind="query-params")
        as_tables = st.toggle("Show as tables", key="trends_as_tables")
    grain = GRAINS[by or "By week"]
    names = sorted(known, key=lambda name: known[name]["title"])
    shown = names if is_all else [name for name in SHOWN if name in known]
    courses = read_courses(view, names, grain=grain)
    sentence.markdown(f"#### {safe_text(moved_sentence(courses, known))}", width="stretch")
    _draw_changes(view, courses)
    since = min(view.selection.since, view.selection.until - timedelta(days=LEAST_DAYS[grain]))
    st.caption(
        "Grey: the range in which a metric moves by itself (XmR, or Laney's p' for shares). "
        "Ringed: beyond it. Blue line: a change of level. Dashed: a goal. Hollow: fewer than ten "
        "rows or not complete."
    )
    with st.container(key="multiples"):
        for name in shown:
            points = view.points(name, grain=grain, since=since)
            with st.container(key=f"course_{name}", gap=None):
                draw_picture(
                    course_chart(points, courses[name], colours=palette()), points,
                    title=known[name]["title"], key=name, as_table=as_tables,
                )  # fmt: skip
                st.caption(course_sentence(courses[name], since=since))
                if st.button("Explain this number", key=f"explain_{name}", type="tertiary"):
                    explain(view, name)


def moved_sentence(courses: Mapping[str, Course], known: Mapping[str, Mapping[str, str]]) -> str:
    """Return which metrics rise or fall beyond chance, in one sentence."""
    if not any(course.limits or course.trend for course in courses.values()):
        return "There are too few periods so far to judge how any metric moves."
    moving = [
        f"{known[name]['title'].lower()} is {course.trend}"
        for name, course in courses.items()
        if course.trend in ("rising", "falling")
    ]
    if not moving:
        return "No metric clearly rises or falls; the lines move within what chance does."
    rest = len(moving) - 3
    others = "1 other moves" if rest == 1 else f"{rest} others move"
    more = f" and {others}" if rest > 0 else ""
    told = ", ".join(moving[:3])
    return f"{told[0].upper()}{told[1:]}{more}."


def _draw_changes(view: View, courses: Mapping[str, Course]) -> None:
    known = view.definitions()
    found = sorted(
        ((change, name) for name, course in courses.items() for change in course.changes),
        key=lambda pair: pair[0].day, reverse=True,
    )  # fmt: skip
    st.subheader("Changes of level", anchor=False)
    if not found:
        st.markdown(
            "No metric of this selection has clearly changed its level. Fewer than 12 weeks with "
            f"data are never judged; [Data health]({page_link(view, 'health')}) says how far back "
            "the sources were read, and `leadline run` reads on."
        )
        return
    lines = [
        f"- **{safe_text(known[name]['title'])}** "
        f"{safe_text(change_sentence(change, unit=known[name]['unit']))}"
        for change, name in found[:8]
    ]
    st.markdown("\n".join(lines))
    if len(found) > 8:
        st.caption(f"{count_words(len(found) - 8, 'older change')} not listed.")
