"""One published number with everything that must be said beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.words import clean_number

SMALL = 10
LISTED_BELOW = 8


@dataclass(frozen=True)
class Reading:
    """A metric's value for one period and filter, as the metric table states it.

    Units: `value`, `low`, `high`, `mean` and the quantiles in `unit`.
    """

    metric: str
    unit: str
    state: str
    value: float | None
    n: int
    numerator: float | None
    denominator: float | None
    low: float | None
    high: float | None
    mean: float | None
    p75: float | None
    p90: float | None
    open_count: int
    excluded_count: int
    coverage: float | None
    is_provisional: bool

    @property
    def is_known(self) -> bool:
        """Whether there is a value to show."""
        return self.value is not None and self.state not in ("no_data", "uncovered")

    @property
    def is_open_ended(self) -> bool:
        """Whether a median is not reached because too many rows are still open."""
        return self.value is None and self.n > 0 and self.open_count > 0

    @property
    def is_small(self) -> bool:
        """Whether there are too few rows to judge a change."""
        return self.state == "insufficient" or self.n < SMALL


def reading(row: Mapping[str, Any]) -> Reading:
    """Return the reading of one row of the metric shape."""
    return Reading(
        metric=row["metric"],
        unit=row["unit"] or "",
        state=row["state"] or "no_data",
        value=clean_number(row["value"]),
        n=int(row["n"] or 0),
        numerator=clean_number(row["numerator"]),
        denominator=clean_number(row["denominator"]),
        low=clean_number(row["ci_low"]),
        high=clean_number(row["ci_high"]),
        mean=clean_number(row["mean"]),
        p75=clean_number(row["p75"]),
        p90=clean_number(row["p90"]),
        open_count=int(row["open_count"] or 0),
        excluded_count=int(row["excluded_count"] or 0),
        coverage=clean_number(row["coverage"]),
        is_provisional=bool(row["is_provisional"]),
    )
