"""Intervals of shares, counts, medians and differences; all of them take arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, ndtr, ndtri

Floats = NDArray[np.float64]
Interval = tuple[Floats, Floats]

Z95 = 1.959963984540054
LEAST_FOR_MEDIAN = 6


def wilson(successes: ArrayLike, n: ArrayLike, *, z: float = Z95) -> Interval:
    """Return the score interval of a share; NaN where n is 0.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    k, total = np.broadcast_arrays(np.asarray(successes, float), np.asarray(n, float))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = k / total
        centre = share + z * z / (2 * total)
        reach = z * np.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
        low, high = (centre - reach) / (1 + z * z / total), (centre + reach) / (1 + z * z / total)
    return np.clip(low, 0.0, share), np.clip(high, share, 1.0)


def poisson_score(count: ArrayLike, exposure: ArrayLike, *, z: float = Z95) -> Interval:
    """Return the score interval of a rate: events over what they were counted over.

    Source: the interval whose ends m solve (count - m)^2 = z^2 m, e.g. Barker (2002), A comparison
    of nine confidence intervals for a Poisson parameter.
    """
    k, over = np.broadcast_arrays(np.asarray(count, float), np.asarray(exposure, float))
    reach = z * np.sqrt(k + z * z / 4)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (k + z * z / 2 - reach) / over, (k + z * z / 2 + reach) / over


def newcombe_difference(
    successes: ArrayLike, n: ArrayLike, other_successes: ArrayLike, other_n: ArrayLike
) -> Interval:
    """Return the interval of a difference of two shares, the first minus the other.

    Source: Newcombe (1998), Interval estimation for the difference between independent
    proportions, method 10 (from the two Wilson intervals).
    """
    (low, high), (other_low, other_high) = wilson(successes, n), wilson(other_successes, other_n)
    first = np.asarray(successes, float) / np.asarray(n, float)
    other = np.asarray(other_successes, float) / np.asarray(other_n, float)
    return (
        first - other - np.sqrt((first - low) ** 2 + (other_high - other) ** 2),
        first - other + np.sqrt((high - first) ** 2 + (other - other_low) ** 2),
    )


def median_rank(n: ArrayLike) -> Floats:
    """Return how far from either end the 95 % interval of a median begins, as a fractional rank.

    The interval of n sorted values goes from rank r to rank n + 1 - r, with linear interpolation
    between neighbours. r is a smooth form of the interpolated order statistics of Hettmansperger
    and Sheather; it differs from theirs by less than 0.14 ranks, and by their own approximation
    covers the median in 94.7 % to 95.8 % of samples from n = 8 on. NaN below six values: even
    their whole range covers it too seldom.
    Source: Hettmansperger & Sheather (1986), Confidence intervals based on interpolated order
    statistics; Nyblom (1992), Note on interpolated order statistics.
    """
    count = np.asarray(n, float)
    root = np.sqrt(np.maximum(count, 1.0))
    rank = (count + 1) / 2 - Z95 / 2 * root + 0.5 / root
    return np.where(count >= LEAST_FOR_MEDIAN, rank, np.nan)


def interpolated_median_rank(n: int, *, confidence: float = 0.95) -> float:
    """Return the same rank as Hettmansperger and Sheather derive it, from the binomial law.

    NaN where even the whole range of the sample covers the median too seldom.
    """
    ranks = np.arange(1, n // 2 + 1)
    coverage = 1 - 2 * bdtr(ranks - 1, n, 0.5)
    enough = int(np.count_nonzero(coverage >= confidence))
    if enough == 0:
        return float("nan")
    outer, inner = coverage[enough - 1], 1 - 2 * float(bdtr(enough, n, 0.5))
    share = (outer - confidence) / (outer - inner)
    return float(enough + (n - enough) * share / (enough + (n - 2 * enough) * share))


def median_interval(samples: ArrayLike) -> Interval:
    """Return the 95 % interval of the median of each row; NaN below six values.

    Source: as median_rank(); transforms/macros/metric.sql computes the same in SQL.
    """
    rows = np.sort(np.atleast_2d(np.asarray(samples, float)), axis=1)
    n = rows.shape[1]
    rank = float(median_rank(n))
    if np.isnan(rank):
        nothing = np.full(rows.shape[0], np.nan)
        return nothing, nothing.copy()
    whole, part = int(rank), rank - int(rank)
    low = rows[:, whole - 1] + part * (rows[:, whole] - rows[:, whole - 1])
    high = rows[:, n - whole] - part * (rows[:, n - whole] - rows[:, n - whole - 1])
    return low, high


def quantiles(samples: ArrayLike, p: float) -> Floats:
    """Return a quantile along the last axis, with linear interpolation (type 7)."""
    values = np.asarray(samples, float)
    place = (values.shape[-1] - 1) * p
    whole = int(place)
    after = min(whole + 1, values.shape[-1] - 1)
    ordered = np.partition(values, (whole, after), axis=-1)
    low, high = ordered[..., whole], ordered[..., after]
    return np.asarray(low + (place - whole) * (high - low))


def bootstrap_percentile(
    samples: ArrayLike, p: float, *, generator: np.random.Generator, resamples: int = 2000
) -> Interval:
    """Return the percentile bootstrap interval (95 %) of a quantile of each row.

    Source: Efron & Tibshirani (1993), An introduction to the bootstrap, chapter 13.
    """
    rows = np.atleast_2d(np.asarray(samples, float))
    estimates = _resampled(rows, p, generator=generator, resamples=resamples)
    return quantiles(estimates, 0.025), quantiles(estimates, 0.975)


def bootstrap_bca(
    samples: ArrayLike, p: float, *, generator: np.random.Generator, resamples: int = 2000
) -> Interval:
    """Return the bias-corrected, accelerated bootstrap interval (95 %) of a quantile of each row.

    Source: Efron (1987), Better bootstrap confidence intervals; acceleration by the jackknife.
    """
    rows = np.atleast_2d(np.asarray(samples, float))
    estimates = np.sort(_resampled(rows, p, generator=generator, resamples=resamples), axis=1)
    estimate = quantiles(rows, p)[:, None]
    below = (estimates < estimate).sum(axis=1) + (estimates == estimate).sum(axis=1) / 2
    bias = ndtri(np.clip(below / resamples, 0.5 / resamples, 1 - 0.5 / resamples))
    left_out = np.stack(
        [quantiles(np.delete(rows, one, axis=1), p) for one in range(rows.shape[1])], axis=1
    )
    away = left_out.mean(axis=1, keepdims=True) - left_out
    spread = 6 * (away**2).sum(axis=1) ** 1.5
    skew = (away**3).sum(axis=1)
    acceleration = np.divide(skew, spread, out=np.zeros_like(skew), where=spread > 0)

    def end(z: float) -> Floats:
        share = ndtr(bias + (bias + z) / (1 - acceleration * (bias + z)))
        place = np.clip(share * (resamples + 1) - 1, 0, resamples - 1)
        whole = place.astype(int)
        after = np.minimum(whole + 1, resamples - 1)
        row = np.arange(rows.shape[0])
        low, high = estimates[row, whole], estimates[row, after]
        return np.asarray(low + (place - whole) * (high - low))

    return end(-Z95), end(Z95)


def _resampled(rows: Floats, p: float, *, generator: np.random.Generator, resamples: int) -> Floats:
    count, n = rows.shape
    drawn = generator.integers(0, n, size=(count, resamples, n))
    return quantiles(np.take_along_axis(rows[:, None, :], drawn, axis=2), p)
