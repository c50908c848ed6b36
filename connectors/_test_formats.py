"""See which format a test report has and read it; one function, the format decided per file."""

import json
from collections.abc import Callable
from typing import Any

from connectors._dotnet_decode import decode_nunit, decode_trx, decode_xunit
from connectors._errors import ODD_RECORD
from connectors._files import in_utf8
from connectors._json_test_decode import (
    decode_dart,
    decode_go,
    decode_jest,
    decode_mocha,
    decode_pytest,
    decode_rspec,
)
from connectors._junit_decode import decode_junit
from connectors._reply import parse_json
from connectors._test_report import Report
from connectors._xml import parse_xml, tag

XML_ROOTS: dict[str, Callable[..., Report]] = {
    "testsuites": decode_junit,
    "testsuite": decode_junit,
    "TestRun": decode_trx,
    "test-run": decode_nunit,
    "test-results": decode_nunit,
    "assemblies": decode_xunit,
    "assembly": decode_xunit,
}
# The keys by which a JSON report is known; the first that fits is taken.
JSON_KEYS: tuple[tuple[frozenset[str], Callable[..., Report]], ...] = (
    (frozenset({"testResults", "numTotalTests"}), decode_jest),
    (frozenset({"stats", "passes", "failures", "pending"}), decode_mocha),
    (frozenset({"examples", "summary"}), decode_rspec),
    (frozenset({"exitcode", "summary", "created"}), decode_pytest),
)


def decode_report(body: bytes, *, report_file: str) -> Report:
    """Return the cases of a report and its summary.

    Shape: cases have report_file, suite, classname, name, status, time_seconds, message,
    started_at, attempt, properties.
    Errors: ValueError when the bytes are unsafe, broken, or no test report that is known.
    """
    try:
        plain = in_utf8(body)
        if is_json(plain):
            return _decode_json(plain, report_file=report_file)
        root = parse_xml(body)
        if tag(root) not in XML_ROOTS:
            raise ValueError(f"its root is {tag(root)[:60]!r}, which is no test report's")
        return XML_ROOTS[tag(root)](root, report_file=report_file)
    except json.JSONDecodeError as exc:
        raise ValueError(f"it is no JSON: {exc}") from exc
    except ODD_RECORD as exc:
        if isinstance(exc, ValueError):
            raise
        raise ValueError(
            f"a record is not as documented: {type(exc).__name__}: {str(exc)[:200]}"
        ) from exc


def is_json(body: bytes) -> bool:
    """Return whether a file begins as JSON does."""
    return body[:256].lstrip().startswith((b"{", b"["))


def _decode_json(body: bytes, *, report_file: str) -> Report:
    first = _event(body.lstrip().split(b"\n", 1)[0])
    if first is not None and "Action" in first:
        # What a compiler prints stands between Go's events.
        events = [_event(line) for line in body.splitlines()]
        known = [event for event in events if event is not None and "Action" in event]
        return decode_go(known, report_file=report_file)
    if first is not None and "protocolVersion" in first:
        return decode_dart(_events(body), report_file=report_file)
    data = parse_json(body)
    if isinstance(data, dict):
        for keys, decode in JSON_KEYS:
            if keys <= data.keys():
                return decode(data, report_file=report_file)
    raise ValueError("it is JSON, but no test report that is known")


def _events(body: bytes) -> list[dict[str, Any]]:
    lines = (_event(line) for line in body.splitlines())
    return [event for event in lines if event is not None]


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = parse_json(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
