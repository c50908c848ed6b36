"""Thresholds of controls that the organisation sets otherwise than Leadline ships them."""

import csv
from datetime import date
from functools import cache

from pydantic import Field

from orchestration.part import Part
from orchestration.versions import TRANSFORMS

DEFAULTS = TRANSFORMS / "seeds" / "reference" / "threshold_defaults.csv"


class Threshold(Part):
    """A value, why it is that, who answers for it and from when it holds."""

    value: float
    reason: str = Field(min_length=1)
    owner: str | None = None
    effective_from: date | None = None


@cache
def threshold_defaults() -> tuple[dict[str, str], ...]:
    """Return the thresholds that controls use, as Leadline ships them."""
    with DEFAULTS.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def known_thresholds() -> frozenset[str]:
    """Return the names of the thresholds that controls use."""
    return frozenset(row["threshold_key"] for row in threshold_defaults())
