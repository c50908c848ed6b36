"""Trends without assuming a line or a distribution: Theil-Sen's slope and Mann-Kendall's test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from transforms.statistics.intervals import Z95

Floats = NDArray[np.float64]

LEAST_POINTS = 10
CHUNK_SERIES = 500


@dataclass(frozen=True)
class Trends:
    """One entry a series; NaN where it has fewer than three points."""

    n: NDArray[np.int64]
    slope: Floats
    slope_low: Floats
    slope_high: Floats
    p_value: Floats


def find_trends(times: ArrayLike, values: ArrayLike) -> Trends:
    """Return slope per unit of time with its 95 % interval, and the p-value of "no trend".

    The variance of Mann-Kendall's S counts ties and, after Hamed and Rao, the autocorrelation of
    the ranks that remain when the slope is taken away. Negative autocorrelation does not make
    a finding stronger: the correction never falls below one.
    Shape: one row a series, known values to the left, NaN behind them (series.pack).
    Source: Sen (1968), Estimates of the regression coefficient based on Kendall's tau; Hamed & Rao
    (1998), A modified Mann-Kendall trend test for autocorrelated data.
    """
    when, what = np.atleast_2d(np.asarray(times, float)), np.atleast_2d(np.asarray(values, float))
    n = (~np.isnan(what)).sum(axis=1)
    result = np.full((4, n.size), np.nan)
    # All pairs of a series are looked at: short ones are not carried along at full width.
    order = np.argsort(n, kind="stable")
    for start in range(0, n.size, CHUNK_SERIES):
        rows = order[start : start + CHUNK_SERIES]
        width = int(n[rows].max())
        result[:, rows] = _trends(when[rows, :width], what[rows, :width])
    slope, low, high, p_value = result
    return Trends(n=n, slope=slope, slope_low=low, slope_high=high, p_value=p_value)


def direction_words(trends: Trends, p_adjusted: ArrayLike, *, alpha: float = 0.05) -> list[str]:
    """Return rising, falling, no_clear_trend or too_few_points for every series."""
    clear = (np.asarray(p_adjusted, float) < alpha) & (trends.slope != 0)
    words = np.where(clear, np.where(trends.slope > 0, "rising", "falling"), "no_clear_trend")
    return [str(word) for word in np.where(trends.n < LEAST_POINTS, "too_few_points", words)]


def mann_kendall_variance(values: ArrayLike) -> Floats:
    """Return the variance of S for independent values with ties, one row a series."""
    rows = np.atleast_2d(np.asarray(values, float))
    n = (~np.isnan(rows)).sum(axis=1)
    equal = (rows[:, :, None] == rows[:, None, :]).sum(axis=2)
    # Each member of a tie group of t adds (t - 1)(2t + 5), together t (t - 1)(2t + 5).
    ties = np.where(equal > 0, (equal - 1) * (2 * equal + 5), 0).sum(axis=1)
    return np.asarray((n * (n - 1) * (2 * n + 5) - ties) / 18.0)


def hamed_rao_correction(values: ArrayLike, n: ArrayLike) -> Floats:
    """Return by how much autocorrelation widens the variance of S; rows are without trend."""
    rows, counts = np.atleast_2d(np.asarray(values, float)), np.asarray(n, float)
    known = ~np.isnan(rows)
    ranks = _ranks(rows)
    centred = np.where(known, ranks - (counts[:, None] + 1) / 2, 0.0)
    power = (centred**2).sum(axis=1)
    total = np.zeros(rows.shape[0])
    for lag in range(1, rows.shape[1]):
        product = (centred[:, :-lag] * centred[:, lag:]).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            correlation = product / power
            counted = (lag < counts) & (np.abs(correlation) > Z95 / np.sqrt(counts))
        left = counts - lag
        total += np.where(counted, left * (left - 1) * (left - 2) * correlation, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 + 2 / (counts * (counts - 1) * (counts - 2)) * total)


def _trends(times: Floats, values: Floats) -> Floats:
    """Return slope, its interval and the p-value as rows; NaN below three points."""
    n = (~np.isnan(values)).sum(axis=1)
    later, earlier = _pairs(values.shape[1])
    rise = values[:, later] - values[:, earlier]
    with np.errstate(invalid="ignore"):
        slopes = np.sort(rise / (times[:, later] - times[:, earlier]), axis=1)
    pairs = n * (n - 1) // 2
    middle = _at(slopes, (pairs - 1) / 2.0)
    score = np.nansum(np.sign(rise), axis=1)
    variance = mann_kendall_variance(values)
    without = values - middle[:, None] * times
    variance = variance * np.maximum(1.0, np.nan_to_num(hamed_rao_correction(without, n), nan=1.0))
    deviation = np.sqrt(np.maximum(variance, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(deviation > 0, (score - np.sign(score)) / deviation, 0.0)
    p_value = 2 * ndtr(-np.abs(z))
    low = np.maximum(np.round((pairs - Z95 * deviation) / 2) - 1, 0)
    high = np.minimum(np.round((pairs + Z95 * deviation) / 2), pairs - 1)
    is_enough = n >= 3
    found = np.stack([middle, _at(slopes, low), _at(slopes, high), p_value])
    return np.where(is_enough, found, np.nan)


def _pairs(length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    earlier, later = np.triu_indices(length, k=1)
    return later, earlier


def _at(ordered: Floats, place: Floats) -> Floats:
    """Return the value at a fractional place of each row, NaN where the row is empty."""
    if ordered.shape[1] == 0:
        return np.full(ordered.shape[0], np.nan)
    whole = np.clip(np.floor(place), 0, ordered.shape[1] - 1).astype(int)
    after = np.clip(np.ceil(place), 0, ordered.shape[1] - 1).astype(int)
    row = np.arange(ordered.shape[0])
    return np.asarray((ordered[row, whole] + ordered[row, after]) / 2)


def _ranks(rows: Floats) -> Floats:
    """Return the rank of each value in its row, ties with their mean, NaN unknown."""
    less = (rows[:, None, :] < rows[:, :, None]).sum(axis=2)
    equal = (rows[:, None, :] == rows[:, :, None]).sum(axis=2)
    return np.where(np.isnan(rows), np.nan, less + (equal + 1) / 2)
