"""Runs of tests by week and tests that are flaky, against counts made by hand."""

from datetime import date, timedelta

import pytest

from tests.transforms.conftest import READ_AT, build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

COMMITS = {"first": "a" * 40, "second": "b" * 40, "old": "c" * 40}
# 30 March 2026 is a Monday; the runs of a week fall on its Tuesday.
WEEKS = {
    "first": at("2026-03-31 10:00"),
    "second": at("2026-04-07 10:00"),
    "old": at("2026-01-06 10:00"),
}
# service, commit, run, attempt, test, status, seconds
RESULTS = (
    ("shop", "first", "1", 1, "adds", "passed", "2"),
    ("shop", "first", "1", 1, "pays", "failed", "4"),
    ("shop", "first", "1", 2, "adds", "passed", "2"),
    ("shop", "first", "1", 2, "pays", "passed", "4"),
    ("shop", "second", "2", 1, "adds", "passed", "3"),
    ("shop", "second", "2", 1, "pays", "error", "5"),
    ("shop", "second", "3", 1, "pays", "skipped", "0"),
    ("pay", "first", "4", 1, "adds", "passed", "60"),
    ("pay", "old", "5", 1, "old", "passed", "1"),
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    estate = Estate()
    for service, team in (("shop", "front"), ("pay", "money")):
        name = estate.service(service, team=team)
        sha = estate.commit(name, at("2026-03-01 08:00"))
        estate.deploy(name, sha, at("2026-03-02 08:00"))
    for service, commit, run, attempt, test, status, seconds in RESULTS:
        started = WEEKS[commit] + timedelta(minutes=10 * attempt)
        estate.add("junit", "test_results", {
            "report_file": f"{service}-{run}-{attempt}.xml", "suite": "unit", "classname": "cart",
            "name": test, "attempt": str(attempt), "status": status, "time_seconds": seconds,
            "started_at": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "properties": {
                "service": service, "commit_sha": COMMITS[commit], "pipeline_run_id": run,
            },
        })  # fmt: skip
    return build_estate(
        tmp_path_factory.mktemp("tests"), estate, "test_cases", "test_weeks", "test_results"
    )


def _weeks(published: Published, scope: str, scope_id: str) -> list[tuple[object, ...]]:
    rows = published.rows(
        "test_weeks", filters={"scope": scope, "scope_id": scope_id}, order="period_start_date"
    )
    columns = ("period_start_date", "run_count", "passed_run_count", "case_count",
               "failed_case_count", "skipped_case_count", "median_run_seconds")  # fmt: skip
    return rows.select(columns).rows()


def test_a_week_counts_runs_and_a_run_of_skipped_cases_is_none(published: Published) -> None:
    assert _weeks(published, "service", "shop") == [
        (date(2026, 3, 30), 2, 1, 4, 1, 0, 6.0),
        (date(2026, 4, 6), 1, 0, 2, 1, 0, 8.0),
    ]
    assert _weeks(published, "team", "money") == [
        (date(2026, 1, 5), 1, 1, 1, 0, 0, 1.0),
        (date(2026, 3, 30), 1, 1, 1, 0, 0, 60.0),
    ]
    assert _weeks(published, "organisation", "all")[1] == (date(2026, 3, 30), 3, 2, 5, 1, 0, 6.0)


def test_the_interval_is_wilson_s(published: Published) -> None:
    """2 of 3 passed: 20.8 % to 93.9 % (statsmodels proportion_confint, method wilson)."""
    week = published.rows(
        "test_weeks", filters={"scope": "organisation"}, order="period_start_date"
    ).row(1, named=True)
    assert week["passed_low"] == pytest.approx(0.2077, abs=1e-4)
    assert week["passed_high"] == pytest.approx(0.9385, abs=1e-4)
    assert week["is_provisional"] is False


def test_a_test_is_flaky_where_one_commit_saw_both_results(published: Published) -> None:
    rows = published.rows("test_cases", order="test_name").sort("service_id", "test_name")
    told = rows.select(
        "service_id", "team_id", "test_name", "result_count", "failed_count", "skipped_count",
        "commit_count", "flaky_commit_count", "is_flaky", "median_seconds",
    ).rows()  # fmt: skip
    assert told == [
        ("pay", "money", "adds", 1, 0, 0, 1, 0, False, 60.0),
        ("shop", "front", "adds", 3, 0, 0, 2, 0, False, 2.0),
        ("shop", "front", "pays", 3, 2, 1, 2, 1, True, 4.0),
    ]


def test_only_the_last_90_days_are_judged(published: Published) -> None:
    assert WEEKS["old"] < READ_AT - timedelta(days=90) < WEEKS["first"]
    names = published.rows("test_cases")["test_name"]
    assert set(names) == {"adds", "pays"}
