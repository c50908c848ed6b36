"""Turn the reports of .NET's runners into records: TRX, NUnit 2 and 3, xUnit v2; pure functions.

Formats: vstst.xsd (TRX), docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format
and xunit.net/docs/format-xml-v2, read November 2026. A TRX file names user and machine, which are
left out; a data-driven test of TRX counts by its rows.
"""

import re
from collections.abc import Iterator
from pathlib import PureWindowsPath
from xml.etree.ElementTree import Element

from connectors._test_report import Case, Report, instant, make_case, make_report, seconds
from connectors._xml import child, children, properties_of, tag, text_of

TRX_STATUSES = {
    "passed": "passed",
    "warning": "passed",
    "completed": "passed",
    "passedbutrunaborted": "passed",
    "failed": "failed",
    "error": "error",
    "timeout": "error",
    "aborted": "error",
    "disconnected": "error",
}
NUNIT_STATUSES = {
    "passed": "passed",
    "success": "passed",
    "warning": "passed",
    "failed": "failed",
    "failure": "failed",
    "error": "error",
    "notrunnable": "error",
}
XUNIT_STATUSES = {"pass": "passed", "fail": "failed"}
CLOCK = re.compile(r"(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)")


def decode_trx(root: Element, *, report_file: str) -> Report:
    """Return the cases of a TRX file; results that were not executed are skipped."""
    methods = {
        str(test.get("id")): (child(test, "TestMethod"), test.get("storage", ""))
        for test in children(root, "TestDefinitions", "UnitTest")
    }
    cases = []
    for result in _trx_results(child(root, "Results")):
        method, storage = methods.get(result.get("testId", ""), (None, ""))
        status = TRX_STATUSES.get(result.get("outcome", "passed").lower(), "skipped")
        classname = method.get("className") if method is not None else None
        cases.append(
            make_case(
                name=result.get("testName") or "",
                status=status,
                suite=PureWindowsPath(storage).name,
                classname=classname.split(",")[0] if classname else None,
                time_seconds=_clock(result.get("duration")),
                message=text_of(result, "Output", "ErrorInfo", "Message")
                or (text_of(result, "Output", "StdOut") if status == "skipped" else None),
                started_at=instant(result.get("startTime")),
            )
        )
    times = child(root, "Times")
    return make_report(
        cases,
        report_file=report_file,
        started_at=instant(times.get("start")) if times is not None else None,
    )


def _trx_results(results: Element | None) -> Iterator[Element]:
    for result in results if results is not None else ():
        inner = child(result, "InnerResults")
        if inner is not None and len(inner):
            yield from _trx_results(inner)
        elif tag(result).endswith("TestResult"):
            yield result


def _clock(text: str | None) -> float | None:
    found = CLOCK.fullmatch(text or "")
    if not found:
        return None
    days, hours, minutes, rest = found.groups()
    return int(days or 0) * 86_400 + int(hours) * 3_600 + int(minutes) * 60 + float(rest)


def decode_nunit(root: Element, *, report_file: str) -> Report:
    """Return the cases of an NUnit 2 or 3 file with the path of their suites."""
    waiting: list[tuple[Element, tuple[str, ...]]] = [(root, ())]
    cases, suite_count = [], 0
    while waiting:
        element, names = waiting.pop()
        if tag(element) == "test-case":
            cases.append(_nunit_case(element, " > ".join(names)))
            continue
        if tag(element) == "test-suite":
            suite_count += 1
            name = PureWindowsPath(element.get("name", "")).name
            names = (*names, name) if name else names
        waiting.extend((one, names) for one in reversed(element))
    started = root.get("start-time") or f"{root.get('date', '')}T{root.get('time', '')}"
    if root.get("run-date"):
        started = f"{root.get('run-date')}T{started}"
    return make_report(
        cases,
        report_file=report_file,
        suite_count=suite_count,
        started_at=instant(started),
        properties=properties_of(root),
    )


def _nunit_case(element: Element, suite: str) -> Case:
    result = element.get("result", "").lower()
    if not result:  # NUnit 2.4 and before say only whether it ran and succeeded
        ran = element.get("executed", "").lower() == "true"
        success = element.get("success", "").lower() == "true"
        result = ("success" if success else "failure") if ran else "ignored"
    status = NUNIT_STATUSES.get(result, "skipped")
    if element.get("label", "").lower() in ("error", "invalid") and status == "failed":
        status = "error"
    full, name = element.get("fullname", ""), element.get("name", "")
    classname = element.get("classname") or full.removesuffix(name).rstrip(".")
    return make_case(
        name=name,
        status=status,
        suite=suite,
        classname=classname,
        time_seconds=seconds(element.get("duration") or element.get("time")),
        message=text_of(element, "failure", "message") or text_of(element, "reason", "message"),
        started_at=instant(element.get("start-time")),
        properties=properties_of(element),
    )


def decode_xunit(root: Element, *, report_file: str) -> Report:
    """Return the cases of an xUnit v2 file; what failed outside of a test is a case in error."""
    assemblies = [root] if tag(root) == "assembly" else list(children(root, "assembly"))
    cases: list[Case] = []
    begun = []
    for assembly in assemblies:
        suite = PureWindowsPath(assembly.get("name", "")).name
        started = instant(f"{assembly.get('run-date', '')}T{assembly.get('run-time', '')}")
        begun.append(started)
        for test in children(assembly, "collection", "test"):
            cases.append(
                make_case(
                    name=test.get("name") or "",
                    status=XUNIT_STATUSES.get(test.get("result", "").lower(), "skipped"),
                    suite=suite,
                    classname=test.get("type"),
                    time_seconds=seconds(test.get("time")),
                    message=text_of(test, "failure", "message") or text_of(test, "reason"),
                    started_at=started,
                )
            )
        for error in children(assembly, "errors", "error"):
            cases.append(
                make_case(
                    name=error.get("name") or error.get("type") or "error",
                    status="error",
                    suite=suite,
                    message=text_of(error, "failure", "message"),
                    started_at=started,
                )
            )
    return make_report(
        cases,
        report_file=report_file,
        suite_count=len(assemblies),
        started_at=min((moment for moment in begun if moment), default=None),
    )
