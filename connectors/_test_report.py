"""Make the records of a test report, whatever format it came in; pure functions."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

STATUSES = ("passed", "failed", "error", "skipped")
MESSAGE_LENGTH = 2_000
FIRST_YEAR, LAST_YEAR = 1990, 9998
# A home folder of a machine names a person.
HOME_FOLDER = re.compile(r"^(?:[A-Za-z]:)?[\\/](?:Users|home)[\\/][^\\/]+[\\/]")

Case = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """Carry one report's cases and what can be said of the whole."""

    cases: list[Case]
    summary: dict[str, Any]


def make_case(
    *,
    name: str,
    status: str,
    suite: str | None = None,
    classname: str | None = None,
    time_seconds: float | None = None,
    message: str | None = None,
    started_at: str | None = None,
    attempt: int = 1,
    properties: Mapping[str, str] | None = None,
) -> Case:
    """Return one case without the name of its report."""
    return {
        "suite": suite or None,
        "classname": classname or None,
        "name": name,
        "status": status,
        "time_seconds": time_seconds,
        "message": message[:MESSAGE_LENGTH] if message else None,
        "started_at": started_at,
        "attempt": attempt,
        "properties": dict(properties or {}),
    }


def make_report(
    cases: list[Case],
    *,
    report_file: str,
    name: str | None = None,
    suite_count: int | None = None,
    started_at: str | None = None,
    properties: Mapping[str, str] | None = None,
) -> Report:
    """Return a report whose counts are made from its cases.

    A case that a report has more than once (a retry, a row of a table of examples) is one attempt
    more each time, so that none is taken for another version of the one before.
    """
    seen: Counter[tuple[str | None, str | None, str]] = Counter()
    numbered = []
    for case in cases:
        key = (case["suite"], case["classname"], case["name"])
        seen[key] += case["attempt"]
        numbered.append({"report_file": report_file, **case, "attempt": seen[key]})
    statuses = Counter(case["status"] for case in cases)
    suites = len({case["suite"] for case in cases})
    summary = {
        "report_file": report_file,
        "name": name,
        "suite_count": suites if suite_count is None else suite_count,
        "test_count": len(cases),
        **{f"{status}_count": statuses[status] for status in STATUSES},
        "time_seconds": sum(case["time_seconds"] or 0.0 for case in cases),
        "started_at": started_at,
        "properties": dict(properties or {}),
    }
    return Report(cases=numbered, summary=summary)


def encode_lines(records: list[dict[str, Any]]) -> bytes:
    """Return records as JSON lines; half of a pair of surrogates, no letter, becomes "?"."""
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return lines.encode("utf-8", "replace")


def seconds(value: str | float | None, *, per_second: float = 1.0) -> float | None:
    """Return a duration in seconds, or None if it is no number or below 0."""
    try:
        number = float(str(value).replace(",", "")) / per_second
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def instant(text: str | None) -> str | None:
    """Return an instant in UTC; without a zone it is UTC, and the year 1 is unknown."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return in_utc(moment)


def epoch(value: float | None, *, per_second: float = 1.0) -> str | None:
    """Return the instant that is so many units after the beginning of 1970."""
    try:
        return in_utc(datetime.fromtimestamp(float(value or 0.0) / per_second, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def in_utc(moment: datetime) -> str | None:
    """Return a moment as records have it, or None before anybody wrote test reports."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not FIRST_YEAR <= aware.year <= LAST_YEAR:
        return None
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def without_home(path: str) -> str:
    """Return a path that does not name the person in whose home folder it is."""
    return HOME_FOLDER.sub("~/", path)
