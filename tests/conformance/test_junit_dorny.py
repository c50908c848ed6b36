"""Real test reports of many tools: read as their tools meant them, or refused with a reason."""

from pathlib import Path

import pytest

from connectors._junit_decode import decode_report

# passed, failed (with errors), skipped, as the reports' own project counts them
EXPECTED = {
    "fixtures/jest-junit.xml": (1, 4, 1),
    "fixtures/jest-junit-eslint.xml": (1, 0, 0),
    "fixtures/python-xunit-pytest.xml": (6, 2, 2),
    "fixtures/python-xunit-unittest.xml": (4, 2, 2),
    "fixtures/swift-xunit.xml": (2, 1, 0),
    "fixtures/phpunit/phpunit.xml": (10, 2, 0),
    "fixtures/nette-tester/tester-v1.7-report.xml": (61, 1, 3),
    "fixtures/external/java/pulsar-test-report.xml": (793, 1, 14),
    "fixtures/external/jest/jest-test-results.xml": (4207, 2, 30),
    "fixtures/external/java/empty_failures.xml": (2, 1, 0),
    "fixtures/test-errors/jest/jest-test-results.xml": (0, 2, 0),
}
READ = 24


@pytest.fixture(scope="module")
def reports(conformance: Path) -> Path:
    return conformance / "data" / "junit_dorny" / "__tests__"


def test_every_file_is_read_or_refused_with_a_reason(reports: Path) -> None:
    files = [path for path in sorted((reports / "fixtures").rglob("*")) if path.is_file()]
    read, refused = 0, {}
    for path in files:
        try:
            report = decode_report(path.read_bytes(), report_file=path.name)
        except ValueError as exc:
            refused[path.name] = str(exc)
        else:
            read += 1
            assert report.summary["test_count"] == len(report.cases)
    assert len(files) == 46
    assert read == READ
    assert all(refused.values())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_cases_are_counted_as_the_tools_meant_them(name: str, reports: Path) -> None:
    summary = decode_report((reports / name).read_bytes(), report_file=name).summary
    failed = summary["failed_count"] + summary["error_count"]
    assert (summary["passed_count"], failed, summary["skipped_count"]) == EXPECTED[name]
