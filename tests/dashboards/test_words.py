from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (45, "45 s"), (59.6, "1 min"), (60, "1 min"), (3599, "1 h"), (3600, "1 h"),
        (11520, "3 h 12 min"), (86399, "1.0 d"), (86400, "1.0 d"), (207360, "2.4 d"),
        (276480, "3.2 d"), (8_640_000, "100 d"), (864_000_000, "10,000 d"), (-90, "-2 min"),
        (None, "–"), (float("nan"), "–"), (float("inf"), "–"),
    ],
)  # fmt: skip
def test_durations_are_said_in_the_two_largest_units(seconds: float | None, said: str) -> None:
    assert words.duration_words(seconds) == said


@given(st.floats(min_value=0, max_value=1e10))
def test_no_duration_says_sixty_minutes_or_twenty_four_hours(seconds: float) -> None:
    said = words.duration_words(seconds)
    assert "60 min" not in said
    assert "60 s" not in said
    assert not said.startswith("24 h")


@pytest.mark.parametrize(
    ("ratio", "n", "said"),
    [
        (3 / 41, 41, "7 %"), (0.0842, 505, "8.4 %"), (0.0, 41, "0 %"), (0.002, 41, "under 1 %"),
        (1.0, 500, "100 %"), (0.13, 500, "13 %"), (0.05, 500, "5 %"), (None, 41, "–"),
    ],
)  # fmt: skip
def test_shares_have_no_more_decimals_than_their_count_bears(
    ratio: float | None, n: int, said: str
) -> None:
    assert words.percent_words(ratio, n=n) == said


def test_a_share_names_part_whole_percent_and_interval() -> None:
    said = words.share_sentence(3, 41, 3 / 41, 0.025, 0.195, did="failed")
    assert said == "3 of 41 deployments failed (7 %, likely between 2 % and 20 %)"


def test_a_share_of_nothing_says_so() -> None:
    said = words.share_sentence(0, 0, None, None, None, did="failed")
    assert said == "No deployments in this period"


def test_a_share_without_interval_leaves_it_out() -> None:
    assert words.share_sentence(1, 1, 1.0, None, None, did="failed") == (
        "1 of 1 deployment failed (100 %)"
    )


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (41.2, "per week", "41 per week"), (3.46, "per week", "3.5 per week"),
        (0.0, "per week", "0 per week"), (11520.0, "seconds", "3 h 12 min"),
        (0.07, "ratio", "7 %"), (2.0, "changes", "2 changes"), (None, "changes", "–"),
        (1.0, "changes per deployment", "1 change per deployment"), (1.0, "hours", "1 hour"),
        (1.02, "days per week", "1 day per week"), (0.0, "changes", "0 changes"),
        (1.2, "changes per deployment", "1.2 changes per deployment"),
        (1.0, "deployments per week", "1 per week"),
        (1.0, "releases per week", "1 release per week"),
    ],
)  # fmt: skip
def test_values_carry_the_unit_of_their_definition(
    value: float | None, unit: str, said: str
) -> None:
    assert words.value_words(value, unit=unit, n=41) == said


def test_intervals_say_one_value_when_both_ends_read_the_same() -> None:
    assert words.between_words(60.0, 61.0, unit="seconds", n=9) == "1 min"
    assert words.between_words(60.0, 7200.0, unit="seconds", n=9) == "1 min to 2 h"
    assert words.between_words(None, 7200.0, unit="seconds", n=9) == "–"


def test_counts_take_the_right_number_and_separate_thousands() -> None:
    assert words.count_words(1, "change") == "1 change"
    assert words.count_words(1499, "change") == "1,499 changes"
    assert words.count_words(2, "service", "services") == "2 services"


def test_days_and_instants_are_written_out() -> None:
    assert words.date_words(date(2026, 11, 22)) == "22 Nov 2026"
    assert words.moment_words(datetime(2026, 11, 2, 9, 5, tzinfo=UTC)) == "2 Nov 2026 09:05"
    assert words.date_words(None) == "–"
    assert words.moment_words(None) == "–"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), ""), (("A",), "A"), (("A", "B"), "A and B"), (("A", "B", "C"), "A, B and C"),
        (("A", "B", "C", "D", "E"), "A, B and 3 others"),
    ],
)  # fmt: skip
def test_long_lists_of_names_are_counted(names: tuple[str, ...], said: str) -> None:
    assert words.names_words(names) == said


@given(
    st.one_of(st.none(), st.floats()),
    st.sampled_from(["seconds", "ratio", "per week", "changes"]),
    st.integers(min_value=0, max_value=10**7),
)
def test_no_value_is_ever_said_as_a_missing_number(value: float | None, unit: str, n: int) -> None:
    said = words.value_words(value, unit=unit, n=n)
    assert said
    assert not {"nan", "inf", "none"} & set(said.lower().split())
