"""Incidents shifted by whole weeks: how often they would fall after deployments by habit alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transforms.statistics.exposure import DAY, WEEK, Flags, Integers, Watched, Windows
from transforms.statistics.sums import Law, sum_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shifted:
    """How often shifted incidents fall inside the windows at least as often as they did.

    Shape: one value a service; `shifts` is how many shifts were counted. The pooled test counts
    every combination of all services' shifts.
    """

    p: Floats
    pooled_p: float
    shifts: Floats


def shift_test(
    windows: Windows, service: ArrayLike, at: ArrayLike, *, is_pooled: ArrayLike | None = None
) -> Shifted:
    """Return the p-values (one-sided: clustering) of circular shifts of incidents by whole weeks.

    A shift by whole weeks keeps weekday and time of day, so a habit of deploying at the hours in
    which incidents happen anyway explains what it explains. Two years hold only 104 such shifts,
    too few to tell 1 % from 2 %: so the incidents of each weekday are shifted by whole weeks of
    their own, which keeps what is kept above and gives 104^7 shifts. They need not be drawn: the
    count inside is a sum of seven independent counts, whose law is exact. What is lost is that a
    burst over several days stays together; the bootstrap over weeks sees to bursts. A service that
    is changed at one and the same hour every week can never show evidence: its habit and the
    effect of its changes cannot be told apart by time.
    Times are of the local clock, with Monday 00:00 at each week's start; circular within what was
    watched of a service. `is_pooled` picks the incidents of the pooled test (all without it).
    Source: the circular-shift test of Harris (2020), Nonsense correlations in neuroscience.
    """
    watched = windows.watched
    owner, moment = np.asarray(service, np.int64), np.asarray(at, float)
    seen = watched.has(owner, moment)
    picked = np.ones(owner.size, bool) if is_pooled is None else np.asarray(is_pooled, bool)
    # In the order of the windows, looking them up is several times as fast.
    order = np.flatnonzero(seen)[np.lexsort((moment[seen], owner[seen]))]
    owner, moment, pooled = owner[order], moment[order], picked[order]
    cell = owner * 7 + np.floor((moment - watched.starts[owner]) / DAY).astype(np.int64) % 7
    counts = _shifted_counts(windows, owner, moment, cell, pooled)
    count = watched.weeks.size
    p = np.full(count, np.nan)
    for one in np.unique(owner):
        law = _of_days(counts[0][one * 7 : one * 7 + 7, : watched.weeks[one]])
        p[one] = law.at_least(int(counts[0][one * 7 : one * 7 + 7, 0].sum()))
    return Shifted(p, _pooled(counts[1], watched), np.maximum(watched.weeks, 1.0) ** 7)


def _shifted_counts(
    windows: Windows, owner: Integers, moment: Floats, cell: Integers, pooled: Flags
) -> tuple[Integers, Integers]:
    """Return incidents inside by service and weekday (rows) and shift in weeks (columns)."""
    watched = windows.watched
    length = watched.weeks[owner] * WEEK
    start = watched.starts[owner]
    shape = (watched.weeks.size * 7, max(watched.longest, 1))
    every, some = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for shift in range(int(watched.weeks.max(initial=0))):
        moved = start + (moment - start + shift * WEEK) % np.maximum(length, WEEK)
        is_inside = windows.has(owner, moved)
        every[:, shift] = np.bincount(cell[is_inside], minlength=shape[0])
        some[:, shift] = np.bincount(cell[is_inside & pooled], minlength=shape[0])
    return every, some


def _of_days(counts: Integers) -> Law:
    """Return the law of the sum over rows, each taking one of its columns by chance."""
    law = np.ones(1)
    for row in counts[counts.any(axis=1)]:
        law = np.convolve(law, np.bincount(row) / row.size)
    return Law(0, law)


def _pooled(counts: Integers, watched: Watched) -> float:
    laws, mean, variance, most, seen = [], 0.0, 0.0, 0, 0
    for one in np.flatnonzero(watched.weeks):
        rows = counts[one * 7 : one * 7 + 7, : watched.weeks[one]]
        if rows.any():
            laws.append(_of_days(rows).probability)
            mean, variance = mean + rows.mean(axis=1).sum(), variance + rows.var(axis=1).sum()
            most, seen = most + int(rows.max(axis=1).sum()), seen + int(rows[:, 0].sum())
    if not laws:
        return float("nan") if watched.weeks.size == 0 else 1.0
    return sum_of(laws, mean=mean, variance=variance, most=most).at_least(seen)
