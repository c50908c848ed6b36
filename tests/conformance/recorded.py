"""Recorded rows of another project: what its sources replied, and what it made of them."""

import csv
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """One row of a source as it replied, with the request that it came from."""

    data: Row
    url: str
    asked: Any


def replies(folder: Path, name: str) -> list[Recorded]:
    """Return the recorded replies of one table."""
    return [
        Recorded(json.loads(row["data"]), row["url"], json.loads(row["input"] or "null"))
        for row in table(folder / "raw_tables" / f"{name}.csv")
    ]


def expected(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows that the other project expects of them."""
    return table(folder / "snapshot_tables" / f"{name}.csv")


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of one file."""
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def instant(text: str) -> datetime | None:
    """Return an instant of an expected table as the lake keeps it: UTC without a zone."""
    if not text:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def epoch(count: int) -> datetime:
    """Return the instant that is so many milliseconds after 1970 began."""
    return datetime(1970, 1, 1) + timedelta(milliseconds=count)  # noqa: DTZ001 (UTC, no zone)


def milliseconds(moment: datetime | None) -> datetime | None:
    """Return an instant rounded to milliseconds, as the expected tables keep it."""
    if moment is None:
        return None
    rounded = timedelta(microseconds=round(moment.microsecond, -3))
    return moment.replace(microsecond=0) + rounded
