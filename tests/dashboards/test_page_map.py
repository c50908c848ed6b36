"""Timeline, recovery, trends, rework and tests: what each says, and what its pictures are of."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboards.frame import pages
from dashboards.happenings import Happening, lanes_by_count, near
from dashboards.lasting import lasting
from dashboards.limits import (
    Change,
    Course,
    Limit,
    add_target,
    change_sentence,
    course_sentence,
)
from dashboards.theme import LIGHT
from dashboards.timeline import Axis, Shade, timeline
from tests.dashboards.conftest import OpenPage
from tests.dashboards.test_pages import assert_sound, said

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC).replace(tzinfo=None)


def _rows(*lasted: tuple[float, bool]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"observation_id": f"{n}", "value": hours, "is_open": is_open, "exclusion_reason": None}
            for n, (hours, is_open) in enumerate(lasted)
        ],
        schema_overrides={"exclusion_reason": pl.String},
    )


def test_the_curve_is_the_one_of_a_textbook() -> None:
    """Freireich's 6-MP arm (1963): S(6) = 18/21, S(10) = 0.7529, S(23) = 0.4482 (Cox 1972)."""
    ended = (6, 6, 6, 7, 10, 13, 16, 22, 23)
    open_ = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
    steps = lasting(_rows(*((x, False) for x in ended), *((x, True) for x in open_)))
    share = {step.seconds: step.share for step in steps}
    assert share[6] == pytest.approx(18 / 21)
    assert share[10] == pytest.approx(0.7529, abs=1e-4)
    assert share[23] == pytest.approx(0.4482, abs=1e-4)
    assert share[35] == share[23]
    assert sum(step.censored for step in steps) == len(open_)


def test_an_incident_of_two_services_counts_once_and_an_excluded_one_never() -> None:
    rows = _rows((1.0, False), (2.0, False))
    twice = pl.concat([rows, rows.head(1), rows.head(1).with_columns(
        observation_id=pl.lit("x"), exclusion_reason=pl.lit("false_alarm"))])  # fmt: skip
    assert [step.share for step in lasting(twice)] == [0.5, 0.0]


def _one(mark: str, hours: float, *services: str) -> Happening:
    return Happening(mark, NOON + timedelta(hours=hours), services, "", "", "", "", "")


def test_a_mark_narrows_the_list_to_its_services_within_a_day() -> None:
    found = (
        _one("deployment:1", 0, "pay"), _one("incident:1", 23, "pay", "shop"),
        _one("deployment:2", 1, "shop"), _one("incident:2", 25, "pay"), _one("", 2),
    )  # fmt: skip
    assert [one.mark for one in near(found, "deployment:1")] == ["deployment:1", "incident:1", ""]
    assert near(found, "deployment:9") == ()
    assert near(found, "") == ()


def test_lanes_are_those_with_most_incidents_then_most_deployments() -> None:
    found = (
        _one("deployment:1", 0, "a"), _one("deployment:2", 0, "b"), _one("deployment:3", 0, "b"),
        _one("incident:1", 0, "c"), _one("", 0),
    )  # fmt: skip
    assert lanes_by_count(found, most=2) == (("c", "b"), 1)


def test_a_freeze_of_everything_is_shaded_over_all_lanes_one_of_a_service_over_its_own() -> None:
    axis = Axis(first=NOON - timedelta(days=1), last=NOON + timedelta(days=1), now=NOON)
    shades = [
        Shade("Freeze", "<b>x</b>", "", NOON - timedelta(days=9), NOON, "always"),
        Shade("Maintenance", "y", "pay", NOON, NOON + timedelta(hours=1), "noon"),
        Shade("Maintenance", "z", "gone", NOON, NOON + timedelta(hours=1), "noon"),
    ]
    figure = timeline(
        [], [], lanes=("pay", "shop"), axis=axis, chosen=None, suspects=[], colours=LIGHT,
        shades=shades,
    )  # fmt: skip
    drawn = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [(shape.x0, shape.y0, shape.y1) for shape in drawn] == [
        (axis.first, -0.5, 1.75), (NOON, 0.55, 1.7),
    ]  # fmt: skip
    texts = [trace.text for trace in figure.data if trace.name == "windows"]
    assert len(texts) == 2
    assert "&lt;b&gt;x" in texts[0]


def test_a_change_of_level_is_said_in_one_line() -> None:
    change = Change(date(2026, 6, 29), date(2026, 6, 22), date(2026, 7, 6), 0.12, 0.05)
    assert change_sentence(change, unit="ratio") == (
        "since 29 Jun 2026 (between 22 Jun 2026 and 6 Jul 2026): 12 % before, 5 % after"
    )
    sure = Change(date(2026, 6, 29), date(2026, 6, 29), date(2026, 6, 29), 1.0, 2.5)
    assert change_sentence(sure, unit="changes per deployment") == (
        "since 29 Jun 2026: 1 before, 2.5 after (changes per deployment)"
    )


def test_periods_beyond_limits_are_counted_only_where_they_are_shown() -> None:
    weeks = [date(2026, 1, 5) + timedelta(weeks=number) for number in range(3)]
    limits = tuple(
        Limit(week, week + timedelta(days=7), 0.0, 1.0, is_firm=True, is_beyond=True, is_run=False)
        for week in weeks
    )
    course = Course("x", limits, (), "rising", None)
    assert course_sentence(course, since=weeks[1]) == "Rising; 2 of 2 periods are beyond limits."
    none = Course("x", (), (), "", None)
    assert course_sentence(none, since=weeks[0]) == (
        "Too few periods to say; too few periods for limits."
    )


def test_the_page_map_has_what_was_promised() -> None:
    found = {(page.SECTION, page.TITLE) for page in pages()}
    assert found >= {
        ("Overview", "Executive summary"), ("Overview", "Data health"), ("Releases", "Timeline"),
        ("Releases", "Deployment detail"), ("Reliability", "Incidents and recovery"),
        ("Reliability", "Failure correlations"), ("Improvement", "Lead-time stages"),
        ("Improvement", "Trends and change points"), ("Improvement", "Rework"),
        ("Improvement", "Tests"), ("Data", "Metric catalogue"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("timeline", ("deployments (", "Shaded: freezes", "All of them, newest first")),
        ("recovery", ("severe incidents were over within", "Open now", "flatter the median")),
        ("trends", ("rework rate is rising", "Changes of level")),
        ("rework", ("were unplanned (", "By service", "unplanned rework")),
        ("tests", ("36 of 40 runs of tests passed (90 %", "15 tests of 15 are flaky")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_page_answers_its_question_in_words(
    path: str, parts: tuple[str, ...], look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, path)
    assert_sound(app)
    for part in parts:
        assert part in said(app)


@pytest.mark.parametrize("path", ["timeline", "recovery", "trends", "rework", "tests"])
def test_a_page_without_rows_says_why_and_what_to_do(
    path: str, look_at: OpenPage, quiet_home: Path
) -> None:
    text = said(look_at(quiet_home, path))
    assert "leadline run" in text
    assert "](health" in text or "](sources" in text


def test_a_goal_is_drawn_where_there_is_one_and_nothing_where_there_is_none() -> None:
    figure = go.Figure()
    add_target(figure, None, colours=LIGHT)
    assert not figure.layout.shapes
    add_target(figure, 0.15, colours=LIGHT)
    assert [(shape.y0, shape.y1) for shape in figure.layout.shapes] == [(0.15, 0.15)]
