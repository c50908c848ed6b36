"""Seeded randomness: small readable draws over one numpy generator."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


class Draw:
    """Named draws; two with the same key give the same values in the same order."""

    def __init__(self, *key: int) -> None:
        """Open the generator that belongs to these numbers."""
        self.rng = np.random.default_rng(list(key))

    def chance(self, probability: float) -> bool:
        """Return true with the given probability."""
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """Return a uniform value."""
        return float(self.rng.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """Return a uniform whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def poisson(self, mean: float) -> int:
        """Return a Poisson count."""
        return int(self.rng.poisson(mean))

    def around(self, median: float, spread: float = 0.7) -> float:
        """Return a log-normal value with this median."""
        return median * float(np.exp(self.rng.normal(0.0, spread)))

    def waiting(self, mean: float) -> float:
        """Return an exponential waiting time."""
        return float(self.rng.exponential(mean))

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one item, each as likely."""
        return items[int(self.rng.integers(len(items)))]

    def weighted(self, weights: Sequence[float]) -> int:
        """Return an index, with the given relative weights."""
        bounds = np.cumsum(weights)
        return int(np.searchsorted(bounds, self.rng.random() * bounds[-1], side="right"))

    def instants(self, count: int, low: int, high: int) -> list[int]:
        """Return sorted uniform instants inside the span."""
        if count <= 0:
            return []
        return [int(v) for v in np.sort(self.rng.uniform(low, max(high, low + 1), count))]


def hexadecimal(length: int, *parts: object) -> str:
    """Return hexadecimal digits that depend on nothing but the parts."""
    text = "/".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:length]
