"""How failures follow deployments in an estate: laws of delay, and what else is drawn.

Every law knows the chance of each whole second, so that an oracle can be told the truth.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv, ndtr, ndtri

from data.sandbox.byte_rows import Whole
from data.sandbox.worktime import HOUR

Real = NDArray[np.float64]

_MINUTE = 60
LONGEST_SECONDS = 71 * HOUR


class Delay(Protocol):
    """How long failures take to show after a deployment has finished, at most 71 hours."""

    def draw(self, rng: np.random.Generator, count: int) -> Whole:
        """Return delays in whole seconds."""
        ...

    def chance(self, seconds: Whole) -> Real:
        """Return how likely a failure shows in exactly this second; 0 before the deployment."""
        ...


@dataclass(frozen=True)
class QuickAndSlow:
    """Mostly within the hour (exponential), sometimes days (lognormal); the longest are cut.

    The default; its draws and their order decide the bytes of every estate.
    """

    quick_seconds: float = 55 * _MINUTE
    slow_seconds: float = 9 * HOUR
    slow_spread: float = 0.8
    quick_ratio: float = 0.8

    def draw(self, rng: np.random.Generator, count: int) -> Whole:
        """Return delays in whole seconds."""
        quick = rng.exponential(self.quick_seconds, count)
        slow = np.exp(rng.normal(np.log(self.slow_seconds), self.slow_spread, count))
        chosen: Real = np.where(rng.random(count) < self.quick_ratio, quick, slow)
        return np.minimum(chosen, LONGEST_SECONDS).astype(np.int64)

    def chance(self, seconds: Whole) -> Real:
        """Return how likely a failure shows in this second; the last one holds all that is cut."""
        at = seconds.astype(np.float64)
        until = np.where(seconds >= LONGEST_SECONDS, 1.0, self._share(at + 1.0))
        chance: Real = until - self._share(at)
        return np.where((seconds < 0) | (seconds > LONGEST_SECONDS), 0.0, chance)

    def _share(self, seconds: Real) -> Real:
        above = np.maximum(seconds, 1e-9)
        slow = ndtr(np.log(above / self.slow_seconds) / self.slow_spread)
        quick = -np.expm1(-above / self.quick_seconds)
        share: Real = self.quick_ratio * quick + (1 - self.quick_ratio) * slow
        return np.where(seconds > 0, share, 0.0)


class _Bounded(ABC):
    """A law on the time up to the longest delay: what lies beyond is never drawn."""

    def draw(self, rng: np.random.Generator, count: int) -> Whole:
        """Return delays in whole seconds."""
        most = self._share(np.array([float(LONGEST_SECONDS)]))[0]
        drawn = self._quantile(rng.random(count) * most).astype(np.int64)
        return np.minimum(drawn, LONGEST_SECONDS - 1)

    def chance(self, seconds: Whole) -> Real:
        """Return how likely a failure shows in exactly this second."""
        most = self._share(np.array([float(LONGEST_SECONDS)]))[0]
        inside = np.clip(seconds, 0, LONGEST_SECONDS - 1).astype(np.float64)
        chance = (self._share(inside + 1.0) - self._share(inside)) / most
        return np.where((seconds < 0) | (seconds >= LONGEST_SECONDS), 0.0, chance)

    @abstractmethod
    def _share(self, seconds: Real) -> Real:
        """Return the share of failures that show within a time."""

    @abstractmethod
    def _quantile(self, share: Real) -> Real:
        """Return the time within which a share of failures shows."""


@dataclass(frozen=True)
class Lognormal(_Bounded):
    """A lognormal delay."""

    median_seconds: float
    spread: float

    def _share(self, seconds: Real) -> Real:
        share: Real = ndtr(np.log(np.maximum(seconds, 1e-9) / self.median_seconds) / self.spread)
        return share

    def _quantile(self, share: Real) -> Real:
        delay: Real = self.median_seconds * np.exp(self.spread * ndtri(share))
        return delay


@dataclass(frozen=True)
class Weibull(_Bounded):
    """A Weibull delay: most likely at once below shape 1, with a peak above it."""

    scale_seconds: float
    shape: float

    def _share(self, seconds: Real) -> Real:
        share: Real = -np.expm1(-((seconds / self.scale_seconds) ** self.shape))
        return share

    def _quantile(self, share: Real) -> Real:
        delay: Real = self.scale_seconds * (-np.log1p(-share)) ** (1 / self.shape)
        return delay


@dataclass(frozen=True)
class Gamma(_Bounded):
    """A gamma delay."""

    scale_seconds: float
    shape: float

    def _share(self, seconds: Real) -> Real:
        share: Real = gammainc(self.shape, seconds / self.scale_seconds)
        return share

    def _quantile(self, share: Real) -> Real:
        delay: Real = self.scale_seconds * gammaincinv(self.shape, share)
        return delay


@dataclass(frozen=True)
class Mixture:
    """Two laws, of which the first applies to a part of the failures."""

    first: Delay
    second: Delay
    first_ratio: float

    def draw(self, rng: np.random.Generator, count: int) -> Whole:
        """Return delays in whole seconds."""
        is_first = rng.random(count) < self.first_ratio
        return np.where(is_first, self.first.draw(rng, count), self.second.draw(rng, count))

    def chance(self, seconds: Whole) -> Real:
        """Return how likely a failure shows in exactly this second."""
        first, second = self.first.chance(seconds), self.second.chance(seconds)
        return self.first_ratio * first + (1 - self.first_ratio) * second


DELAYS: dict[str, Delay] = {
    "quick and slow": QuickAndSlow(),
    "lognormal": Lognormal(median_seconds=40 * _MINUTE, spread=1.2),
    "slow lognormal": Lognormal(median_seconds=5 * HOUR, spread=0.9),
    "Weibull 0.6": Weibull(scale_seconds=2 * HOUR, shape=0.6),
    "Weibull 1.6": Weibull(scale_seconds=2 * HOUR, shape=1.6),
    "gamma": Gamma(scale_seconds=45 * _MINUTE, shape=2.0),
    "bimodal": Mixture(
        first=Lognormal(median_seconds=15 * _MINUTE, spread=0.6),
        second=Lognormal(median_seconds=14 * HOUR, spread=0.35),
        first_ratio=0.6,
    ),
}


@dataclass(frozen=True)
class FailureLaw:
    """What incidents of an estate come from.

    `caused_ratio` of the incidents are failures of deployments, the others background, which is
    steady or follows working hours. Of the failures of a service that others depend on,
    `propagated_ratio` shows on one of those instead.
    """

    delay: Delay = field(default_factory=QuickAndSlow)
    caused_ratio: float = 0.65
    propagated_ratio: float = 0.0
    has_working_hours: bool = False


NO_CAUSATION = FailureLaw(caused_ratio=0.0)
