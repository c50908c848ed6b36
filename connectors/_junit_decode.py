"""Turn a JUnit XML report into records; pure functions on bytes.

There is no standard, only dialects: a root of testsuites or of one testsuite, suites inside
suites, counts in attributes that disagree with the cases (so only cases are counted), a failing
"todo" that is both failed and skipped, timestamps without a zone (taken as UTC) or in the year 1.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

ROOTS = ("testsuites", "testsuite")
STATUSES = ("passed", "failed", "error", "skipped")
RETRIES = ("flakyFailure", "flakyError", "rerunFailure", "rerunError")
NOT_RUN = ("disabled", "notrun", "ignored", "skipped")
MESSAGE_LENGTH = 2_000
FIRST_YEAR = 1990


@dataclass(frozen=True)
class Report:
    """Carry one report's cases and what can be said of the whole."""

    cases: list[dict[str, Any]]
    summary: dict[str, Any]


@dataclass(frozen=True)
class _Suite:
    names: tuple[str, ...] = ()
    started_at: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

    def inner(self, element: Element) -> "_Suite":
        name = element.get("name", "").strip()
        return _Suite(
            names=(*self.names, name) if name else self.names,
            started_at=_instant(element.get("timestamp")) or self.started_at,
            properties={**self.properties, **_properties(element)},
        )


def decode_report(body: bytes, *, report_file: str) -> Report:
    """Return the cases of a report and its summary.

    Shape: cases have report_file, suite, classname, name, status, time_seconds, message,
    started_at, attempt, properties; suites inside suites are joined with " > ".
    Errors: ValueError when the bytes are no XML, declare entities, or are another tool's format.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except ParseError as exc:
        raise ValueError(f"it is no XML: {exc}") from exc
    except LookupError as exc:
        raise ValueError(f"its encoding is unknown: {exc}") from exc
    kind = _tag(root)
    if kind not in ROOTS:
        raise ValueError(f"its root is {kind[:60]!r}, which is not JUnit")
    outer = _Suite().inner(root)
    cases = [
        _case(element, suite, report_file=report_file) for element, suite in _walk(root, outer)
    ]
    suites = [root, *root.iter()]
    return Report(cases=cases, summary=_summarise(suites, cases, outer, report_file=report_file))


def encode_lines(records: list[dict[str, Any]]) -> bytes:
    """Return records as JSON lines."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def _walk(root: Element, outer: _Suite) -> Iterator[tuple[Element, _Suite]]:
    """Yield every case with its suite, in the order of the report, at any depth."""
    waiting = [(root, outer)]
    while waiting:
        element, suite = waiting.pop()
        if _tag(element) == "testcase":
            yield element, suite
            continue
        for child in reversed(element):
            if _tag(child) == "testsuite":
                waiting.append((child, suite.inner(child)))
            elif _tag(child) == "testcase":
                waiting.append((child, suite))


def _case(element: Element, suite: _Suite, *, report_file: str) -> dict[str, Any]:
    found = {_tag(child): child for child in element}
    status = _status(element, found)
    told = found.get({"failed": "failure", "error": "error"}.get(status, "skipped"))
    return {
        "report_file": report_file,
        "suite": " > ".join(suite.names) or None,
        "classname": element.get("classname") or None,
        "name": element.get("name") or "",
        "status": status,
        "time_seconds": _seconds(element.get("time")),
        "message": _message(told),
        "started_at": _instant(element.get("timestamp")) or suite.started_at,
        "attempt": 1 + sum(_tag(child) in RETRIES for child in element),
        "properties": {**suite.properties, **_properties(element)},
    }


def _status(element: Element, found: Mapping[str, Element]) -> str:
    if "error" in found:
        return "error"
    if "skipped" in found or element.get("status", "").lower() in NOT_RUN:
        return "skipped"
    return "failed" if "failure" in found else "passed"


def _summarise(
    elements: list[Element], cases: list[dict[str, Any]], outer: _Suite, *, report_file: str
) -> dict[str, Any]:
    statuses = Counter(case["status"] for case in cases)
    suites = [element for element in elements[1:] if _tag(element) == "testsuite"]
    begun = [_instant(suite.get("timestamp")) for suite in [elements[0], *suites]]
    properties: dict[str, str] = dict(outer.properties)
    for suite in suites:
        properties = {**_properties(suite), **properties}
    return {
        "report_file": report_file,
        "name": " > ".join(outer.names) or None,
        "suite_count": len(suites),
        "test_count": len(cases),
        **{f"{status}_count": statuses[status] for status in STATUSES},
        "time_seconds": sum(case["time_seconds"] or 0.0 for case in cases),
        "started_at": min((instant for instant in begun if instant), default=None),
        "properties": properties,
    }


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _properties(element: Element) -> dict[str, str]:
    return {
        str(one.get("name")): one.get("value") or (one.text or "").strip()
        for group in element
        if _tag(group) == "properties"
        for one in group
        if one.get("name")
    }


def _message(element: Element | None) -> str | None:
    if element is None:
        return None
    text = element.get("message") or (element.text or "").strip() or element.get("type")
    return text[:MESSAGE_LENGTH] if text else None


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float((text or "").replace(",", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _instant(text: str | None) -> str | None:
    try:
        instant = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    if instant.year < FIRST_YEAR:
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
