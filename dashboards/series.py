"""A published metric over time, as charts and tables take it."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards.reading import Reading
from dashboards.safe_text import chart_text
from dashboards.words import date_words, figure_words, value_words

LEAST_FOR_RANGE = 8


@dataclass(frozen=True)
class Point:
    """One period of one metric, ready to be drawn."""

    start: date
    end: date
    reading: Reading

    @property
    def middle(self) -> date:
        """The day in the middle of the period, where its mark stands."""
        return self.start + timedelta(days=(self.end - self.start).days // 2)

    def value_words(self) -> str:
        """Return the value as it is read, with its unit when that is short."""
        known = self.reading
        if known.unit not in ("seconds", "ratio"):
            return figure_words(known.value)
        return value_words(known.value, unit=known.unit, n=known.n)

    def hover(self) -> str:
        """Return what stands beside the mark when it is pointed at, days in the report zone."""
        last = self.end - timedelta(days=1)
        value = value_words(self.reading.value, unit=self.reading.unit, n=self.reading.n)
        note = "<br>provisional" if self.reading.is_provisional else ""
        return (
            f"{date_words(self.start)} to {date_words(last)}<br><b>{chart_text(value)}</b>"
            f"<br>n {self.reading.n:,}{note}"
        )


def own_range(points: Sequence[Point]) -> tuple[float, float] | None:
    """Return the range in which a series has moved by itself (XmR limits), to draw as a band.

    Shape: complete periods only; None below eight of them; a share stays between 0 and 1. It is a
    drawing aid, not a number.
    Source: Wheeler, Understanding Variation (limits at 2.66 mean moving ranges).
    """
    values = [
        point.reading.value for point in points
        if point.reading.value is not None and not point.reading.is_provisional
    ]  # fmt: skip
    if len(values) < LEAST_FOR_RANGE:
        return None
    steps = [abs(later - earlier) for earlier, later in itertools.pairwise(values)]
    middle, reach = sum(values) / len(values), 2.66 * sum(steps) / len(steps)
    most = 1.0 if points[-1].reading.unit == "ratio" else math.inf
    return max(0.0, middle - reach), min(most, middle + reach)
