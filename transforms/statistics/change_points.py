"""Change points: the days on which a series settled at another level.

A series is cut where that lowers its cost by more than a penalty for each cut. Optimal partitioning
finds the best cuts exactly (those of PELT), for many series at once. Costs are minus twice the log
likelihood of level segments: Poisson for counts with exposure, binomial for shares, normal scores
of the ranks for durations; each is divided by how much wider the series varies than its law says.
The penalties are calibrated by simulation (transforms/simulations.md): at most one stationary
series in twenty gives an alarm, also over-dispersed or with an autocorrelation of 0.3.
Source: Jackson et al. (2005), An algorithm for optimal partitioning of data on an interval;
Killick, Fearnhead & Eckley (2012), Optimal detection of changepoints with a linear computational
cost.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, xlogy

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Law = Literal["poisson", "binomial", "ranks"]

LEAST_POINTS = 12
LEAST_SEGMENT = 4
# Twice the log likelihood ratio that the place of a change exceeds in one case of twenty, after
# Siegmund (1988), Confidence sets in change-point problems: (1 - exp(-x / 2))^2 = 0.95.
PLACE_RATIO = 7.35
# Penalty for one more segment in a series of n points: intercept + slope * ln(n).
PENALTIES: dict[Law, tuple[float, float]] = {
    "poisson": (-1.6, 3.5),
    "binomial": (-1.6, 3.5),
    "ranks": (-0.6, 3.6),
}


@dataclass(frozen=True)
class Changes:
    """One entry a change: at which point of which series the new level begins, and the levels.

    `earliest` to `latest` are the points between which the change lies (95 %); `gain` is by how
    much the series costs less with this cut. `before` and `after` are the levels of the segments on
    both sides: numerators over denominators for counts and shares, the middle value for ranks.
    """

    series: Integers
    place: Integers
    earliest: Integers
    latest: Integers
    before: Floats
    after: Floats
    gain: Floats


def find_changes(
    values: ArrayLike, exposure: ArrayLike | None = None, *, law: Law, penalty: float | None = None
) -> Changes:
    """Return the changes of level of every series with at least twelve points.

    Shape: one row a series, known values to the left, NaN behind them; `exposure` is what counts
    were counted over, or the units of a share. `penalty` overrides the calibrated one.
    """
    rows = np.atleast_2d(np.asarray(values, float))
    units = np.ones_like(rows) if exposure is None else np.atleast_2d(np.asarray(exposure, float))
    n = (~np.isnan(rows)).sum(axis=1)
    sums = _sums(rows, units, law=law)
    price = np.full(n.size, penalty) if penalty is not None else penalties(n, law=law)
    ends = _partition(sums, n, price, law=law)
    series, place, begin, end = _cuts(ends, n)
    scale = _scale_beside(sums, series, place, begin, end, law=law)
    earliest, latest, gain = _places(sums, series, place, begin, end, scale=scale, law=law)
    before = _levels(rows, units, series, begin, place, law=law)
    after = _levels(rows, units, series, place, end, law=law)
    return Changes(
        series=series,
        place=place,
        earliest=earliest,
        latest=latest,
        before=before,
        after=after,
        gain=gain,
    )


def penalties(n: ArrayLike, *, law: Law) -> Floats:
    """Return the calibrated penalty of a cut in series of n points; infinite below twelve."""
    count = np.asarray(n, float)
    intercept, slope = PENALTIES[law]
    with np.errstate(divide="ignore"):
        return np.where(count >= LEAST_POINTS, intercept + slope * np.log(count), np.inf)


@dataclass(frozen=True)
class _Sums:
    """Running sums from which the cost of any segment follows, and each series' own scale."""

    total: Floats
    units: Floats
    scale: Floats

    def costs(self, row: Integers, begin: Integers, end: Integers, *, law: Law) -> Floats:
        """Return minus twice the log likelihood of segments [begin, end) of rows, unscaled."""
        total = self.total[row, end] - self.total[row, begin]
        units = self.units[row, end] - self.units[row, begin]
        return _cost(total, units, law=law)


def _cost(total: Floats, units: Floats, *, law: Law) -> Floats:
    """Return what a segment costs; terms that are the same for every partition are left out."""
    if law == "poisson":
        return np.asarray(-2 * (xlogy(total, total) - xlogy(total, units)))
    if law == "binomial":
        rest = units - total
        whole = xlogy(total, total) + xlogy(rest, rest) - xlogy(units, units)
        return np.asarray(-2 * whole)
    return np.asarray(-(total * total) / np.maximum(units, 1))


def _sums(rows: Floats, units: Floats, *, law: Law) -> _Sums:
    known = ~np.isnan(rows)
    counted = normal_scores(rows) if law == "ranks" else rows
    weights = known.astype(float) if law == "ranks" else np.where(known, units, 0.0)
    start = np.zeros((rows.shape[0], 1))
    total = np.concatenate([start, np.cumsum(np.where(known, counted, 0.0), axis=1)], axis=1)
    over = np.concatenate([start, np.cumsum(weights, axis=1)], axis=1)
    return _Sums(total=total, units=over, scale=_scale(counted, units, law=law))


def _scale(rows: Floats, units: Floats, *, law: Law) -> Floats:
    """Return by how much each series varies more than its law says; never less than one."""
    known = ~np.isnan(rows)
    freedom = np.maximum(known.sum(axis=1) - 1, 1)
    if law == "ranks":
        variance = np.nansum(rows * rows, axis=1) / (freedom + 1)
        return np.where(variance > 0, variance, 1.0)
    over = np.where(known, units, 0.0)
    level = _divided(np.nansum(rows, axis=1), over.sum(axis=1))[:, None]
    expected, spread = level * over, level * over * (1 - level if law == "binomial" else 1)
    pearson = np.nansum(_divided((rows - expected) ** 2, spread), axis=1)
    return np.asarray(np.maximum(1.0, pearson / freedom))


def _divided(above: Floats, below: Floats) -> Floats:
    result = np.zeros_like(above)
    np.divide(above, below, out=result, where=below > 0)
    return result


def normal_scores(rows: Floats) -> Floats:
    """Return values as van der Waerden's scores of their ranks within the row, ties their mean."""
    less = (rows[:, None, :] < rows[:, :, None]).sum(axis=2)
    equal = (rows[:, None, :] == rows[:, :, None]).sum(axis=2)
    count = (~np.isnan(rows)).sum(axis=1)[:, None]
    return np.where(np.isnan(rows), np.nan, ndtri((less + (equal + 1) / 2) / (count + 1)))


def _partition(sums: _Sums, n: Integers, price: Floats, *, law: Law) -> Integers:
    """Return for each series and length the begin of its last segment, by dynamic programming."""
    count, length = sums.total.shape[0], sums.total.shape[1] - 1
    rows = np.arange(count)
    paid = np.where(n >= LEAST_POINTS, price, 0.0)
    least = np.full((count, length + 1), np.inf)
    least[:, 0] = -paid
    begins = np.zeros((count, length + 1), dtype=np.int64)
    for end in range(LEAST_SEGMENT, length + 1):
        tried = np.r_[0, np.arange(LEAST_SEGMENT, end - LEAST_SEGMENT + 1)]
        total = sums.total[:, end, None] - sums.total[:, tried]
        units = sums.units[:, end, None] - sums.units[:, tried]
        costs = least[:, tried] + _cost(total, units, law=law) / sums.scale[:, None]
        chosen = np.argmin(costs, axis=1)
        begins[:, end] = tried[chosen]
        least[:, end] = costs[rows, chosen] + paid
    begins[n < LEAST_POINTS] = 0
    return begins


def _cuts(begins: Integers, n: Integers) -> tuple[Integers, Integers, Integers, Integers]:
    """Return series, place, begin of the segment before and end of the segment after each cut."""
    rows = np.arange(n.size)
    end, segment_end = n.copy(), n.copy()
    found: list[tuple[Integers, Integers, Integers, Integers]] = []
    place = begins[rows, end]
    while (is_open := place > 0).any():
        before = begins[rows, place]
        found.append((rows[is_open], place[is_open], before[is_open], segment_end[is_open]))
        segment_end, place = np.where(is_open, place, 0), np.where(is_open, before, 0)
    if not found:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing, nothing
    series, place, begin, end = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((place, series))
    return series[order], place[order], begin[order], end[order]


def _scale_beside(
    sums: _Sums, series: Integers, place: Integers, begin: Integers, end: Integers, *, law: Law
) -> Floats:
    """Return by how much the two segments beside each change vary more than their law says."""
    at = np.arange(sums.total.shape[1] - 1)[None, :]
    is_inside = (at >= begin[:, None]) & (at < end[:, None])
    values = np.diff(sums.total[series], axis=1)
    units = np.diff(sums.units[series], axis=1)

    def level(first: Integers, last: Integers) -> Floats:
        total = sums.total[series, last] - sums.total[series, first]
        return _divided(total, sums.units[series, last] - sums.units[series, first])[:, None]

    levels = np.where(at < place[:, None], level(begin, place), level(place, end))
    spread = units if law == "ranks" else levels * units
    spread = spread * (1 - levels) if law == "binomial" else spread
    misfit = np.where(is_inside, _divided((values - levels * units) ** 2, spread), 0.0)
    found = misfit.sum(axis=1) / np.maximum(end - begin - 2, 1)
    return np.asarray(found if law == "ranks" else np.maximum(1.0, found))


def _places(
    sums: _Sums,
    series: Integers,
    place: Integers,
    begin: Integers,
    end: Integers,
    *,
    scale: Floats,
    law: Law,
) -> tuple[Integers, Integers, Floats]:
    """Return between which points, if its neighbours stay, each change lies, and what it gains."""
    length = sums.total.shape[1]
    tried = np.arange(length)[None, :]
    is_possible = (tried >= begin[:, None] + LEAST_SEGMENT) & (
        tried <= end[:, None] - LEAST_SEGMENT
    )
    inside = np.where(is_possible, tried, place[:, None])
    row, first, last = series[:, None], begin[:, None], end[:, None]
    costs = sums.costs(row, first, inside, law=law) + sums.costs(row, inside, last, law=law)
    best = sums.costs(series, begin, place, law=law) + sums.costs(series, place, end, law=law)
    gain = (sums.costs(series, begin, end, law=law) - best) / sums.scale[series]
    is_near = is_possible & (costs <= (best + PLACE_RATIO * scale)[:, None])
    is_near[np.arange(series.size), place] = True
    earliest = np.argmax(is_near, axis=1)
    latest = length - 1 - np.argmax(is_near[:, ::-1], axis=1)
    return earliest, latest, gain


def _levels(
    rows: Floats, units: Floats, series: Integers, begin: Integers, end: Integers, *, law: Law
) -> Floats:
    at = np.arange(rows.shape[1])[None, :]
    is_inside = (at >= begin[:, None]) & (at < end[:, None])
    if law == "ranks":
        return np.asarray(np.nanmedian(np.where(is_inside, rows[series], np.nan), axis=1))
    total = np.where(is_inside, rows[series], 0.0).sum(axis=1)
    over = np.where(is_inside, units[series], 0.0).sum(axis=1)
    return np.asarray(total / np.where(over > 0, over, np.nan))
