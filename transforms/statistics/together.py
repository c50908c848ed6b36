"""Whether two services fail more often when they are deployed within the same hour."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from transforms.statistics.intervals import Z95
from transforms.statistics.multiple import benjamini_hochberg

Floats = NDArray[np.float64]

LEAST_LISTED, LEAST_TESTED = 5, 20
LEVEL = 0.05
_TIE = 1e-7
_CHUNK = 4096


@dataclass(frozen=True)
class Lift:
    """How many times as often deployments fail together as alone, with a 95 % interval.

    Shape: one value a pair. NaN where it cannot be known.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats


def lift(failed: ArrayLike, n: ArrayLike, failed_alone: ArrayLike, n_alone: ArrayLike) -> Lift:
    """Return the common ratio of failure rates, together over alone, of the services of each pair.

    Shape: one row a pair, one column a service of it. Each service is compared with itself, so
    that two deployments at once having two chances to fail is no effect. The ratio is
    Mantel-Haenszel's, its interval Greenland's and Robins'; the test is Fisher's exact one over
    both services: given how often each failed, failures together are a sum of two hypergeometric
    counts (two-sided, by likelihood).
    Source: Greenland & Robins (1985), Estimation of a common effect parameter from sparse
    follow-up data; Fisher (1935), The logic of inductive inference.
    """
    a, size, c, rest = (np.atleast_2d(np.asarray(one, float))
                        for one in (failed, n, failed_alone, n_alone))  # fmt: skip
    total = np.maximum(size + rest, 1.0)
    both = (size > 0) & (rest > 0)
    over = np.where(both, a * rest / total, 0.0).sum(axis=1)
    under = np.where(both, c * size / total, 0.0).sum(axis=1)
    spread = np.where(both, (size * rest * (a + c) - a * c * total) / total**2, 0.0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = over / under
        reach = Z95 * np.sqrt(spread / (over * under))
        low, high = ratio * np.exp(-reach), ratio * np.exp(reach)
    numbers = [np.where(np.isfinite(one), one, np.nan) for one in (ratio, low, high)]
    p = [_exact(a[s], size[s], c[s], rest[s])
         for s in (slice(i, i + _CHUNK) for i in range(0, a.shape[0], _CHUNK))]  # fmt: skip
    return Lift(numbers[0], numbers[1], numbers[2], np.concatenate(p) if p else np.zeros(0))


def judge(found: Lift, together: ArrayLike) -> tuple[NDArray[np.object_], Floats]:
    """Return what may be said of each pair, and its p-value adjusted for the pairs tested.

    Pairs are tested from 20 deployments together on; 'associated' also needs an interval of the
    lift that does not hold 1, or failures on one side only.
    """
    enough = (np.asarray(together) >= LEAST_TESTED) & ~np.isnan(found.p)
    adjusted = benjamini_hochberg(np.where(enough, found.p, np.nan))
    holds_one = (found.low <= 1) & (found.high >= 1)
    said = np.where((adjusted <= LEVEL) & ~holds_one, "associated", "not_established")
    said = said.astype(object)
    said[~enough] = "too_little_data"
    return said, adjusted


def _exact(a: Floats, size: Floats, c: Floats, rest: Floats) -> Floats:
    """Return two-sided exact p-values; NaN where no deployment failed, or none in one group."""
    both = (size > 0) & (rest > 0)
    failed = np.where(both, a + c, 0.0)
    most = int(failed.max(initial=0.0))
    laws = [_hypergeometric(size[:, one], rest[:, one], failed[:, one], most)
            for one in range(a.shape[1])]  # fmt: skip
    law = laws[0]
    for other in laws[1:]:
        wider = np.zeros((law.shape[0], law.shape[1] + most))
        for count in range(most + 1):
            wider[:, count : count + law.shape[1]] += law * other[:, count : count + 1]
        law = wider
    seen = np.where(both, a, 0.0).sum(axis=1).astype(int)
    limit = law[np.arange(seen.size), seen] * (1 + _TIE)
    p = np.minimum(np.where(law <= limit[:, None], law, 0.0).sum(axis=1), 1.0)
    return np.asarray(np.where(failed.sum(axis=1) > 0, p, np.nan))


def _hypergeometric(size: Floats, rest: Floats, failed: Floats, most: int) -> Floats:
    """Return the probabilities of 0 to `most` failures in the first group, one row a pair."""
    count = np.arange(most + 1)
    size, rest, failed = size[:, None], rest[:, None], failed[:, None]
    other = failed - count
    possible = (count <= size) & (other >= 0) & (other <= rest)
    with np.errstate(invalid="ignore"):
        log = _choose(size, count) + _choose(rest, other) - _choose(size + rest, failed)
    return np.asarray(np.where(possible, np.exp(np.where(possible, log, 0.0)), 0.0))


def _choose(n: Floats, k: ArrayLike) -> Floats:
    some = np.clip(np.asarray(k, float), 0, n)
    return np.asarray(gammaln(n + 1) - gammaln(some + 1) - gammaln(n - some + 1))
