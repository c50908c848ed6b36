"""The control matrix and reviews: words before colours, every instance, samples one can repeat."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboards.control_cells import (
    cell_words,
    exemption_words,
    matrix_sentence,
    sample_sentence,
    sampled,
)
from dashboards.review_words import closure_sentence, due_sentence
from tests.dashboards.conftest import OpenPage
from tests.dashboards.test_pages import assert_sound, said

COUNTS = ("pass", "warn", "fail", "no_data", "inconclusive", "not_applicable", "exempt")


def _cell(verdict: str, **counts: int) -> dict[str, Any]:
    known = {f"{name}_count": counts.get(name, 0) for name in COUNTS}
    subjects = sum(known.values())
    n = subjects - known["not_applicable_count"]
    return {**known, "verdict": verdict, "subject_count": subjects, "n": n}


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (_cell("pass", **{"pass": 41}), "✓ 100 % of 41 pass"),
        (_cell("fail", **{"pass": 38}, fail=3), "✕ 3 failed, 93 % of 41 pass"),
        (_cell("no_data", no_data=12), "? no data for 12 of 12"),
        (_cell("warn", **{"pass": 30}, warn=10), "◐ 10 warned, 75 % of 40 pass"),
        (_cell("inconclusive", inconclusive=5), "? 5 of 5 inconclusive"),
        (_cell("exempt", exempt=2), "○ 2 exempt"),
        (_cell("not_applicable", not_applicable=4), "– not applicable"),
        (None, "–"),
    ],
)
def test_a_cell_says_its_verdict_by_symbol_and_word(cell: dict[str, Any], words: str) -> None:
    assert cell_words(cell) == words


def test_no_data_is_never_told_as_a_pass() -> None:
    rows = [_cell("pass", **{"pass": 9}), _cell("no_data", no_data=9), _cell("fail", fail=1)]
    told = matrix_sentence(rows, period="Nov 2026")
    assert told == "Of 3 controls in Nov 2026: 1 with failures, 1 without data."
    assert matrix_sentence(rows[:1], period="Nov 2026") == (
        "All 1 control that judged anything in Nov 2026 pass."
    )
    exempt = {**rows[0], "verdict": "exempt"}
    assert matrix_sentence([rows[0], exempt], period="Nov 2026").startswith("Of 2 controls")
    assert matrix_sentence([], period="Nov 2026") == "No control judged anything in Nov 2026."


def test_an_exemption_says_what_it_lifts() -> None:
    row = {"exemption_id": "exemption-7", "underlying_verdict": "fail"}
    assert exemption_words(row) == "exemption-7, lifts fail"


@pytest.mark.parametrize(("n", "bound"), [(25, "8.8 %"), (45, "5.0 %"), (60, "3.8 %")])
def test_a_clean_sample_says_what_it_leaves_possible(n: int, bound: str) -> None:
    assert f"When none of {n} fails, at most {bound} of all can fail" in sample_sentence(n)


def test_a_sample_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    rows = pl.DataFrame({"subject_id": [f"d{number}" for number in range(400)]})
    first = sampled(rows, 25, seed="2026-11")
    assert first.height == 25
    assert first.equals(sampled(rows, 25, seed="2026-11"))
    assert not first.equals(sampled(rows, 25, seed="2026-12"))


def test_where_no_review_is_known_no_share_is_said() -> None:
    assert due_sentence(["overdue"] * 3 + ["open"]) == (
        "3 reviews were due; none is known. 1 more is not due yet."
    )


def test_overdue_reviews_count_as_failures_and_those_not_due_not_at_all() -> None:
    states = ["on_time"] * 8 + ["late"] * 2 + ["overdue", "open"]
    assert due_sentence(states) == (
        "8 of 11 reviews came in time (73 %); 1 is overdue. 1 more is not due yet."
    )
    assert due_sentence(["open"]) == "No review was due. 1 more is not due yet."


def test_closure_is_told_with_what_the_policy_asks_for() -> None:
    row = {
        "action_count": 4, "median_days": 12.0, "open_count": 1, "overdue_count": 1,
        "judged_count": 4, "closed_in_time_count": 3, "closed_in_time_ratio": 0.75,
        "closed_in_time_low": 0.3, "closed_in_time_high": 0.95, "closure_target": 0.8,
    }  # fmt: skip
    told = closure_sentence(row)
    assert told.startswith("Half of 4 actions were closed within 12 d; 1 open, 1 overdue.")
    assert "3 of 4 were closed in time" in told
    assert "Fewer than half of 4 actions are closed" in closure_sentence(
        row | {"median_days": None}
    )


def test_the_matrix_lists_every_instance_with_reason_evidence_and_exemption(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "controls")
    assert_sound(app)
    told = said(app)
    count = int(re.findall(r"All ([\d,]+) instances", told)[0])
    listed = app.dataframe[1].value
    assert listed.shape[0] == count
    assert "exemption-7, lifts fail" in told
    assert "approvals:github:" in told
    assert str(listed.iloc[0, 0]) == "✕ Fail"


def test_a_framework_leaves_the_controls_that_speak_to_it(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "controls", framework="NIST 800-53")
    assert list(app.dataframe[0].value["Control"]) == [
        "Approved before start",
        "Tested before start",
    ]


def test_quarters_are_named_as_quarters(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "controls", periods="4 quarters")
    assert "Q4 2026" in app.dataframe[0].value.columns


def test_a_smaller_population_than_the_sample_is_looked_at_whole(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "controls", service="login")
    assert_sound(app)
    assert "all of them are looked at" in said(app)


def test_reviews_say_what_is_overdue_decided_and_repeated(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "reviews")
    assert_sound(app)
    told = said(app)
    assert "reviews came in time" in told
    assert "the policy asks for 80%" in told
    assert "3 incidents repeated a cause while actions against it were open." in told


@pytest.mark.parametrize("path", ["controls", "reviews"])
def test_pages_without_rows_say_so(path: str, look_at: OpenPage, quiet_home: Path) -> None:
    app = look_at(quiet_home, path)
    assert_sound(app)
    assert "No control judged anything" in said(app) or "No review was due" in said(app)
