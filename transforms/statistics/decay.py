"""How long trouble takes to show after a change: a density over the time since, without a formula.

Bin 0 is the time in which the change is still under way, of whatever length. From its end on time
runs in bins of equal width on log(1 minute + t), so that minutes and days are seen alike. A decay
is the share of incidents in each bin, and sums to 1 over the window.
"""

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter1d

from transforms.statistics.candidates import WINDOW_SECONDS, Flags, Real, Whole

BIN_COUNT = 241
IN_FLIGHT = 0
_AFTER = BIN_COUNT - 1
_OFFSET = 60.0
_WIDTH = float(np.log1p(WINDOW_SECONDS / _OFFSET)) / _AFTER
# Before anything is known: mostly within the hour, sometimes days later.
_TYPICAL_SECONDS, _SLOW_SHARE, _IN_FLIGHT_SHARE = 3600.0, 0.03, 0.05
# Incidents' worth of trust in that.
_TRUST = 4.0
# Widths of smoothing that are tried, in bins, and the least share of a bin that is believed.
_WIDTHS = tuple(np.geomspace(2.0, 40.0, 12))
_FAINT = 1e-7
_SPIKE = np.eye(_AFTER)[_AFTER // 2]


@cache
def edges() -> Real:
    """Return the edges of bins 1 and later, in seconds since the end of the change."""
    marks: Real = _OFFSET * np.expm1(np.arange(_AFTER + 1) * _WIDTH)
    return marks


@cache
def spans() -> Real:
    """Return the length of each bin in seconds; that of bin 0 depends on the change, here 1."""
    return np.concatenate(([1.0], np.diff(edges())))


def bin_of(seconds_before: Real, is_in_flight: Flags) -> Whole:
    """Return the bin of each time since the end of a change."""
    place = 1 + (np.log1p(np.maximum(seconds_before, 0.0) / _OFFSET) / _WIDTH).astype(np.int64)
    binned: Whole = np.where(is_in_flight, IN_FLIGHT, np.minimum(place, BIN_COUNT - 1))
    return binned


@cache
def first_guess() -> Real:
    """Return the decay to start from."""
    quick = np.diff(-np.exp(-edges() / _TYPICAL_SECONDS))
    after = (1 - _SLOW_SHARE) * quick / quick.sum() + _SLOW_SHARE / _AFTER
    guess: Real = np.concatenate(([_IN_FLIGHT_SHARE], (1 - _IN_FLIGHT_SHARE) * after))
    return guess


def smoothed(counts: Real) -> tuple[Real, Real]:
    """Return the decay that counts by bin speak for, smoothed the more the fewer they are.

    The second of the pair is the part of each bin's share that one incident in it makes up.

    A Gaussian on the logarithm of time, ends mirrored; of the widths the one under which each
    incident is likeliest given all others (leave-one-out likelihood).
    """
    after, total = counts[1:], float(counts[1:].sum())
    if total < 2:
        return first_guess(), np.zeros(BIN_COUNT)
    curves = [gaussian_filter1d(after, width, mode="reflect") for width in _WIDTHS]
    alone = [float(gaussian_filter1d(_SPIKE, width)[_AFTER // 2]) for width in _WIDTHS]
    likelihoods = [
        after @ np.log(np.maximum(curve - own * np.minimum(after, 1.0), _FAINT * total))
        for curve, own in zip(curves, alone, strict=True)
    ]
    chosen = int(np.argmax(likelihoods))
    best = curves[chosen]
    drawn = np.concatenate((counts[:1], best * (total / best.sum())))
    trusted = drawn + _TRUST * first_guess()
    decay: Real = trusted / trusted.sum()
    one = np.full(BIN_COUNT, alone[chosen])
    one[IN_FLIGHT] = 1.0
    own: Real = one / trusted - 1.0 / trusted.sum()
    return decay, np.clip(own, 0.0, 1.0)


def share_within(decay: Real, seconds: Real) -> Real:
    """Return the share of incidents that show up to a time after the end of the change."""
    reached = np.cumsum(decay)
    shown: Real = np.where(seconds < 0, 0.0, np.interp(seconds, edges(), reached))
    return shown
