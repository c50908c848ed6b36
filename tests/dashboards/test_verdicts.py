from dataclasses import replace

import pytest

from dashboards.catalogue import HEADLINES
from dashboards.reading import Reading, reading
from dashboards.verdicts import Verdict, compare, gather, headline

LEAD_TIME, DEPLOYMENTS, *_ = HEADLINES
RECOVERY = HEADLINES[3]
BEFORE = Reading(
    metric="lead_time_for_changes", unit="seconds", state="ok", value=7200.0, n=40,
    numerator=None, denominator=None, low=6000.0, high=8000.0, mean=None, p75=None, p90=None,
    open_count=0, excluded_count=0, coverage=1.0, is_provisional=False,
)  # fmt: skip
FASTER = replace(BEFORE, value=3600.0, low=3000.0, high=4000.0)


def test_overlapping_intervals_are_no_clear_change() -> None:
    now = replace(BEFORE, value=6500.0, low=5500.0, high=7500.0)
    verdict = compare(now, BEFORE, spoken=LEAD_TIME, direction="lower")
    assert verdict == Verdict("steady", "no clear change", "2 h", None)
    assert not verdict.is_change


def test_touching_intervals_are_no_clear_change() -> None:
    now = replace(BEFORE, low=8000.0, high=9000.0, value=8500.0)
    assert not compare(now, BEFORE, spoken=LEAD_TIME, direction="lower").is_change


@pytest.mark.parametrize(
    ("direction", "tone", "word"),
    [("lower", "better", "faster"), ("higher", "worse", "slower"), ("neutral", "steady", "lower")],
)
def test_separate_intervals_are_judged_by_direction(direction: str, tone: str, word: str) -> None:
    verdict = compare(FASTER, BEFORE, spoken=LEAD_TIME, direction=direction)
    assert (verdict.tone, verdict.word, verdict.rose) == (tone, word, False)


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [
        (replace(BEFORE, value=None), BEFORE, "no data"),
        (replace(BEFORE, state="uncovered"), BEFORE, "no data"),
        (BEFORE, None, "no earlier period"),
        (BEFORE, replace(BEFORE, value=None), "no earlier period"),
        (replace(FASTER, n=4), BEFORE, "too few changes to say (4)"),
        (FASTER, replace(BEFORE, n=4), "too few before to compare"),
        (replace(FASTER, low=None), BEFORE, "no interval to compare"),
    ],
)
def test_what_cannot_be_compared_is_said_and_not_judged(
    now: Reading, before: Reading | None, word: str
) -> None:
    verdict = compare(now, before, spoken=LEAD_TIME, direction="lower")
    assert (verdict.word, verdict.tone, verdict.is_change) == (word, "unknown", False)


def _verdict(tone: str) -> Verdict:
    return Verdict(tone, "x", "y", True)  # type: ignore[arg-type]


def test_the_headline_names_one_or_two_teams_instead_of_all() -> None:
    found = gather([
        (RECOVERY, "", _verdict("worse")), (RECOVERY, "Payments", _verdict("worse")),
        (RECOVERY, "Search", _verdict("worse")),
    ])  # fmt: skip
    assert headline(found, known=6, compared=6, period="90 days", has_before=True) == (
        "Payments and Search recover more slowly than in the 90 days before; "
        "everything else is steady."
    )


def test_a_single_team_takes_the_singular() -> None:
    found = gather([(RECOVERY, "Payments", _verdict("worse"))])
    assert found[0].claim() == "Payments recovers more slowly"


def test_many_teams_are_spoken_of_together() -> None:
    teams = [(LEAD_TIME, name, _verdict("better")) for name in ("A", "B", "C")]
    found = gather([(LEAD_TIME, "", _verdict("better")), *teams])
    assert [finding.claim() for finding in found] == ["Changes reach production faster"]


def test_the_headline_says_the_worst_and_the_best() -> None:
    found = gather([
        (LEAD_TIME, "", _verdict("better")), (RECOVERY, "Payments", _verdict("worse")),
    ])  # fmt: skip
    assert headline(found, known=6, compared=6, period="90 days", has_before=True) == (
        "Payments recovers more slowly and changes reach production faster "
        "than in the 90 days before."
    )


def test_the_headline_of_a_quiet_period_says_so() -> None:
    assert "Nothing was deployed" in headline(
        (), known=0, compared=0, period="90 days", has_before=True
    )
    assert headline((), known=6, compared=6, period="90 days", has_before=True).startswith(
        "No number has clearly changed"
    )


def test_the_whole_history_is_not_compared() -> None:
    said = headline((), known=6, compared=6, period="Whole history", has_before=False)
    assert "no earlier period" in said


def test_a_row_with_missing_numbers_is_read_without_them() -> None:
    names = (
        "unit", "state", "value", "n", "numerator", "denominator", "ci_low", "ci_high", "mean",
        "p75", "p90", "open_count", "excluded_count", "coverage", "is_provisional",
    )  # fmt: skip
    row = dict.fromkeys(names)
    empty = reading({**row, "metric": "rework_rate", "value": float("nan")})
    assert (empty.value, empty.n, empty.is_known, empty.state) == (None, 0, False, "no_data")


def test_where_nothing_can_be_compared_nothing_is_said_to_be_steady() -> None:
    said = headline((), known=6, compared=0, period="90 days", has_before=True)
    assert said == "Too little is known of the 90 days before to compare with."
