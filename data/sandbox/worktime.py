"""Working time: when people of a zone work, and arithmetic in working hours.

A calendar holds one weight per hour. Its cumulative sums turn "six working hours earlier" and
"a random moment when somebody works" into one interpolation each.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

HOUR = 3600
DAY = 24 * HOUR
_LEAD_IN_DAYS = 90
_DAY_SHAPE: tuple[float, ...] = tuple(
    [0.0] * 8 + [0.3, 0.9, 1.0, 1.0, 0.6, 0.9, 1.0, 1.0, 0.9, 0.5, 0.15] + [0.0] * 5
)
_IDLE = 1e-4


def freeze_window(year: int) -> tuple[date, date]:
    """Return the first and the last day of the freeze that starts in December of `year`."""
    return date(year, 12, 15), date(year + 1, 1, 4)


def is_frozen(day: date) -> bool:
    """Return whether releases are frozen on that day."""
    years = (day.year - 1, day.year)
    return any(first <= day <= last for first, last in map(freeze_window, years))


def _day_factor(day: date) -> float:
    if day.weekday() >= 5:
        return 0.015
    if (day.month, day.day) in {(12, 24), (12, 25), (12, 26), (12, 31), (1, 1), (5, 1)}:
        return 0.03
    if (day.month == 12 and day.day > 21) or (day.month == 1 and day.day < 5):
        return 0.3
    return 0.7 if day.month == 8 else 1.0


@dataclass(frozen=True)
class WorkCalendar:
    """Hourly weights of one zone from `origin`, with their cumulative sums."""

    origin: int
    edges: NDArray[np.float64]
    working: NDArray[np.float64]
    releasing: NDArray[np.float64]

    def sample(
        self, rng: np.random.Generator, count: int, *, since: int, until: int
    ) -> NDArray[np.int64]:
        """Return sorted release instants, dense where people release and absent in a freeze."""
        low, high = np.interp([since, until], self.edges, self.releasing)
        draws = np.sort(rng.uniform(low, high, count))
        return np.interp(draws, self.releasing, self.edges).astype(np.int64)

    def before(self, instant: int, hours: float) -> int:
        """Return the instant that lies so many working hours before."""
        mark = float(np.interp(instant, self.edges, self.working)) - hours
        return int(np.interp(mark, self.working, self.edges))

    def after(self, instant: int, hours: float) -> int:
        """Return the instant that lies so many working hours later."""
        mark = float(np.interp(instant, self.edges, self.working)) + hours
        return int(np.interp(mark, self.working, self.edges))


def open_calendar(timezone: str, *, start: int, end: int) -> WorkCalendar:
    """Return the calendar of a zone that covers the given span and a lead-in before it."""
    origin = start - _LEAD_IN_DAYS * DAY
    hours = (end - origin) // HOUR + 24 * 21
    zone, first = ZoneInfo(timezone), datetime.fromtimestamp(origin, UTC)
    working, releasing = np.zeros(hours + 1), np.zeros(hours + 1)
    for hour in range(hours):
        local = (first + timedelta(hours=hour)).astimezone(zone)
        weight = _DAY_SHAPE[local.hour] * _day_factor(local.date())
        working[hour + 1] = weight + _IDLE
        # Friday afternoons are for the brave; a freeze stops releases altogether.
        cautious = 0.35 if local.weekday() == 4 and local.hour >= 13 else 1.0
        releasing[hour + 1] = 1e-9 if is_frozen(local.date()) else weight * cautious + _IDLE / 4
    edges = np.arange(hours + 1, dtype=np.float64) * HOUR + origin
    return WorkCalendar(origin, edges, np.cumsum(working), np.cumsum(releasing))
