"""What stands behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Explanation:
    """What a number is made of: its definition, the rows that count and those that do not."""

    definition: Mapping[str, Any]
    sql: str
    filters: Mapping[str, Any]
    included_count: int
    excluded_by_reason: dict[str, int]
    rows: pl.DataFrame
