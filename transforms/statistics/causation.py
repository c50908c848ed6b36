"""Whether incidents cluster after deployments: ratios of rates and attributable fractions.

A *window* is the two hours after a change of a service was exposed. Every answer is about
clustering in time: chance alone, or the habit of deploying when incidents happen anyway, are what
it is weighed against.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import betaincinv
from scipy.stats import binomtest

from transforms.statistics.exposure import Weekly
from transforms.statistics.multiple import benjamini_hochberg
from transforms.statistics.sums import Law, binomial_sum

Floats = NDArray[np.float64]

LEAST_INCIDENTS, LEAST_CHANGES = 5, 20
LEVEL = 0.05
RESAMPLES = 2000


@dataclass(frozen=True)
class Ratio:
    """How many times as often incidents begin inside the windows, with a 95 % interval.

    Shape: one value a service. NaN where nothing was watched or nothing happened; the ratio and
    its upper end are infinite where all incidents fell inside.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats

    def rows(self, start: int, stop: int) -> "Ratio":
        """Return some of the services."""
        return Ratio(self.ratio[start:stop], self.low[start:stop], self.high[start:stop],
                     self.p[start:stop])  # fmt: skip


def rate_ratio(
    inside: ArrayLike, inside_hours: ArrayLike, outside: ArrayLike, outside_hours: ArrayLike
) -> Ratio:
    """Return the ratio of two rates, given how many events there were: exact and conditional.

    Given the total, events inside follow a binomial law whose share is that of the hours if the
    rates are equal; its interval is Clopper and Pearson's, its test the exact binomial test
    (two-sided, by likelihood).
    Source: Przyborowski & Wilenski (1940), Homogeneity of results in testing samples from Poisson
    series; Clopper & Pearson (1934), The use of confidence or fiducial limits.
    """
    x, over, y, other = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(one, float))
          for one in (inside, inside_hours, outside, outside_hours))
    )  # fmt: skip
    n = x + y
    is_known = (n > 0) & (over > 0) & (other > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        low = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, 0.025), 0.0)
        high = np.where(y > 0, betaincinv(x + 1, np.maximum(y, 1), 0.975), 1.0)
        odds = [np.where(is_known, share / (1 - share), np.nan) * (other / over)
                for share in (x / n, low, high)]  # fmt: skip
        share = over / (over + other)
    p = np.full(x.shape, np.nan)
    for place in np.flatnonzero(is_known):
        p[place] = binomtest(int(x[place]), int(n[place]), float(share[place])).pvalue
    return Ratio(odds[0], odds[1], odds[2], p)


def pooled_rate_ratio(inside: Floats, total: Floats, share: Floats) -> Ratio:
    """Return the common ratio of several services, each with a background rate of its own.

    Shape: one value a service: incidents inside, incidents, and the share of its hours inside.
    Pooling raw counts instead would take a service that is both often changed and often broken
    for evidence. The ratio is that of maximum conditional likelihood, the ends are exact.
    Source: Breslow & Day (1987), Statistical methods in cancer research II, section 3.6.
    """
    kept = (total > 0) & (share > 0) & (share < 1)
    x, n, q = int(inside[kept].sum()), total[kept], share[kept]
    if not kept.any():
        return Ratio(*(np.full(1, np.nan) for _ in range(4)))

    def law(log_ratio: float) -> Law:
        return binomial_sum(n, _share_inside(q, log_ratio))

    def solve(what: Callable[[float], float], is_inner: bool, otherwise: float) -> float:
        if not is_inner:
            return otherwise
        return float(np.exp(brentq(what, -12.0, 12.0, xtol=1e-6)))

    most = int(n.sum())
    ratio = solve(lambda r: float((n * _share_inside(q, r)).sum()) - x, 0 < x < most,
                  0.0 if x == 0 else np.inf)  # fmt: skip
    low = solve(lambda r: law(r).at_least(x) - 0.025, x > 0, 0.0)
    high = solve(lambda r: law(r).at_most(x) - 0.025, x < most, np.inf)
    return Ratio(*(np.array([one]) for one in (ratio, low, high, law(0.0).as_unlikely(x))))


def _share_inside(share: Floats, log_ratio: float) -> Floats:
    weighted = share * np.exp(log_ratio)
    return np.asarray(weighted / (weighted + 1 - share))


@dataclass(frozen=True)
class Fraction:
    """Share of all incidents that are more than the background explains, with a 95 % interval.

    Shape: one value a service. `excess` is how many incidents that is, and can be negative.
    """

    fraction: Floats
    low: Floats
    high: Floats
    excess: Floats


def attributable_fraction(
    weekly: Weekly, ratio: Ratio, *, generator: np.random.Generator, resamples: int = RESAMPLES
) -> Fraction:
    """Return the attributable fraction of all incidents of each service.

    It is (incidents inside - hours inside x rate outside) / incidents. A share of incidents is
    never negative, so the fraction and both ends are cut at 0: fewer incidents than usual after
    deployments is no evidence that deployments cause them, and that is what an interval from 0
    says. Weeks are resampled as blocks, since incidents come in bursts; but where (nearly) no
    incident fell inside, resampling the same few weeks knows no more than they do. So each end is
    the outer one of the bootstrap's and that of the exact ratio.
    Source: Kuensch (1989), The jackknife and the bootstrap for general stationary observations;
    Miettinen (1974), Proportion of disease caused or prevented by a given exposure.
    """
    excess, total = _resampled(weekly, generator, resamples)
    inside, over, outside, other = (
        part.sum(axis=1)
        for part in (weekly.inside, weekly.inside_seconds, weekly.outside, weekly.outside_seconds)
    )
    return _fraction(excess, total, _excess(inside, over, outside, other), inside + outside,
                     _exact(ratio, np.divide(over, over + other, out=np.zeros_like(over),
                                             where=over + other > 0)))  # fmt: skip


def pooled_fraction(
    weekly: Weekly, ratio: Ratio, *, generator: np.random.Generator, resamples: int = RESAMPLES
) -> Fraction:
    """Return the attributable fraction over all services, each with its own background rate.

    Weeks are resampled with all services in them: an outage that hits several services at once
    stays one event, and the services are all there are, not a sample of more.
    Source: as attributable_fraction().
    """
    excess, total = _resampled(weekly, generator, resamples)
    inside, over, outside, other = (
        part.sum(axis=1)
        for part in (weekly.inside, weekly.inside_seconds, weekly.outside, weekly.outside_seconds)
    )
    n = inside + outside
    share = np.divide(over, over + other, out=np.zeros_like(over), where=over + other > 0)
    weights = n[:, None] / max(n.sum(), 1.0)
    exact = [(weights * _exact_end(end, share)[:, None]).sum(axis=0)
             for end in (ratio.low, ratio.high)]  # fmt: skip
    return _fraction(
        excess.sum(axis=0, keepdims=True), total.sum(axis=0, keepdims=True),
        _excess(inside, over, outside, other).sum(keepdims=True), n.sum(keepdims=True),
        (exact[0], exact[1]),
    )  # fmt: skip


def _excess(inside: Floats, over: Floats, outside: Floats, other: Floats) -> Floats:
    """Return incidents inside beyond what the rate outside makes of the hours inside; 0 unknown."""
    rate = np.divide(outside, other, out=np.zeros_like(outside), where=other > 0)
    return np.asarray(np.where(other > 0, inside - over * rate, 0.0))


def _resampled(
    weekly: Weekly, generator: np.random.Generator, resamples: int
) -> tuple[Floats, Floats]:
    """Return excess and incidents of resampled weeks, one row a service, one column a sample."""
    weeks = weekly.inside.shape[1]
    if weeks == 0:
        nothing = np.zeros((weekly.inside.shape[0], resamples))
        return nothing, nothing.copy()
    drawn = generator.multinomial(weeks, np.full(weeks, 1 / weeks), size=resamples)
    weights = drawn.T.astype(float)
    inside, outside = weekly.inside @ weights, weekly.outside @ weights
    excess = _excess(inside, weekly.inside_seconds @ weights, outside,
                     weekly.outside_seconds @ weights)  # fmt: skip
    return excess, inside + outside


def _exact(ratio: Ratio, share: Floats) -> tuple[Floats, Floats]:
    return _exact_end(ratio.low, share), _exact_end(ratio.high, share)


def _exact_end(ratio: Floats, share: Floats) -> Floats:
    """Return the attributable fraction that a ratio means, given the share of hours inside."""
    with np.errstate(invalid="ignore"):
        return np.asarray(
            np.where(np.isinf(ratio), 1.0, share * (ratio - 1) / (share * ratio + 1 - share))
        )


def _fraction(
    excess: Floats, total: Floats, seen: Floats, n: Floats, exact: tuple[Floats, Floats]
) -> Fraction:
    samples = np.divide(excess, total, out=np.zeros_like(excess), where=total > 0)
    low, high = np.quantile(samples, (0.025, 0.975), axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = np.where(n > 0, seen / n, np.nan)
    ends = np.fmin(low, exact[0]), np.fmax(high, exact[1])
    # The bootstrap's ends can miss the estimate itself by a rounding; the interval holds it.
    held = np.minimum(ends[0], fraction), np.maximum(ends[1], fraction)
    cut = [np.clip(one, 0.0, 1.0) for one in (fraction, *held)]
    return Fraction(cut[0], cut[1], cut[2], seen)


def statements(
    incidents: ArrayLike, changes: ArrayLike, p: ArrayLike, low: ArrayLike
) -> tuple[NDArray[np.object_], Floats]:
    """Return what may be said of each service, and the p-values adjusted for their number.

    'evidence' needs both: an adjusted p-value of at most 5 % and an interval of the attributable
    fraction that does not reach 0. Below 5 incidents or 20 changes nothing is said.
    """
    enough = (np.asarray(incidents) >= LEAST_INCIDENTS) & (np.asarray(changes) >= LEAST_CHANGES)
    adjusted = benjamini_hochberg(np.where(enough, np.asarray(p, float), np.nan))
    is_shown = enough & (adjusted <= LEVEL) & (np.asarray(low, float) > 0)
    said = np.where(is_shown, "evidence", "no_evidence").astype(object)
    said[~enough | np.isnan(adjusted)] = "too_little_data"
    return said, adjusted
