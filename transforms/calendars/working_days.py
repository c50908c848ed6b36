"""Working days: which day comes so many of them before or after another."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta

WEEKEND = frozenset({6, 7})
DAY = timedelta(days=1)


def is_working_day(day: date, *, holidays: Collection[date] = ()) -> bool:
    """Whether a day is neither of a weekend nor a holiday."""
    return day.isoweekday() not in WEEKEND and day not in holidays


def shift_working_days(day: date, count: int, *, holidays: Collection[date] = ()) -> date:
    """Return the day that is some working days after another, before it when negative."""
    step = DAY if count > 0 else -DAY
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day, holidays=holidays)
    return day


def working_days(since: date, before: date, *, holidays: Collection[date] = ()) -> Iterator[date]:
    """Yield the working days in [since, before)."""
    day = since
    while day < before:
        if is_working_day(day, holidays=holidays):
            yield day
        day += DAY
