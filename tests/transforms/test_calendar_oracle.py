"""The SQL of the calendar against Python's own zones, over random instants.

The text is that of the models and macros, rendered onto small tables; no build is needed.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.rendering import create_model, render

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Calendar = tuple[str, str, tuple[str, ...]]
# Clocks that change by an hour north and south of the equator, by half an hour, and never.
CALENDARS: dict[str, Calendar] = {
    "berlin": ("Europe/Berlin", "09:00-17:00", WEEKDAYS[:5]),
    "round the clock": ("Europe/Berlin", "00:00-24:00", WEEKDAYS),
    "new york": ("America/New_York", "08:30-16:15", WEEKDAYS[:6]),
    "lord howe": ("Australia/Lord_Howe", "00:30-23:30", WEEKDAYS),
    "kolkata": ("Asia/Kolkata", "10:00-18:30", WEEKDAYS[:5]),
    "riyadh": ("Asia/Riyadh", "09:00-17:00", (*WEEKDAYS[:4], "sun")),
}
HOLIDAY = date(2026, 3, 30)
FIRST, LAST = datetime(2025, 9, 1), datetime(2027, 6, 1)  # noqa: DTZ001
instants = st.datetimes(FIRST, LAST).map(
    lambda instant: instant.replace(second=0, microsecond=0, tzinfo=UTC)
)
# Half of them near an hour at which some clock changes.
changes = st.sampled_from(
    [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ]
)
moments = instants | st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), changes, st.integers(-300, 300)
)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database with the calendar of every test zone."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Pacific/Auckland'")
        connection.execute(
            "create table build_information as"
            " select timestamp '2027-06-01' as as_of, 'Europe/Berlin' as report_timezone"
        )
        connection.execute(
            "create table int_calendars (team_id varchar, calendar_id varchar, timezone varchar,"
            " holiday_country varchar, holiday_subdivision varchar, working_hours varchar,"
            " working_days varchar[], fiscal_year_start_month bigint)"
        )
        connection.executemany(
            "insert into int_calendars values (?, ?, ?, 'XX', null, ?, ?, 1)",
            [
                [name, name, zone, hours, list(days)]
                for name, (zone, hours, days) in CALENDARS.items()
            ],
        )
        connection.execute(
            "create table int_holidays as select 'XX' as holiday_country,"
            " null::varchar as holiday_subdivision, ?::date as holiday_date, 'X' as holiday_name",
            [HOLIDAY],
        )
        create_model(connection, "facts/calendar_days")
        create_model(connection, "intermediate/int_working_openings")
        yield connection


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _is_worked(instant: datetime, calendar: Calendar) -> bool:
    """Say whether the clock on the wall shows a working minute."""
    zone, hours, days = calendar
    local = instant.astimezone(ZoneInfo(zone))
    opening, closing = (int(part[:2]) * 60 + int(part[3:]) for part in hours.split("-"))
    return (
        WEEKDAYS[local.weekday()] in days
        and local.date() != HOLIDAY
        and opening <= local.hour * 60 + local.minute < closing
    )


def _worked_seconds(start: datetime, finish: datetime, calendar: Calendar) -> float:
    """Return working time by looking at the clock every minute."""
    minutes = int((finish - start).total_seconds() // 60)
    return 60.0 * sum(
        _is_worked(start + timedelta(minutes=minute), calendar) for minute in range(minutes)
    )


@settings(max_examples=40, deadline=None)
@given(start=moments, minutes=st.integers(0, 2 * 24 * 60))
def test_working_time_is_what_a_clock_watched_every_minute_gives(
    warehouse: duckdb.DuckDBPyConnection, start: datetime, minutes: int
) -> None:
    finish = start + timedelta(minutes=minutes)
    text = render(
        "select opening.calendar_id,"
        " {{ working_seconds('$start', '$finish', 'opening', 'closing') }}"
        " from int_working_openings as opening"
        " inner join int_working_openings as closing"
        " on opening.calendar_id = closing.calendar_id"
        " where opening.utc_date = cast($start as date)"
        " and closing.utc_date = cast($finish as date)"
    ).replace("$start", "$start::timestamp")
    text = text.replace("$finish", "$finish::timestamp")
    rows = warehouse.execute(text, {"start": _naive(start), "finish": _naive(finish)}).fetchall()
    assert dict(rows) == {
        name: _worked_seconds(start, finish, calendar) for name, calendar in CALENDARS.items()
    }


@settings(max_examples=200, deadline=None)
@given(instant=moments)
def test_a_local_day_is_that_of_the_zones_own_rules(
    warehouse: duckdb.DuckDBPyConnection, instant: datetime
) -> None:
    text = render(
        "select {{ local_date('$instant::timestamp') }}, calendar_id,"
        " {{ wall_clock('$instant::timestamp', 'timezone') }} from int_calendars"
    )
    rows = warehouse.execute(text, {"instant": _naive(instant)}).fetchall()
    for report_date, name, clock in rows:
        local = instant.astimezone(ZoneInfo(CALENDARS[name][0]))
        assert clock == local.replace(tzinfo=None)
        assert report_date == instant.astimezone(ZoneInfo("Europe/Berlin")).date()


@settings(max_examples=200, deadline=None)
@given(moment=moments)
def test_a_reading_without_a_zone_is_the_first_of_two_or_known_to_be_none(
    warehouse: duckdb.DuckDBPyConnection, moment: datetime
) -> None:
    reading = _naive(moment)
    text = render(
        "select calendar_id, {{ instant_in_zone('$r::timestamp', 'timezone') }},"
        " {{ is_repeated_in_zone('$r::timestamp', 'timezone') }},"
        " {{ is_skipped_in_zone('$r::timestamp', 'timezone') }},"
        " {{ zoned_instant('$r::timestamp', 'timezone') }} from int_calendars"
    )
    for name, instant, is_repeated, is_skipped, same in warehouse.execute(
        text, {"r": reading}
    ).fetchall():
        zone = ZoneInfo(CALENDARS[name][0])
        first, second = (reading.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        exists = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == reading
        assert is_skipped == (not exists)
        if exists:
            assert instant == same == _naive(first)
            assert is_repeated == (_naive(first) != _naive(second))


@pytest.mark.parametrize("name", sorted(CALENDARS))
def test_working_time_adds_up_over_the_days(
    warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    rows = warehouse.execute(
        "select calendar_date, working_seconds, working_seconds_before, is_working_day"
        " from calendar_days where calendar_id = ? order by calendar_date",
        [name],
    ).fetchall()
    total = 0.0
    zone, hours, _ = CALENDARS[name]
    opening, closing = hours.split("-")
    for day, seconds, before, is_working_day in rows:
        assert before == total
        total += seconds
        if is_working_day and closing != "24:00" and day.year > 2024:
            begins, ends = (
                datetime.combine(day, time.fromisoformat(text), ZoneInfo(zone)).astimezone(UTC)
                for text in (opening, closing)
            )
            assert seconds == (ends - begins).total_seconds()
