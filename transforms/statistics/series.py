"""Many series of unequal length in one matrix: known values to the left, NaN behind them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Packed:
    """Series as rows; row i holds `counts[i]` values, the row numbers of the source in `rows`."""

    counts: Integers
    rows: Integers

    @property
    def is_known(self) -> Booleans:
        """Which cells hold a value."""
        return np.asarray(self.rows >= 0)

    def values(self, column: NDArray[np.generic]) -> Floats:
        """Return a column of the source as a matrix, NaN where a row has ended."""
        numbers = np.asarray(column, float)
        return np.where(self.is_known, numbers[np.maximum(self.rows, 0)], np.nan)


def pack(series: Integers) -> Packed:
    """Return the rows of a long table as a matrix, one line a series, in the order they come.

    Shape: `series` numbers the series of every row, 0.. without holes, sorted.
    """
    counts = np.bincount(series).astype(np.int64)
    starts = np.cumsum(counts) - counts
    place = np.arange(series.size) - starts[series]
    rows = np.full((counts.size, int(counts.max(initial=0))), -1, dtype=np.int64)
    rows[series, place] = np.arange(series.size)
    return Packed(counts=counts, rows=rows)
