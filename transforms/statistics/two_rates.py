"""Exact tests that two rates are equal, and what is left of a difference within strata."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import binom, chi2, fisher_exact, hypergeom, norm

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# From here on the searched maximum costs more than it says; Fisher's test is close to it then.
MOST_FOR_BOSCHLOO = 2000
_GRID = 400
_TIE = 1e-13


def fisher(k: int, n: int, other_k: int, other_n: int) -> float:
    """Return the two-sided p-value of Fisher's exact test, which takes both margins as given."""
    return float(fisher_exact([[k, n - k], [other_k, other_n - other_k]])[1])


def fisher_greater(k: int, n: int, other_k: int, other_n: int) -> float:
    """Return the one-sided p-value of Fisher's test that the first rate is not the greater."""
    return float(hypergeom.sf(k - 1, n + other_n, k + other_k, n))


def boschloo_greater(k: int, n: int, other_k: int, other_n: int) -> float:
    """Return the one-sided p-value of Boschloo's test that the first rate is not the greater.

    Source: as boschloo().
    """
    if k + other_k in (0, n + other_n):
        return 1.0
    return float(min(_one_sided(k, n, other_k, other_n), 1.0))


def boschloo(k: int, n: int, other_k: int, other_n: int) -> float:
    """Return the two-sided p-value of Boschloo's exact test: twice the smaller one-sided one.

    Fisher's one-sided p-value is taken as the statistic and its law computed with only the two
    group sizes given, at the common rate that makes the data look most ordinary. For each count of
    one group the tables at least as extreme are a run of counts of the other, so a rate costs one
    sum instead of a look at every table.
    Source: Boschloo (1970), Raised conditional level of significance for the 2x2-table.
    """
    if k + other_k in (0, n + other_n):
        return 1.0
    greater = _one_sided(k, n, other_k, other_n)
    less = _one_sided(n - k, n, other_n - other_k, other_n)
    return float(min(2 * min(greater, less), 1.0))


def _one_sided(k: int, n: int, other_k: int, other_n: int) -> float:
    limit = float(hypergeom.sf(k - 1, n + other_n, k + other_k, n))
    ours = np.arange(n + 1)
    most = _most_as_extreme(ours, n, other_n, limit * (1 + _TIE))

    def likely(rate: Floats) -> Floats:
        sizes = binom.pmf(ours, n, rate[:, None])
        return np.asarray((sizes * binom.cdf(most, other_n, rate[:, None])).sum(axis=1))

    grid = np.linspace(0, 1, _GRID + 1)
    heights = np.concatenate([likely(part) for part in np.array_split(grid, 20)])
    best = float(heights.max())
    for place in np.argsort(heights)[-3:]:
        found = minimize_scalar(
            lambda rate: -float(likely(np.array([rate]))[0]), method="bounded",
            bounds=(grid[max(place - 1, 0)], grid[min(place + 1, _GRID)]),
        )  # fmt: skip
        best = max(best, -float(found.fun))
    return best


def _most_as_extreme(ours: Integers, n: int, other_n: int, limit: float) -> Integers:
    """Return for each count of ours the largest other count whose table is as extreme; -1: none.

    The p-value grows with the other count, so a bisection of all counts at once finds it.
    """
    low, high = np.full(ours.size, -1), np.full(ours.size, other_n)
    while (low < high).any():
        middle = (low + high + 1) // 2
        p = hypergeom.sf(ours - 1, n + other_n, ours + middle, n)
        low, high = np.where(p <= limit, middle, low), np.where(p <= limit, high, middle - 1)
    return low


@dataclass(frozen=True)
class Stratified:
    """A ratio of odds over strata, with its interval, tests and how alike the strata are."""

    odds_ratio: float
    low: float
    high: float
    chi2: float
    p: float
    homogeneity_p: float
    strata: int


_NAN = float("nan")
NOT_STRATIFIED = Stratified(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN, 0)


def stratified(k: ArrayLike, n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike) -> Stratified:
    """Return the Mantel-Haenszel odds ratio of two rates over strata.

    Shape: one value a stratum. The test is Cochran's, Mantel's and Haenszel's with continuity
    correction, the interval Robins', Breslow's and Greenland's, the homogeneity Breslow's and
    Day's with Tarone's correction (NaN for one stratum). NaN throughout where the strata that hold
    both groups hold no failure, or no success.
    Source: Mantel & Haenszel (1959), Statistical aspects of the analysis of data; Robins, Breslow
    & Greenland (1986), Estimators of the Mantel-Haenszel variance; Tarone (1985), On heterogeneity
    tests based on efficient scores.
    """
    a, size, c, rest = (np.atleast_1d(np.asarray(one, float)) for one in (k, n, other_k, other_n))
    kept = (size > 0) & (rest > 0) & (a + c > 0) & (a + c < size + rest)
    a, size, c, rest = a[kept], size[kept], c[kept], rest[kept]
    if a.size == 0:
        return NOT_STRATIFIED
    b, d, total = size - a, rest - c, size + rest
    expected = size * (a + c) / total
    variance = size * rest * (a + c) * (b + d) / (total**2 * (total - 1))
    beyond = max(abs(float((a - expected).sum())) - 0.5, 0.0)
    statistic = beyond**2 / float(variance.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(np.float64((a * d / total).sum()) / (b * c / total).sum())
    low, high = _robins(a, b, c, d, ratio)
    return Stratified(
        odds_ratio=ratio, low=low, high=high, chi2=statistic, p=float(chi2.sf(statistic, 1)),
        homogeneity_p=_breslow_day(a, size, a + c, total, ratio), strata=int(a.size),
    )  # fmt: skip


def _robins(a: Floats, b: Floats, c: Floats, d: Floats, ratio: float) -> tuple[float, float]:
    if not 0 < ratio < np.inf:
        return float("nan"), float("nan")
    total = a + b + c + d
    p, q, r, s = (a + d) / total, (b + c) / total, a * d / total, b * c / total
    spread = (
        (p * r).sum() / (2 * r.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
        + (q * s).sum() / (2 * s.sum() ** 2)
    )
    reach = float(norm.ppf(0.975) * np.sqrt(spread))
    return ratio * float(np.exp(-reach)), ratio * float(np.exp(reach))


def _breslow_day(a: Floats, size: Floats, failed: Floats, total: Floats, ratio: float) -> float:
    """Return how likely strata with one common odds ratio would differ as much as these do."""
    if a.size < 2 or not 0 < ratio < np.inf:
        return float("nan")
    # The count that the common ratio expects solves a quadratic; which root depends on the ratio.
    square = 1 - ratio
    linear = total - size - failed + ratio * (size + failed)
    constant = -ratio * size * failed
    if abs(square) < 1e-12:
        expected = -constant / linear
    else:
        expected = (-linear + np.sqrt(linear**2 - 4 * square * constant)) / (2 * square)
    variance = 1 / (
        1 / expected + 1 / (size - expected) + 1 / (failed - expected)
        + 1 / (total - size - failed + expected)
    )  # fmt: skip
    apart = float(((a - expected) ** 2 / variance).sum())
    apart -= float((a - expected).sum()) ** 2 / float(variance.sum())
    return float(chi2.sf(max(apart, 0.0), a.size - 1))
