"""Real test reports of many tools: counted as the project counts them that collected them.

Its snapshots cover 29 of the 41 reports and agree in all of them. Of the other 12, nine are empty
and three are counted here by hand: NUnit's own sample states 12 passed, 2 failed, 1 inconclusive
(skipped here: nothing was decided) and 3 skipped; in phpunit-paths.xml each of six cases failed or
is in error; the third case of empty_failures.xml holds an empty <failure/>. The other 5 of the 46
files are lists of file names, no reports, and are refused.
"""

import re
from pathlib import Path

import pytest

from connectors._test_formats import decode_report

RUN = re.compile(r"exports\[`[^`]*`\] = `(.*?)\n`;", re.DOTALL)
PATH = re.compile(r'^  "path": "(.*?)"', re.MULTILINE)
Counts = tuple[int, int, int]
BY_HAND: dict[str, Counts] = {
    "fixtures/external/nunit-sample.xml": (12, 2, 4),
    "fixtures/external/java/empty_failures.xml": (2, 1, 0),
    "fixtures/phpunit/phpunit-paths.xml": (0, 6, 0),
}


@pytest.fixture(scope="module")
def reports(conformance: Path) -> Path:
    return conformance / "data" / "junit_dorny" / "__tests__"


def _files(reports: Path) -> dict[str, bytes]:
    files = (path for path in sorted((reports / "fixtures").rglob("*")) if path.is_file())
    return {path.relative_to(reports).as_posix(): path.read_bytes() for path in files}


def _expected(reports: Path) -> dict[str, Counts]:
    """Return passed, failed (with errors) and skipped of each report the snapshots know."""
    found: dict[str, Counts] = {}
    for snapshot in (reports / "__snapshots__").glob("*.snap"):
        for run in RUN.findall(snapshot.read_text(encoding="utf-8")):
            (path,) = PATH.findall(run)
            passed, failed, skipped = (
                run.count(f'"result": "{result}"') for result in ("success", "failed", "skipped")
            )
            found[path] = (passed, failed, skipped)
    return found


def _counts(body: bytes, *, name: str) -> Counts:
    summary = decode_report(body, report_file=name).summary
    failed = summary["failed_count"] + summary["error_count"]
    return summary["passed_count"], failed, summary["skipped_count"]


def test_every_report_is_counted_as_its_collectors_count_it(reports: Path) -> None:
    expected = _expected(reports)
    files = _files(reports)
    assert len(expected) == 29
    assert {name: _counts(files[name], name=name) for name in expected} == expected


def test_the_reports_without_a_snapshot_are_counted_as_they_say_themselves(reports: Path) -> None:
    files = _files(reports)
    empty = {name: (0, 0, 0) for name in files if name.startswith("fixtures/empty/")}
    known = BY_HAND | empty
    assert {name: _counts(files[name], name=name) for name in known} == known
    lists = {name for name in files if name.endswith("files.txt")}
    assert files.keys() == _expected(reports).keys() | known.keys() | lists
    assert (len(files), len(lists), len(empty)) == (46, 5, 9)


def test_what_is_no_report_is_refused_with_a_reason(reports: Path) -> None:
    for name, body in _files(reports).items():
        if name.endswith("files.txt"):
            with pytest.raises(ValueError, match="it is no XML"):
                decode_report(body, report_file=name)


def test_no_case_of_a_report_is_taken_for_another(reports: Path) -> None:
    for name in _expected(reports):
        cases = decode_report((reports / name).read_bytes(), report_file=name).cases
        keys = {(case["suite"], case["classname"], case["name"], case["attempt"]) for case in cases}
        assert len(keys) == len(cases)


def test_no_report_tells_whose_machine_it_was_made_on(reports: Path) -> None:
    for name in _expected(reports):
        report = decode_report((reports / name).read_bytes(), report_file=name)
        told = [(case["suite"], case["classname"], case["name"]) for case in report.cases]
        if name.endswith((".json", ".trx")) or "nunit" in name:
            assert not re.search(r"[\\/]Users[\\/]|DORNY-PC", str((told, report.summary["name"])))
