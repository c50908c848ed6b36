"""Hours in which a service was freshly changed, and which incidents fell inside them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

HOUR, DAY = 3600.0, 86400.0
WEEK = 7 * DAY
REACH = 2 * HOUR


@dataclass(frozen=True)
class Watched:
    """From when to when each service was watched: whole weeks of one common grid.

    Units: seconds of one clock, from any origin. Shape: one value a service; a service that was
    never watched ends where it starts.
    """

    starts: Floats
    ends: Floats

    @property
    def first(self) -> float:
        """When the first week of any service began."""
        return float(self.starts.min(initial=np.inf))

    @property
    def weeks(self) -> Integers:
        """How many weeks each service was watched."""
        return np.rint((self.ends - self.starts) / WEEK).astype(np.int64)

    @property
    def longest(self) -> int:
        """The weeks from the first to the last of any service."""
        return round((float(self.ends.max()) - self.first) / WEEK) if self.ends.size else 0

    def has(self, service: Integers, at: Floats) -> Flags:
        """Return whether each instant is one at which its service was watched."""
        return np.asarray((at >= self.starts[service]) & (at < self.ends[service]))

    def week_of(self, at: Floats) -> Integers:
        """Return the week of each instant, 0 for the first that any service was watched."""
        return np.floor((at - self.first) / WEEK).astype(np.int64)

    def is_week(self) -> Flags:
        """Return which weeks were watched, one row a service and one column a week."""
        edges = self.first + np.arange(self.longest) * WEEK
        return np.asarray((edges >= self.starts[:, None]) & (edges < self.ends[:, None]))


@dataclass(frozen=True)
class Windows:
    """Spans that do not overlap, in the order of service and time.

    Shape: one value a span; `key` orders the starts of all services in one line.
    """

    service: Integers
    start: Floats
    end: Floats
    watched: Watched

    def key(self, service: Integers, at: Floats) -> Floats:
        """Return where instants lie in the line in which services follow each other."""
        span = (self.watched.longest + 1) * WEEK
        return np.asarray(service * span + (at - self.watched.first))

    def has(self, service: Integers, at: Floats) -> Flags:
        """Return whether each instant lies inside a span of its service."""
        if self.start.size == 0:
            return np.zeros(at.size, bool)
        place = np.searchsorted(self.key(self.service, self.start), self.key(service, at), "right")
        before = np.maximum(place - 1, 0)
        return np.asarray((place > 0) & (self.service[before] == service) & (at < self.end[before]))

    def seconds_by_week(self) -> Floats:
        """Return the seconds inside, one row a service and one column a week."""
        count, longest = self.watched.weeks.size, self.watched.longest
        edges = self.watched.first + np.arange(longest + 1) * WEEK
        if self.start.size == 0 or longest == 0:
            return np.zeros((count, longest))
        service = np.repeat(np.arange(count), longest + 1)
        at = np.tile(edges, count)
        starts = self.key(self.service, self.start)
        place = np.searchsorted(starts, self.key(service, at), "right")
        lengths = self.end - self.start
        before = np.maximum(place - 1, 0)
        spent = np.r_[0.0, np.cumsum(lengths)][before]
        spent += np.minimum(self.key(service, at) - starts[before], lengths[before])
        spent[place == 0] = 0.0
        return np.diff(spent.reshape(count, longest + 1), axis=1)


def exposure_windows(
    service: ArrayLike, exposed_at: ArrayLike, *, watched: Watched, reach: float = REACH
) -> Windows:
    """Return the union of the spans [exposed_at, exposed_at + reach) of each service's changes.

    Overlapping spans are one, and each is cut to what was watched; `reach` is in seconds.
    """
    owner, at = np.asarray(service, np.int64), np.asarray(exposed_at, float)
    start = np.maximum(at, watched.starts[owner])
    end = np.minimum(at + reach, watched.ends[owner])
    kept = np.flatnonzero(end > start)
    order = kept[np.lexsort((start[kept], owner[kept]))]
    owner, start, end = owner[order], start[order], end[order]
    if order.size == 0:
        return Windows(owner, start, end, watched)
    # All spans are equally long before they are cut, so ends come in the order of starts.
    is_first = np.r_[True, (owner[1:] != owner[:-1]) | (start[1:] > end[:-1])]
    first = np.flatnonzero(is_first)
    last = np.r_[first[1:] - 1, order.size - 1]
    return Windows(owner[first], start[first], end[last], watched)


@dataclass(frozen=True)
class Weekly:
    """Incidents and seconds inside and outside the windows.

    Shape: one row a service, one column a week; a week without watching holds zeros.
    """

    inside: Floats
    inside_seconds: Floats
    outside: Floats
    outside_seconds: Floats

    def rows(self, start: int, stop: int) -> "Weekly":
        """Return some of the services."""
        return Weekly(self.inside[start:stop], self.inside_seconds[start:stop],
                      self.outside[start:stop], self.outside_seconds[start:stop])  # fmt: skip


def weekly_counts(windows: Windows, service: ArrayLike, at: ArrayLike) -> Weekly:
    """Return how many incidents and how much time each week had inside and outside the windows."""
    watched = windows.watched
    owner, moment = np.asarray(service, np.int64), np.asarray(at, float)
    seen = watched.has(owner, moment)
    owner, moment = owner[seen], moment[seen]
    shape = (watched.weeks.size, watched.longest)
    place = owner * watched.longest + watched.week_of(moment)
    is_inside = windows.has(owner, moment)
    cells = shape[0] * shape[1]
    inside = np.bincount(place[is_inside], minlength=cells).reshape(shape).astype(float)
    outside = np.bincount(place[~is_inside], minlength=cells).reshape(shape).astype(float)
    exposed = windows.seconds_by_week()
    return Weekly(inside, exposed, outside, np.where(watched.is_week(), WEEK - exposed, 0.0))
