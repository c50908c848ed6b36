"""Turn a JUnit XML report into records; pure functions on parsed XML.

There is no standard, only dialects: a root of testsuites or of one testsuite, suites inside
suites, counts in attributes that disagree with the cases (so only cases are counted), a failing
"todo" that is both failed and skipped, timestamps without a zone (taken as UTC) or in the year 1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from connectors._test_report import Case, Report, instant, make_case, make_report, seconds
from connectors._xml import properties_of, tag

RETRIES = ("flakyFailure", "flakyError", "rerunFailure", "rerunError")
NOT_RUN = ("disabled", "notrun", "ignored", "skipped")


@dataclass(frozen=True)
class _Suite:
    names: tuple[str, ...] = ()
    started_at: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

    def inner(self, element: Element) -> "_Suite":
        name = element.get("name", "").strip()
        return _Suite(
            names=(*self.names, name) if name else self.names,
            started_at=instant(element.get("timestamp")) or self.started_at,
            properties={**self.properties, **properties_of(element)},
        )


def decode_junit(root: Element, *, report_file: str) -> Report:
    """Return the cases of a report; suites inside suites are joined with " > "."""
    outer = _Suite().inner(root)
    cases = [_case(element, suite) for element, suite in _walk(root, outer)]
    suites = [element for element in root.iter() if tag(element) == "testsuite"]
    begun = [instant(suite.get("timestamp")) for suite in (root, *suites)]
    properties: dict[str, str] = dict(outer.properties)
    for suite in suites:
        properties = {**properties_of(suite), **properties}
    return make_report(
        cases,
        report_file=report_file,
        name=" > ".join(outer.names) or None,
        suite_count=len(suites),
        started_at=min((moment for moment in begun if moment), default=None),
        properties=properties,
    )


def _walk(root: Element, outer: _Suite) -> Iterator[tuple[Element, _Suite]]:
    """Yield every case with its suite, in the order of the report, at any depth."""
    waiting = [(root, outer)]
    while waiting:
        element, suite = waiting.pop()
        if tag(element) == "testcase":
            yield element, suite
            continue
        for child in reversed(element):
            if tag(child) == "testsuite":
                waiting.append((child, suite.inner(child)))
            elif tag(child) == "testcase":
                waiting.append((child, suite))


def _case(element: Element, suite: _Suite) -> Case:
    found = {tag(child): child for child in element}
    status = _status(element, found)
    told = found.get({"failed": "failure", "error": "error"}.get(status, "skipped"))
    return make_case(
        name=element.get("name") or "",
        status=status,
        suite=" > ".join(suite.names),
        classname=element.get("classname"),
        time_seconds=seconds(element.get("time")),
        message=_message(told),
        started_at=instant(element.get("timestamp")) or suite.started_at,
        attempt=1 + sum(tag(child) in RETRIES for child in element),
        properties={**suite.properties, **properties_of(element)},
    )


def _status(element: Element, found: Mapping[str, Element]) -> str:
    if "error" in found:
        return "error"
    if "skipped" in found or element.get("status", "").lower() in NOT_RUN:
        return "skipped"
    return "failed" if "failure" in found else "passed"


def _message(element: Element | None) -> str | None:
    if element is None:
        return None
    return element.get("message") or (element.text or "").strip() or element.get("type")
