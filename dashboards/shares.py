"""The interval of a share that a page counts over a selection that nothing published has."""

from math import sqrt

Z95 = 1.959963984540054


def share_interval(part: int, whole: int) -> tuple[float | None, float | None]:
    """Return the 95 % score interval of a share; nothing of nothing has none.

    Source: Wilson (1927), as transforms/statistics/intervals.py has it for the models.
    """
    if not whole:
        return None, None
    share, weight = part / whole, Z95 * Z95 / whole
    centre = share + weight / 2
    reach = Z95 * sqrt(share * (1 - share) / whole + weight / (4 * whole))
    low, high = (centre - reach) / (1 + weight), (centre + reach) / (1 + weight)
    return max(0.0, min(low, share)), min(1.0, max(high, share))
