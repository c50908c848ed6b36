"""Control charts: the range in which a series moves by itself, and the points that leave it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

FIRM_POINTS = 20
LEAST_POINTS = 12
RUN_LENGTH = 8
XMR_REACH = 2.66
RANGE_REACH = 3.268
RANGE_TO_SIGMA = 1.128


@dataclass(frozen=True)
class Limits:
    """Centre and limits, one cell a point; NaN where a series has fewer than twelve points.

    `is_firm` and `range_limit` have one entry a series.
    """

    centre: Floats
    lower: Floats
    upper: Floats
    is_firm: Booleans
    range_limit: Floats


def xmr_limits(values: ArrayLike) -> Limits:
    """Return individuals' limits: mean +- 2.66 mean moving ranges; the ranges' own limit 3.268.

    Shape: one row a series, known values to the left, NaN behind them. The first 20 points (12 to
    19, then not firm) are the baseline and stay it.
    Source: Wheeler & Chambers (1992), Understanding statistical process control.
    """
    rows = np.atleast_2d(np.asarray(values, float))
    baseline, is_enough, is_firm = _baseline(rows)
    mean = _mean(baseline)
    moving = _mean(np.abs(np.diff(baseline, axis=1)))
    shape = np.where(np.isnan(rows) | ~is_enough[:, None], np.nan, 0.0)
    return Limits(
        centre=shape + mean[:, None],
        lower=shape + (mean - XMR_REACH * moving)[:, None],
        upper=shape + (mean + XMR_REACH * moving)[:, None],
        is_firm=is_firm,
        range_limit=np.where(is_enough, RANGE_REACH * moving, np.nan),
    )


def laney_limits(numerator: ArrayLike, denominator: ArrayLike) -> Limits:
    """Return p' limits of shares: three sigma of the binomial, times how much wider they vary.

    Where the baseline's share is 0 or 1 there is no variation to learn from: limits and centre
    coincide with it. Shape and baseline as in xmr_limits; points without units are gaps.
    Source: Laney (2002), Improved control charts for attributes.
    """
    k = np.atleast_2d(np.asarray(numerator, float))
    n = np.atleast_2d(np.asarray(denominator, float))
    baseline_k, is_enough, is_firm = _baseline(k)
    baseline_n = np.where(np.isnan(baseline_k), np.nan, n[:, : baseline_k.shape[1]])
    mean = _mean(baseline_k) / _mean(baseline_n)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (baseline_k / baseline_n - mean[:, None]) / _sigma(mean, baseline_n)
    moving = _mean(np.abs(np.diff(z, axis=1)))
    lower, upper = p_limits(mean, n, sigma_z=np.nan_to_num(moving / RANGE_TO_SIGMA))
    shape = np.where(np.isnan(k) | ~is_enough[:, None], np.nan, 0.0)
    return Limits(
        centre=shape + mean[:, None],
        lower=shape + lower,
        upper=shape + upper,
        is_firm=is_firm,
        range_limit=np.full(k.shape[0], np.nan),
    )


def p_limits(mean: ArrayLike, n: ArrayLike, *, sigma_z: ArrayLike = 1.0) -> tuple[Floats, Floats]:
    """Return three-sigma limits of a share of n units; sigma_z = 1 is the plain p chart."""
    centre, wider = np.atleast_1d(np.asarray(mean, float)), np.asarray(sigma_z, float)
    units = np.atleast_2d(np.asarray(n, float))
    reach = 3 * _sigma(centre, units) * np.broadcast_to(wider, centre.shape)[:, None]
    return np.maximum(centre[:, None] - reach, 0.0), np.minimum(centre[:, None] + reach, 1.0)


def beyond_limits(values: ArrayLike, limits: Limits) -> Booleans:
    """Return which points lie outside their limits (rule 1)."""
    rows, slack = np.atleast_2d(np.asarray(values, float)), _slack(limits)
    with np.errstate(invalid="ignore"):
        return np.asarray((rows > limits.upper + slack) | (rows < limits.lower - slack))


def runs_of_eight(values: ArrayLike, limits: Limits) -> Booleans:
    """Return which points are at least the eighth in a row on one side of the centre.

    A point on the centre line ends a run.
    """
    away = np.nan_to_num(np.atleast_2d(np.asarray(values, float)) - limits.centre)
    side = np.where(np.abs(away) <= _slack(limits), 0.0, np.sign(away))
    length = np.zeros(side.shape, dtype=int)
    for at in range(side.shape[1]):
        before = length[:, at - 1] * (side[:, at] == side[:, at - 1]) if at else 0
        length[:, at] = np.where(side[:, at] == 0, 0, before + 1)
    return np.asarray(length >= RUN_LENGTH)


def _slack(limits: Limits) -> Floats:
    """Return how far a value may lie off a line by rounding alone."""
    return np.asarray(1e-9 * np.maximum(1.0, np.abs(np.nan_to_num(limits.centre))))


def _baseline(rows: Floats) -> tuple[Floats, Booleans, Booleans]:
    count = (~np.isnan(rows)).sum(axis=1)
    return rows[:, :FIRM_POINTS], count >= LEAST_POINTS, count >= FIRM_POINTS


def _mean(rows: Floats) -> Floats:
    known = ~np.isnan(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, rows, 0.0).sum(axis=1) / known.sum(axis=1))


def _sigma(mean: Floats, units: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt((mean * (1 - mean))[:, None] / units))
