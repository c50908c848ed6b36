"""How often 95 % intervals hold the truth."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from transforms.statistics.intervals import (
    Interval,
    bootstrap_bca,
    bootstrap_percentile,
    median_interval,
    wilson,
)
from transforms.statistics.simulations.settings import Settings, generator
from transforms.statistics.survival import kaplan_meier
from transforms.statistics.survival import median_interval as survival_median_interval

Floats = NDArray[np.float64]
Shape = tuple[int, int]

RATE_UNITS = (10, 20, 40, 100, 400, 1000)
RATES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
MEDIAN_SIZES = (8, 10, 15, 20, 30, 50, 100)
SURVIVAL_SIZES = (8, 10, 15, 20, 30, 50, 100)
CENSORED = (0.0, 0.2, 0.4)
CHUNK = 50


@dataclass(frozen=True)
class Law:
    """A distribution of durations: how to draw from it, its median and its nine-tenths quantile."""

    name: str
    draw: Callable[[np.random.Generator, Shape], Floats]
    median: float
    p90: float


def _mixture(chance: np.random.Generator, shape: Shape) -> Floats:
    """Draw seven of ten around 1 and three of ten around 5: quick work and slow work."""
    is_quick = chance.random(shape) < 0.7
    return np.where(is_quick, chance.normal(1.0, 0.3, shape), chance.normal(5.0, 1.0, shape))


LAWS = (
    Law("lognormal", lambda random, shape: random.lognormal(0.0, 1.0, shape), 1.0, 3.602224),
    Law("exponential", lambda random, shape: random.exponential(1.0, shape), 0.693147, 2.302585),
    Law("normal mixture", _mixture, 1.169760, 5.430727),
)


def rate_coverage(n: int, rate: float) -> float:
    """Return how often Wilson's interval holds a rate: summed over all counts, not simulated."""
    k = np.arange(n + 1)
    low, high = wilson(k, np.full(n + 1, n))
    below = bdtr(k, n, rate)
    mass = np.diff(below, prepend=0.0)
    return float(mass[(low <= rate) & (rate <= high)].sum())


def median_coverage(settings: Settings, law: Law, n: int) -> float:
    """Return how often our interval of the median holds it."""
    random = generator(settings, "median", law.name, n)
    return _held(median_interval(law.draw(random, (settings.samples, n))), law.median)


def bootstrap_coverage(settings: Settings, law: Law, n: int, p: float) -> tuple[float, float]:
    """Return how often the percentile and the BCa bootstrap interval hold a quantile."""
    truth = law.median if p == 0.5 else law.p90
    random = generator(settings, "bootstrap", law.name, n, p)
    held = np.zeros(2)
    for count in _chunks(settings.bootstrap_samples):
        samples = law.draw(random, (count, n))
        for way, method in enumerate((bootstrap_percentile, bootstrap_bca)):
            interval = method(samples, p, generator=random, resamples=settings.resamples)
            held[way] += _held(interval, truth) * count
    share = held / settings.bootstrap_samples
    return float(share[0]), float(share[1])


def survival_coverage(settings: Settings, law: Law, n: int, censored: float) -> float:
    """Return how often the interval of a Kaplan-Meier median holds it; censoring is exponential."""
    random = generator(settings, "survival", law.name, n, censored)
    shape = (settings.samples, n)
    durations = np.maximum(law.draw(random, shape), 0.01)
    patience = random.exponential(_patience(law, censored), shape)
    curve = kaplan_meier(np.minimum(durations, patience), durations <= patience)
    return _held(survival_median_interval(curve), law.median)


def _patience(law: Law, censored: float) -> float:
    """Return the mean time of censoring that hides about this share of durations."""
    if censored == 0:
        return 1e12
    durations = np.maximum(law.draw(np.random.default_rng(1), (1, 20_000)), 0.01)[0]
    low, high = 0.01, 1e3
    for _ in range(60):
        middle = (low * high) ** 0.5
        hidden = float((1 - np.exp(-durations / middle)).mean())
        low, high = (middle, high) if hidden > censored else (low, middle)
    return float(low)


def _held(interval: Interval, truth: float) -> float:
    low, high = interval
    return float(((low <= truth) & (truth <= high)).mean())


def _chunks(count: int) -> Iterator[int]:
    for start in range(0, count, CHUNK):
        yield min(CHUNK, count - start)
