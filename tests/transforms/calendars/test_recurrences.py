"""When windows are open: zones, cron, rules and calendar files against answers of the standards."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.calendars.recurrences import (
    Recurrence,
    UnreadableRecurrence,
    calendar_events,
    cron_instants,
    occurrences,
)
from transforms.calendars.wall_clocks import instant_of, reading_of

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")


def at(text: str) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def clock(text: str) -> datetime:
    """Return a reading of a wall clock."""
    return datetime.fromisoformat(text)


# -- wall clocks ----------------------------------------------------------------------------------


def test_a_reading_that_is_skipped_is_the_first_instant_after_the_gap() -> None:
    assert instant_of(clock("2026-03-29 02:30"), BERLIN) == at("2026-03-29 01:00")


def test_a_reading_that_comes_twice_is_the_first_of_the_two() -> None:
    assert instant_of(clock("2026-10-25 02:30"), BERLIN) == at("2026-10-25 00:30")


def test_a_gap_of_half_an_hour_ends_where_the_clock_goes_on() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    assert instant_of(clock("2026-10-04 02:10"), zone) == at("2026-10-03 15:30")


def test_a_reading_with_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone of its own"):
        instant_of(at("2026-03-29 02:30"), BERLIN)


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    reading=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
)
def test_an_instant_shows_its_reading_or_what_comes_right_after_a_gap(
    zone: ZoneInfo, reading: datetime
) -> None:
    reading = reading.replace(second=0, microsecond=0)
    instant = instant_of(reading, zone)
    shown = reading_of(instant, zone)
    just_before = reading_of(instant - timedelta(minutes=1), zone)
    assert shown == reading or (just_before < reading < shown)


# -- cron -----------------------------------------------------------------------------------------


def test_a_pair_of_cron_expressions_is_open_from_each_start_to_the_next_end() -> None:
    weekend = Recurrence(UTC_ZONE, "0 23 * * 5", until="0 8 * * 1")
    assert occurrences(weekend, at("2026-11-20 00:00"), at("2026-11-30 00:00")) == [
        (at("2026-11-20 23:00"), at("2026-11-23 08:00")),
        (at("2026-11-27 23:00"), at("2026-11-30 08:00")),
    ]


def test_starts_before_the_end_of_a_pair_overlap_and_end_together() -> None:
    pair = Recurrence(UTC_ZONE, "0 20 * * *", until="0 8 * * 1")
    found = occurrences(pair, at("2026-11-21 00:00"), at("2026-11-23 09:00"))
    assert {end for _, end in found} == {at("2026-11-23 08:00")}
    assert found[0][0] == at("2026-11-16 20:00")


def test_a_window_that_began_before_the_asked_time_is_found() -> None:
    weekend = Recurrence(UTC_ZONE, "0 23 * * 5", until="0 8 * * 1")
    assert len(occurrences(weekend, at("2026-11-22 12:00"), at("2026-11-22 12:01"))) == 1


def test_a_cron_expression_with_a_duration_keeps_its_hour_through_a_change_of_clocks() -> None:
    nightly = Recurrence(BERLIN, "0 10 * * 1-4", duration=6 * HOUR)
    found = occurrences(nightly, at("2026-10-22 00:00"), at("2026-10-27 00:00"))
    assert found == [
        (at("2026-10-22 08:00"), at("2026-10-22 14:00")),
        (at("2026-10-26 09:00"), at("2026-10-26 15:00")),
    ]


def test_several_readings_of_a_gap_are_one_instant() -> None:
    found = list(
        cron_instants("*/15 2 * * *", BERLIN, at("2026-03-29 00:00"), at("2026-03-29 06:00"))
    )
    assert found == [at("2026-03-29 01:00")]


def test_the_thirtieth_of_february_says_what_is_wrong() -> None:
    with pytest.raises(UnreadableRecurrence, match="no cron expression"):
        list(cron_instants("0 0 30 2 *", BERLIN, at("2026-01-01 00:00"), at("2027-01-01 00:00")))


def test_a_cron_expression_without_an_end_is_refused() -> None:
    with pytest.raises(UnreadableRecurrence, match="a duration or an end"):
        occurrences(Recurrence(BERLIN, "0 0 * * *"), at("2026-01-01 00:00"), at("2026-02-01 00:00"))


# -- once, rules and calendar files ---------------------------------------------------------------


def test_a_window_without_an_end_is_open_until_the_end_of_the_asked_time() -> None:
    once = Recurrence(UTC_ZONE, starts_at=at("2026-12-20 00:00"))
    assert occurrences(once, at("2026-12-01 00:00"), at("2027-02-01 00:00")) == [
        (at("2026-12-20 00:00"), at("2027-02-01 00:00"))
    ]


def test_a_rule_keeps_the_wall_clock_of_its_first_occurrence() -> None:
    rule = Recurrence(
        BERLIN, "FREQ=WEEKLY;BYDAY=SU", duration=2 * HOUR, starts_at=at("2026-03-22 01:30")
    )
    found = occurrences(rule, at("2026-03-20 00:00"), at("2026-04-06 00:00"))
    assert found == [
        (at("2026-03-22 01:30"), at("2026-03-22 03:30")),
        (at("2026-03-29 01:00"), at("2026-03-29 03:00")),
        (at("2026-04-05 00:30"), at("2026-04-05 02:30")),
    ]


def test_a_rule_states_its_own_first_occurrence_too() -> None:
    rule = Recurrence(UTC_ZONE, "DTSTART:20261101T100000Z\nRRULE:FREQ=DAILY;COUNT=2", duration=HOUR)
    assert len(occurrences(rule, at("2026-01-01 00:00"), at("2027-01-01 00:00"))) == 2


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:inventory
SUMMARY:Stock-taking
DTSTART;VALUE=DATE:20261010
RRULE:FREQ=WEEKLY;COUNT=4
EXDATE;VALUE=DATE:20261017
END:VEVENT
BEGIN:VEVENT
UID:batch
SUMMARY:Batch
DTSTART;TZID=Europe/Berlin:20260328T023000
DTEND;TZID=Europe/Berlin:20260328T043000
RRULE:FREQ=DAILY;COUNT=3
END:VEVENT
BEGIN:VEVENT
UID:batch
SUMMARY:Batch, moved
RECURRENCE-ID;TZID=Europe/Berlin:20260330T023000
DTSTART;TZID=Europe/Berlin:20260330T053000
DTEND;TZID=Europe/Berlin:20260330T060000
END:VEVENT
BEGIN:VEVENT
UID:off
SUMMARY:Not held
STATUS:CANCELLED
DTSTART:20260501T100000Z
DTEND:20260501T110000Z
END:VEVENT
END:VCALENDAR
"""


def test_all_day_events_are_days_of_the_vendors_zone_and_left_out_dates_stay_out() -> None:
    found = calendar_events(
        CALENDAR, ZoneInfo("America/New_York"), at("2026-10-01 00:00"), at("2026-12-01 00:00")
    )
    assert [begins for _, begins, _ in found] == [
        at("2026-10-10 04:00"),
        at("2026-10-24 04:00"),
        at("2026-10-31 04:00"),
    ]
    assert found[-1][2] - found[-1][1] == 24 * HOUR


def test_an_event_that_was_moved_is_where_it_was_moved_to() -> None:
    found = calendar_events(CALENDAR, UTC_ZONE, at("2026-03-30 00:00"), at("2026-03-31 00:00"))
    assert found == [("Batch, moved", at("2026-03-30 03:30"), at("2026-03-30 04:00"))]


def test_an_event_in_a_gap_begins_right_after_it() -> None:
    found = calendar_events(CALENDAR, UTC_ZONE, at("2026-03-29 00:00"), at("2026-03-30 00:00"))
    assert found == [("Batch", at("2026-03-29 01:00"), at("2026-03-29 02:30"))]


def test_a_cancelled_event_is_no_window() -> None:
    assert not calendar_events(CALENDAR, UTC_ZONE, at("2026-05-01 00:00"), at("2026-05-02 00:00"))


def test_a_text_that_is_no_calendar_says_so() -> None:
    broken = Recurrence(UTC_ZONE, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:tomorrow\n")
    with pytest.raises(UnreadableRecurrence):
        occurrences(broken, at("2026-05-01 00:00"), at("2026-05-02 00:00"))
