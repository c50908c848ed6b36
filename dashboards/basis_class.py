"""One number that a page counts itself, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Reasons = Mapping[str, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True)
class Words:
    """One number in words; `left_out`: reason, then the values of columns that a row needs."""

    title: str
    meaning: str
    formula: str
    table: str
    columns: Sequence[str] = ()
    left_out: Reasons = field(default_factory=dict)
