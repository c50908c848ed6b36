"""Samples of an audit: what so many clean items leave possible, and which items are drawn."""

import hashlib
from collections.abc import Iterable

from scipy.special import betaincinv


def clopper_pearson_upper(failures: int, n: int, *, confidence: float = 0.90) -> float:
    """Return the one-sided upper bound of a share of failures; 1 where nothing was looked at.

    Errors: ValueError where the failures are not between none and all, or the confidence not
    between 0 and 1.
    Source: Clopper & Pearson (1934), The use of confidence or fiducial limits; with no failure it
    is 1 - (1 - confidence)^(1/n).
    """
    if not 0 <= failures <= n:
        message = f"{failures} failures of {n} cannot be"
        raise ValueError(message)
    if not 0 < confidence < 1:
        message = f"a confidence lies between 0 and 1; {confidence} does not"
        raise ValueError(message)
    if failures == n:
        return 1.0
    return float(betaincinv(failures + 1, n - failures, confidence))


def audit_sample(population: Iterable[str], n: int, *, seed: str) -> list[str]:
    """Return n keys of a population, each as likely as any other, in the order they were drawn.

    The keys are ordered by the hash of seed and key: whoever knows the seed draws the same sample
    from the same population on any machine, the order in which the population was listed does not
    matter, and a larger sample begins with the smaller one.
    Errors: ValueError for a negative size.
    """
    if n < 0:
        message = f"a sample has no {n} items"
        raise ValueError(message)
    return sorted(set(population), key=lambda one: (_place(seed, one), one))[:n]


def _place(seed: str, key: str) -> str:
    return hashlib.sha256(f"{seed}\n{key}".encode()).hexdigest()
