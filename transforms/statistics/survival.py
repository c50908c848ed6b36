"""Durations of which some are still running: Kaplan-Meier curves, medians and restricted means."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transforms.statistics.intervals import Z95

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

DAY_SECONDS = 86_400.0
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Curve:
    """Kaplan-Meier curves, one row a sample: at each time the share that lasts longer.

    Rows are sorted by time; the values of tied times stand at `is_step`, the last of them.
    """

    times: Floats
    is_event: Booleans
    is_step: Booleans
    survival: Floats
    greenwood: Floats

    def bands(self) -> tuple[Floats, Floats]:
        """Return the 95 % interval of each point, log-log transformed; NaN where survival is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.exp(Z95 * np.sqrt(self.greenwood) / np.abs(np.log(self.survival)))
            low, high = self.survival**spread, self.survival ** (1 / spread)
        whole, none = self.survival >= 1, self.survival <= 0
        low = np.where(whole, 1.0, np.where(none, np.nan, low))
        return low, np.where(whole, 1.0, np.where(none, np.nan, high))


def kaplan_meier(durations: ArrayLike, is_closed: ArrayLike) -> Curve:
    """Return the curve of each row of durations; those not closed are censored.

    At equal times events come before censoring. Greenwood's sum is kept beside the curve.
    Source: Kaplan & Meier (1958), Nonparametric estimation from incomplete observations.
    """
    times = np.atleast_2d(np.asarray(durations, float))
    events = np.atleast_2d(np.asarray(is_closed, bool))
    order = np.lexsort((~events, times), axis=1)
    times, events = np.take_along_axis(times, order, 1), np.take_along_axis(events, order, 1)
    at_risk = np.arange(times.shape[1], 0, -1).astype(np.float64)
    # One factor an observation: within a tie the factors multiply to 1 - d / r, and Greenwood's
    # terms add up to d / (r (r - d)).
    factors = np.where(events, 1 - 1 / at_risk, 1.0)
    terms = np.where(events & (at_risk > 1), 1 / (at_risk * np.maximum(at_risk - 1, 1)), 0.0)
    is_step = np.ones(times.shape, dtype=bool)
    is_step[:, :-1] = times[:, 1:] > times[:, :-1]
    return Curve(
        times=times,
        is_event=events,
        is_step=is_step,
        survival=np.asarray(np.cumprod(factors, axis=1), dtype=np.float64),
        greenwood=np.cumsum(terms, axis=1),
    )


def median(curve: Curve) -> Floats:
    """Return when half is over; infinite where the curve never says so.

    Where the curve is exactly one half, the median lies midway between that time and the next
    event, as an ordinary median does; without a later event it is not reached.
    """
    half = _first(curve, np.abs(curve.survival - 0.5) <= TOLERANCE)
    below = _first(curve, curve.survival < 0.5 - TOLERANCE)
    return np.where(np.isfinite(half), (half + below) / 2, below)


def half_time(curve: Curve) -> Floats:
    """Return the first time at which half or more is over; infinite where that never comes.

    It is the other usual reading of a median, and a time that somebody really waited.
    """
    return _first(curve, curve.survival <= 0.5 + TOLERANCE)


def survival_at(curve: Curve, time: float) -> Floats:
    """Return the share that lasts longer than a time; NaN where nobody was watched that long."""
    steps = np.where(curve.is_step & (curve.times <= time), curve.survival, 1.0)
    is_watched = (curve.times >= time).any(axis=1) | (curve.survival[:, -1] <= 0)
    return np.where(is_watched, steps.min(axis=1), np.nan)


def median_interval(curve: Curve) -> tuple[Floats, Floats]:
    """Return the 95 % interval of the median: where the bands cross one half; infinite if never.

    Source: Brookmeyer & Crowley (1982), A confidence interval for the median survival time.
    """
    low, high = curve.bands()
    gone = curve.survival <= 0
    return _first(curve, (low <= 0.5) | gone), _first(curve, (high <= 0.5) & ~gone)


def restricted_mean(curve: Curve, *, limit: float = DAY_SECONDS) -> tuple[Floats, Floats]:
    """Return the mean of min(duration, limit), and its standard error.

    It is the area under the curve up to the limit; behind the last time the curve stays level.
    Source: Royston & Parmar (2013), Restricted mean survival time.
    """
    ends = np.minimum(curve.times, limit)
    edges = np.concatenate([ends, np.full((ends.shape[0], 1), limit)], axis=1)
    widths = np.diff(edges, axis=1)
    first = ends[:, :1].clip(max=limit)
    areas = curve.survival * widths
    # What lies under the curve from each time on.
    onward = np.cumsum(areas[:, ::-1], axis=1)[:, ::-1]
    mean = first[:, 0] + onward[:, 0]
    terms = np.diff(curve.greenwood, axis=1, prepend=0.0)
    within = curve.times <= limit
    variance = np.where(within, onward**2 * terms, 0.0).sum(axis=1)
    return mean, np.sqrt(variance)


def _first(curve: Curve, holds: Booleans) -> Floats:
    """Return the first time of a step at which something holds, else infinity."""
    return np.asarray(np.where(holds & curve.is_step, curve.times, np.inf).min(axis=1))
