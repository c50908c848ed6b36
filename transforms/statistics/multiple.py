"""Many tests at once: what is left of each p-value when the family is taken into account."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def holm(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted so that one false finding in the family is as rare as stated.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (p.size - np.arange(p.size)))
    return _placed(np.minimum(stepped, 1.0), order)


def benjamini_hochberg(p_values: ArrayLike, *, family: ArrayLike | None = None) -> Floats:
    """Return p-values adjusted so that the share of false findings is as small as stated.

    Shape: `family` numbers the family of each p-value (one family without it); NaN stays NaN and
    belongs to none.
    Source: Benjamini & Hochberg (1995), Controlling the false discovery rate.
    """
    p = np.asarray(p_values, float)
    families = np.zeros(p.size, int) if family is None else np.asarray(family, int)
    known = np.flatnonzero(~np.isnan(p))
    adjusted = np.full(p.size, np.nan)
    if known.size == 0:
        return adjusted
    # Largest first within each family; families follow each other.
    order = known[np.lexsort((-p[known], families[known]))]
    starts = np.flatnonzero(np.r_[True, np.diff(families[order]) != 0])
    sizes = np.diff(np.r_[starts, order.size])
    rank = np.repeat(sizes, sizes) - (np.arange(order.size) - np.repeat(starts, sizes))
    raised = p[order] * np.repeat(sizes, sizes) / rank
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        np.minimum.accumulate(raised[start : start + size], out=raised[start : start + size])
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


def _placed(values: Floats, order: NDArray[np.intp]) -> Floats:
    result = np.empty_like(values)
    result[order] = values
    return result
