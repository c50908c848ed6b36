"""Goals on the pages: the words follow from interval and target, on cards and on their own page."""

from pathlib import Path

import pytest

from dashboards.goal_words import goal_mark, goal_verdict
from dashboards.reading import Reading
from tests.dashboards.conftest import OpenPage
from tests.dashboards.test_pages import assert_sound, said


def _reading(low: float | None, high: float | None, *, n: int = 50, state: str = "ok") -> Reading:
    return Reading(
        metric="m", unit="ratio", state=state, value=0.1, n=n, numerator=None, denominator=None,
        low=low, high=high, mean=None, p75=None, p90=None, open_count=0, excluded_count=0,
        coverage=None, is_provisional=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "lower_is_better", "higher_is_better"),
    [
        (0.1, 0.2, "on_target", "off_target"),
        (0.1, 0.3, "on_target", "watch"),
        (0.3, 0.4, "watch", "on_target"),
        (0.31, 0.4, "off_target", "on_target"),
        (0.2, 0.4, "watch", "watch"),
        (0.2, None, "watch", "watch"),
        (0.4, None, "off_target", "on_target"),
        (None, 0.2, "on_target", "off_target"),
        (None, None, "too_little_data", "too_little_data"),
    ],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(
    low: float | None, high: float | None, lower_is_better: str, higher_is_better: str
) -> None:
    now = _reading(low, high)
    assert goal_verdict(now, target=0.3, direction="lower") == lower_is_better
    assert goal_verdict(now, target=0.3, direction="higher") == higher_is_better


def test_few_rows_and_none_are_no_verdict() -> None:
    few = _reading(0.0, 0.01, n=4, state="insufficient")
    assert goal_verdict(few, target=0.3, direction="lower") == "too_little_data"
    for state in ("no_data", "uncovered"):
        none = _reading(None, None, n=0, state=state)
        assert goal_verdict(none, target=0.3, direction="lower") == "no_data"


def test_every_verdict_has_an_icon_and_a_word_and_only_clear_ones_a_colour() -> None:
    marks = {key: goal_mark(key) for key in
             ("on_target", "watch", "off_target", "too_little_data", "no_data")}  # fmt: skip
    assert all(set(mark) & set("✓◐✕…–") for mark in marks.values())
    assert "On target" in marks["on_target"]
    assert [key for key, mark in marks.items() if mark.startswith((":blue", ":orange"))] == [
        "on_target", "off_target",
    ]  # fmt: skip


def test_the_page_says_of_each_goal_how_far_it_is(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "goals")
    assert_sound(app)
    text = said(app)
    assert "Of 3 goals, in the last 90 days" in text.replace("\\", "")
    assert "**Change failure rate** · Organisation · at most 50 \\%" in text
    assert "Customers \\*see\\* it fail" in text
    assert "Owner: \\" in text
    assert {"Off target"} <= {
        str(value) for frame in app.dataframe for value in frame.value["Goal"]
    }


def test_a_card_says_its_goal_and_one_without_a_goal_says_none(
    look_at: OpenPage, published_home: Path
) -> None:
    text = said(look_at(published_home, "summary"))
    assert "Off target] · goal at least 1000 per week" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert text.count("· goal at") == 3


def test_a_company_without_goals_is_told_how_to_set_one(
    look_at: OpenPage, quiet_home: Path
) -> None:
    app = look_at(quiet_home, "goals")
    assert_sound(app)
    assert "No goals are set" in said(app)
    assert "lead_time_for_changes" in app.code[1].value
