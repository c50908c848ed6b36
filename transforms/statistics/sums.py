"""The law of a sum of independent counts, without drawing a single random number."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Beyond twelve standard deviations and some, a sum of bounded counts has no mass that is seen.
_REACH = 12.0
_LEAST = 64


@dataclass(frozen=True)
class Law:
    """Probabilities of `first`, `first` + 1, ...; what lies outside is below 1e-15 together.

    No probability is told as smaller than `precision`, which is what a transform leaves of it.
    """

    first: int
    probability: Floats
    precision: float = 0.0

    def at_least(self, count: int) -> float:
        """Return the probability of this count or more."""
        return self._told(self.probability[max(count - self.first, 0) :])

    def at_most(self, count: int) -> float:
        """Return the probability of this count or fewer."""
        return self._told(self.probability[: max(count - self.first + 1, 0)])

    def as_unlikely(self, count: int) -> float:
        """Return the probability of all counts that are no more likely than this one."""
        place = count - self.first
        if not 0 <= place < self.probability.size:
            return self.precision
        limit = self.probability[place] * (1 + 1e-7)
        return self._told(self.probability[self.probability <= limit])

    def _told(self, probabilities: Floats) -> float:
        return float(np.clip(probabilities.sum(), self.precision, 1.0))


def binomial_sum(n: Floats, p: Floats) -> Law:
    """Return the law of the sum of binomial counts with sizes `n` and probabilities `p`.

    The characteristic function of the sum is a product; its inverse Fourier transform over a
    window around the mean gives the probabilities, since nothing outside the window is left to
    fold back into it.
    Source: Hong (2013), On computing the distribution function for the Poisson binomial
    distribution.
    """
    first, size = _window(float((n * p).sum()), float((n * p * (1 - p)).sum()), int(n.sum()))
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    wave = np.ones(turn.size, complex)
    for sizes, chances in _chunks(n, p):
        wave *= np.prod((1 + chances[:, None] * (turn - 1)) ** sizes[:, None], axis=0)
    return _unfolded(wave, first, size)


def sum_of(laws: Iterable[Floats], *, mean: float, variance: float, most: int) -> Law:
    """Return the law of a sum, from each count's probabilities of 0, 1, 2, ...

    `mean` and `variance` are the sum's own, `most` the largest it can be.
    """
    first, size = _window(mean, variance, most)
    wave = np.ones(size // 2 + 1, complex)
    for law in laws:
        folded = np.bincount(np.arange(law.size) % size, weights=law, minlength=size)
        wave *= np.fft.rfft(folded)
    return _unfolded(wave, first, size)


def _window(mean: float, variance: float, most: int) -> tuple[int, int]:
    reach = int(_REACH * np.sqrt(variance)) + _LEAST
    first = max(int(mean) - reach, 0)
    last = min(int(mean) + reach, most)
    size = max(last - first + 1, 2)
    return first, size + size % 2


def _chunks(n: Floats, p: Floats) -> Iterable[tuple[Floats, Floats]]:
    for start in range(0, n.size, 256):
        yield n[start : start + 256], p[start : start + 256]


def _unfolded(wave: NDArray[np.complex128], first: int, size: int) -> Law:
    folded = np.fft.irfft(wave, size)
    return Law(first, np.maximum(np.roll(folded, -(first % size)), 0.0), precision=1e-15)
