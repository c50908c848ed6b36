"""Rates of many services, shrunk towards what is usual: small numbers do not lead a ranking."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv

Floats = NDArray[np.float64]

LEAST_SERVICES = 5
MOST_STRENGTH = 50.0
LEAST_STRENGTH = 1.0


@dataclass(frozen=True)
class Prior:
    """What is known of a rate before its own data: a Beta distribution."""

    a: float
    b: float

    @property
    def strength(self) -> float:
        """How many observations it weighs as much as."""
        return self.a + self.b

    @property
    def mean(self) -> float:
        """The rate it pulls towards."""
        return self.a / (self.a + self.b)


def fit_prior(successes: ArrayLike, n: ArrayLike) -> Prior | None:
    """Return the prior of a portfolio by moments; None below five services with data.

    The mean is the pooled rate; the strength comes from the analysis-of-variance estimate of the
    correlation within services, between 1 and 50 observations. Where services differ no more than
    chance would have it, the strength is 50. A pooled rate of exactly 0 or 1 moves by half an
    observation, or the prior would be certain.
    Source: Kleinman (1973), Proportions with extraneous variance; Casella (1985), An introduction
    to empirical Bayes data analysis.
    """
    k, total = np.asarray(successes, float), np.asarray(n, float)
    k, total = k[total > 0], total[total > 0]
    if total.size < LEAST_SERVICES:
        return None
    everything = total.sum()
    mean = k.sum() / everything
    share = k / total
    between = (total * (share - mean) ** 2).sum() / (total.size - 1)
    freedom = everything - total.size
    within = (total * share * (1 - share)).sum() / freedom if freedom > 0 else 0.0
    usual = (everything - (total**2).sum() / everything) / (total.size - 1)
    whole = between + (usual - 1) * within
    correlation = (between - within) / whole if whole > 0 else 0.0
    strength = MOST_STRENGTH if correlation <= 0 else 1 / correlation - 1
    strength = min(MOST_STRENGTH, max(LEAST_STRENGTH, strength))
    if mean in (0.0, 1.0):
        mean = (k.sum() + 0.5) / (everything + 1)
    return Prior(a=float(mean * strength), b=float((1 - mean) * strength))


def shrunk_rate(successes: ArrayLike, n: ArrayLike, *, prior: Prior) -> Floats:
    """Return (a + k) / (a + b + n): the rate with the prior's observations counted in."""
    k, total = np.asarray(successes, float), np.asarray(n, float)
    return np.asarray((prior.a + k) / (prior.strength + total))


def credible_interval(
    successes: ArrayLike, n: ArrayLike, *, prior: Prior, mass: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the central interval that holds the rate with this probability, given the prior."""
    k, total = np.asarray(successes, float), np.asarray(n, float)
    a, b = prior.a + k, prior.b + total - k
    return betaincinv(a, b, (1 - mass) / 2), betaincinv(a, b, (1 + mass) / 2)


def probability_above(
    target: ArrayLike, successes: ArrayLike, n: ArrayLike, *, prior: Prior
) -> Floats:
    """Return the probability that the rate exceeds a target, given the prior."""
    k, total = np.asarray(successes, float), np.asarray(n, float)
    return np.asarray(1 - betainc(prior.a + k, prior.b + total - k, np.asarray(target, float)))
