"""What windows decide together, and what overlaps."""

from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.calendars.decisions import (
    ALLOW,
    BLACKOUT,
    DENY,
    NOT_IN_WINDOW,
    Opening,
    collisions,
    decide,
    merged,
    next_slots,
    overruns,
)
from transforms.calendars.recurrences import Recurrence, occurrences
from transforms.calendars.scopes import matches
from transforms.calendars.working_days import shift_working_days

HOUR = timedelta(hours=1)
BASE = datetime(2026, 11, 2, tzinfo=UTC)


def at(text: str) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def openings(effect: str, recurrence: Recurrence) -> list[Opening]:
    """Return the stretches of a window through the autumn of 2026."""
    found = occurrences(recurrence, at("2026-10-01 00:00"), at("2026-12-31 00:00"))
    return [Opening("w", effect, begins, ends) for begins, ends in found]


WEEKEND = openings(DENY, Recurrence(ZoneInfo("UTC"), "0 23 * * 5", until="0 8 * * 1"))
OFFICE = openings(ALLOW, Recurrence(ZoneInfo("Europe/Berlin"), "0 10 * * 1-4", duration=6 * HOUR))


@pytest.mark.parametrize(
    ("moment", "is_allowed"),
    [
        ("2026-11-20 22:59:59", True),
        ("2026-11-20 23:00:00", False),
        ("2026-11-21 12:00:00", False),
        ("2026-11-23 07:59:59", False),
        ("2026-11-23 08:00:00", True),
    ],
)
def test_a_weekend_freeze_denies_from_its_first_to_before_its_last_instant(
    moment: str, is_allowed: bool
) -> None:
    assert decide(WEEKEND, at(moment), has_allow=False).is_allowed is is_allowed


@pytest.mark.parametrize(
    ("moment", "is_allowed"),
    [
        ("2026-10-26 15:30", False),
        ("2026-10-23 13:30", False),
        ("2026-10-22 13:30", True),
    ],
)
def test_allowed_hours_go_by_the_clock_of_their_zone(moment: str, is_allowed: bool) -> None:
    assert decide(OFFICE, at(moment), has_allow=True).is_allowed is is_allowed


def test_without_a_window_everything_is_allowed() -> None:
    assert decide([], at("2026-10-22 13:30"), has_allow=False).is_allowed


def test_an_open_denial_wins_over_an_open_allowed_time() -> None:
    both = [
        Opening("a", ALLOW, BASE, BASE + HOUR),
        Opening("d", DENY, BASE, BASE + HOUR),
    ]
    told = decide(both, BASE, has_allow=True)
    assert (told.reason_code, [one.window_id for one in told.windows]) == (BLACKOUT, ["d"])


def test_outside_of_all_allowed_times_the_reason_is_that_none_is_open() -> None:
    assert decide(OFFICE, at("2026-10-23 10:00"), has_allow=True).reason_code == NOT_IN_WINDOW


def test_what_began_legally_may_finish_only_where_every_denial_lets_it() -> None:
    lenient = Opening("l", DENY, BASE + HOUR, BASE + 3 * HOUR, allows_overrun=True)
    strict = Opening("s", DENY, BASE + HOUR, BASE + 3 * HOUR)
    assert overruns([lenient], BASE, BASE + 2 * HOUR) == ()
    assert overruns([lenient, strict], BASE, BASE + 2 * HOUR) == (strict,)


def test_a_deployment_that_ends_when_the_denial_begins_has_not_run_into_it() -> None:
    assert overruns([Opening("s", DENY, BASE + HOUR, BASE + 3 * HOUR)], BASE, BASE + HOUR) == ()


def test_the_next_slots_are_the_next_allowed_stretches_that_are_long_enough() -> None:
    denied = [Opening("d", DENY, at("2026-10-26 10:00"), at("2026-10-26 14:30"))]
    slots = next_slots(
        OFFICE + denied, at("2026-10-23 00:00"), at("2026-11-10 00:00"),
        length=HOUR, has_allow=True,
    )  # fmt: skip
    assert slots == [
        (at("2026-10-26 09:00"), at("2026-10-26 10:00")),
        (at("2026-10-27 09:00"), at("2026-10-27 15:00")),
        (at("2026-10-28 09:00"), at("2026-10-28 15:00")),
    ]


def test_the_next_slot_begins_at_once_when_nothing_is_denied() -> None:
    assert next_slots([], BASE, BASE + HOUR, length=HOUR, has_allow=False) == [(BASE, BASE + HOUR)]


hours = st.integers(0, 60)
windows = st.lists(
    st.builds(
        lambda effect, first, length: Opening(
            "w", effect, BASE + first * HOUR, BASE + (first + length) * HOUR
        ),
        st.sampled_from((DENY, ALLOW)),
        hours,
        st.integers(1, 12),
    ),
    max_size=8,
)


@given(windows=windows, length=st.integers(1, 5), start=hours, has_allow=st.booleans())
def test_every_instant_of_a_slot_is_allowed(
    windows: list[Opening], length: int, start: int, has_allow: bool
) -> None:
    since = BASE + start * HOUR
    slots = next_slots(
        windows, since, BASE + 80 * HOUR, length=length * HOUR, has_allow=has_allow, most=50
    )
    for begins, ends in slots:
        assert ends - begins >= length * HOUR
        moment = begins
        while moment < ends:
            assert decide(windows, moment, has_allow=has_allow).is_allowed
            moment += HOUR / 2


def test_deployments_that_touch_do_not_collide_and_those_that_overlap_do() -> None:
    assert collisions(
        [
            ("A", at("2026-11-02 10:00"), at("2026-11-02 10:20")),
            ("B", at("2026-11-02 10:20"), at("2026-11-02 10:30")),
            ("C", at("2026-11-02 10:10"), at("2026-11-02 10:25")),
        ]
    ) == [("A", "C"), ("B", "C")]


intervals = st.lists(st.tuples(hours, st.integers(1, 10)), max_size=12)


@given(intervals)
def test_the_sweep_finds_the_pairs_that_a_comparison_of_all_finds(
    spans: list[tuple[int, int]],
) -> None:
    named = [
        (f"{at:02d}", BASE + first * HOUR, BASE + (first + length) * HOUR)
        for at, (first, length) in enumerate(spans)
    ]
    expected = [
        (one[0], other[0])
        for one, other in combinations(named, 2)
        if one[1] < other[2] and other[1] < one[2]
    ]
    assert collisions(named) == expected


def test_outages_that_overlap_are_counted_once() -> None:
    outages = [
        (at("2026-11-02 01:00"), at("2026-11-02 01:40")),
        (at("2026-11-02 01:20"), at("2026-11-02 02:00")),
    ]
    assert merged(outages) == [(at("2026-11-02 01:00"), at("2026-11-02 02:00"))]


@pytest.mark.parametrize(
    ("patterns", "value", "is_for"),
    [
        (None, "checkout", True),
        ([], None, True),
        (["check*"], "Checkout", True),
        (["pay-?"], "pay-12", False),
        (["[a]*"], "a-service", False),
        (["*"], None, False),
    ],
)
def test_a_scope_is_for_what_one_of_its_patterns_fits(
    patterns: list[str] | None, value: str | None, is_for: bool
) -> None:
    assert matches(patterns, value) is is_for


def test_five_working_days_before_a_monday_skip_weekend_and_holiday() -> None:
    assert shift_working_days(date(2026, 12, 28), -5, holidays={date(2026, 12, 25)}) == date(
        2026, 12, 18
    )
