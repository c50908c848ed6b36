"""Which services are changed within the same hour, counted without comparing all with all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_CHUNK = 4_000_000


@dataclass(frozen=True)
class Neighbours:
    """Events of one service near an event of another, and the failed ones among them.

    Shape: one row a service, one column the other service. `blamed` counts the events that failed
    by themselves, `failed` also those that share a failure with the near event.
    """

    near: Integers
    failed: Integers
    blamed: Integers


def near_events(
    service: ArrayLike,
    at: ArrayLike,
    is_blamed: ArrayLike,
    shared: tuple[ArrayLike, ArrayLike],
    *,
    service_count: int,
    reach: float,
) -> Neighbours:
    """Return how many events of each service lie within `reach` seconds of one of each other.

    Shape: events in the order of time, services by number; `shared` holds pairs of event numbers,
    the one that a shared failure counts for and the other. An event counts once however many of
    the other service are near: only the first of them counts, which is the one whose forerunner
    lies outside. The cost is the number of events that are near each other.
    """
    owner, moment = np.asarray(service, np.int64), np.asarray(at, float)
    blamed = np.asarray(is_blamed, bool)
    low = np.searchsorted(moment, moment - reach, "left")
    high = np.searchsorted(moment, moment + reach, "right")
    forerunner = _forerunners(owner)
    cells = service_count * service_count
    near, hit = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
    ends = np.cumsum(high - low)
    start = 0
    while start < owner.size:
        before = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, before + _CHUNK, "right")), start + 1)
        size = high[start:stop] - low[start:stop]
        ours = np.repeat(np.arange(start, stop), size)
        place = np.arange(ours.size) - np.repeat(np.cumsum(size) - size, size)
        theirs = np.repeat(low[start:stop], size) + place
        kept = (forerunner[theirs] < low[ours]) & (owner[ours] != owner[theirs])
        cell = owner[ours[kept]] * service_count + owner[theirs[kept]]
        near += np.bincount(cell, minlength=cells)
        hit += np.bincount(cell[blamed[ours[kept]]], minlength=cells)
        start = stop
    more = _shared(owner, moment, blamed, shared, count=service_count, reach=reach)
    shape = (service_count, service_count)
    return Neighbours(near.reshape(shape), (hit + more).reshape(shape), hit.reshape(shape))


def _forerunners(owner: Integers) -> Integers:
    """Return the event of the same service before each, -1 for its first."""
    order = np.argsort(owner, kind="stable")
    before = np.full(owner.size, -1)
    follows = np.r_[False, owner[order][1:] == owner[order][:-1]] if owner.size else order > 0
    before[order[follows]] = order[np.flatnonzero(follows) - 1]
    return before


def _shared(
    owner: Integers, moment: NDArray[np.float64], blamed: Flags,
    shared: tuple[ArrayLike, ArrayLike], *, count: int, reach: float,
) -> Integers:  # fmt: skip
    ours, theirs = (np.asarray(one, np.int64) for one in shared)
    kept = (np.abs(moment[ours] - moment[theirs]) <= reach) & ~blamed[ours]
    kept &= owner[ours] != owner[theirs]
    once = np.unique(ours[kept] * count + owner[theirs[kept]])
    cell = owner[once // count] * count + once % count
    return np.bincount(cell, minlength=count * count)
