"""M2.5: what fails in pipelines, what the same code mends when it runs again, and flaky tests."""

from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import jinja2
import pytest

from tests.checkout import ROOT
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from transforms.home import Home

NOW = at("2026-11-22 12:00")
FIRST, SECOND, THIRD = "a" * 40, "b" * 40, "c" * 40
# Days of November on which a test both fails and passes.
FLAKY_DAYS = {"wobbles": (9, 15, 21), "shakes": (9, 21)}


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _run(estate: Estate, number: int, sha: str, *, name: str = "CI", repository: str) -> None:
    estate.add("github", "workflow_runs", {
        "id": number, "name": name, "status": "completed", "conclusion": "success", "head_sha": sha,
        "run_attempt": 1, "created_at": "2026-11-02T08:00:00Z",
    }, repository=repository)  # fmt: skip


def _job(
    estate: Estate, run: int, stage: str, started: str, *, passes: bool, attempt: int = 1,
    minutes: int = 10, repository: str, conclusion: str = "",
) -> None:  # fmt: skip
    begun = at(started)
    estate.add("github", "workflow_jobs", {
        "id": estate.number(), "run_id": run, "name": stage, "status": "completed",
        "conclusion": conclusion or ("success" if passes else "failure"), "run_attempt": attempt,
        "started_at": _iso(begun), "completed_at": _iso(begun + timedelta(minutes=minutes)),
    }, repository=repository, run_id=run)  # fmt: skip


def _test(
    estate: Estate, service: str, sha: str, run: str, test: str, started: datetime, *,
    passes: bool, attempt: int = 1,
) -> None:  # fmt: skip
    properties = {"service": service, "commit_sha": sha} | ({"pipeline_run_id": run} if run else {})
    estate.add("junit", "test_results", {
        "report_file": f"{service}-{sha[0]}-{run}-{attempt}-{estate.number()}.xml", "suite": "unit",
        "classname": "cart", "name": test, "attempt": str(attempt), "time_seconds": "1",
        "status": "passed" if passes else "failed", "started_at": _iso(started),
        "properties": properties,
    })  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    estate = Estate()
    estate.service("shop", team="front")
    estate.service("pay", team="money")
    shop, pay = "acme/shop", "acme/pay"
    # One commit, two attempts: the failed stage alone is run again and passes. The host lists
    # the stage that stayed again, with the times of its first run.
    _run(estate, 101, FIRST, repository=shop)
    _job(estate, 101, "build", "2026-11-02 08:00", passes=True, repository=shop)
    _job(estate, 101, "unit", "2026-11-02 08:10", passes=False, minutes=12, repository=shop)
    _job(estate, 101, "build", "2026-11-02 08:00", passes=True, attempt=2, repository=shop)
    _job(estate, 101, "unit", "2026-11-02 09:00", passes=True, attempt=2, repository=shop)
    # A failure that only a new commit mends, and a job that was cancelled.
    _run(estate, 102, SECOND, repository=shop)
    _job(estate, 102, "build", "2026-11-03 08:00", passes=True, repository=shop)
    _job(estate, 102, "unit", "2026-11-03 08:10", passes=False, repository=shop)
    _job(estate, 102, "lint", "2026-11-03 08:10", passes=False, conclusion="cancelled",
         repository=shop)  # fmt: skip
    _run(estate, 103, THIRD, repository=shop)
    _job(estate, 103, "build", "2026-11-04 08:00", passes=True, repository=shop)
    _job(estate, 103, "unit", "2026-11-04 08:10", passes=True, repository=shop)
    # Everything is run again, also what had passed; the stage fails again.
    _run(estate, 104, "d" * 40, repository=shop)
    _job(estate, 104, "build", "2026-11-05 08:00", passes=True, minutes=20, repository=shop)
    _job(estate, 104, "unit", "2026-11-05 08:30", passes=False, repository=shop)
    _job(estate, 104, "build", "2026-11-05 09:00", passes=True, minutes=20, attempt=2,
         repository=shop)  # fmt: skip
    _job(estate, 104, "unit", "2026-11-05 09:30", passes=False, attempt=2, repository=shop)
    # A pipeline that knows tests: 1 of 50 results is a flake in November, none in October.
    for run, sha, day in ((201, FIRST, "2026-11-10"), (202, SECOND, "2026-10-10")):
        _run(estate, run, sha, name="Tests", repository=pay)
        for number in range(49):
            _test(estate, "pay", sha, str(run), f"case {number}", at(f"{day} 08:00"), passes=True)
    _test(estate, "pay", FIRST, "201", "case 0", at("2026-11-10 07:00"), passes=False)
    # A test that fails and passes at three commits within 14 days, one at two, one long ago.
    for test, days in FLAKY_DAYS.items():
        for date_number in days:
            for passes in (True, False):
                _test(estate, "shop", f"{date_number:040x}", "", test,
                      at(f"2026-11-{date_number:02} 10:00"),
                      passes=passes, attempt=1 + passes)  # fmt: skip
    for date_number in (1, 2, 3):
        for passes in (True, False):
            _test(estate, "shop", f"{date_number:040x}", "", "settled",
                  at(f"2026-10-{date_number:02} 10:00"),
                  passes=passes, attempt=1 + passes)  # fmt: skip
    # Fails at one commit, passes at the next: that is a repair.
    _test(estate, "shop", "e" * 40, "", "repaired", at("2026-11-10 10:00"), passes=False)
    _test(estate, "shop", "f" * 40, "", "repaired", at("2026-11-11 10:00"), passes=True)
    home = Home(root=tmp_path_factory.mktemp("resilience"))
    estate.write(home.lake, read_at=NOW)
    build_models(home, "flaky_tests", "control_pipeline_resilience", now=NOW)
    return home


def _shop(home: Home) -> dict[str, Any]:
    [row] = rows(home, "pipeline_resilience", where="repository = 'acme/shop'")
    return row


def test_a_stage_that_fails_counts_once_and_one_that_was_cancelled_not_at_all(home: Home) -> None:
    row = _shop(home)
    assert (row["workflow"], row["month_start_date"]) == ("CI", date(2026, 11, 1))
    assert (row["failed_stage_count"], row["stage_run_count"]) == (4, 11)
    assert row["stage_failure_rate"] == pytest.approx(4 / 11)


def test_what_passes_when_the_same_commit_runs_again_is_salvaged(home: Home) -> None:
    row = _shop(home)
    assert (row["salvaged_stage_count"], row["salvage_rate"]) == (1, 0.25)


def test_a_rerun_on_a_new_commit_is_not_salvage(home: Home) -> None:
    """Run 102 failed and run 103 passed the same stage, at another commit."""
    assert _shop(home)["salvaged_stage_count"] == 1


def test_a_rerun_is_selective_when_nothing_that_passed_runs_again(home: Home) -> None:
    row = _shop(home)
    assert (row["rerun_count"], row["selective_rerun_count"]) == (2, 1)
    assert row["selective_rerun_share"] == 0.5


def test_wasted_are_salvaged_failures_and_repeats_of_what_had_passed(home: Home) -> None:
    """12 minutes of the salvaged unit stage, 20 of the build that ran again."""
    assert _shop(home)["wasted_minutes"] == 32


def test_a_workflow_without_test_results_has_no_rate_of_flakes(home: Home) -> None:
    row = _shop(home)
    assert (row["test_result_count"], row["flake_run_rate"]) == (0, None)


def test_flakes_are_counted_a_month_of_the_run_that_the_report_names(home: Home) -> None:
    october, november = sorted(
        rows(home, "pipeline_resilience", where="repository = 'acme/pay'"),
        key=lambda row: row["month_start_date"],
    )
    assert (october["flaky_failure_count"], october["test_result_count"]) == (0, 49)
    assert (november["flaky_failure_count"], november["test_result_count"]) == (1, 50)
    assert november["flake_run_rate"] == 0.02
    assert november["flake_run_low"] < 0.02 < november["flake_run_high"]
    assert (november["stage_run_count"], november["stage_failure_rate"]) == (0, None)


def _results(home: Home) -> dict[str, tuple[str, str]]:
    found = rows(home, "control_pipeline_resilience")
    return {one["subject_id"]: (one["verdict"], one["reason_code"]) for one in found}


def test_flakes_above_1_5_percent_of_runs_are_a_warning_and_no_results_no_pass(home: Home) -> None:
    assert _results(home) == {
        "acme/pay Tests 2026-10": ("pass", "steady"),
        "acme/pay Tests 2026-11": ("warn", "flaky"),
        "acme/shop CI 2026-11": ("no_data", "no_test_results"),
    }


def test_three_flaky_commits_in_14_days_are_advice_to_set_a_test_apart(home: Home) -> None:
    advice = {
        row["test_name"]: (row["recent_flaky_commit_count"], row["advice"])
        for row in rows(home, "flaky_tests", where="service_id = 'shop'")
    }
    assert advice == {"wobbles": (3, "quarantine"), "shakes": (2, "watch"),
                      "settled": (0, "settled")}  # fmt: skip


def test_a_test_that_a_new_commit_mends_is_not_flaky(home: Home) -> None:
    assert rows(home, "flaky_tests", where="test_name = 'repaired'") == []


def _chance(tests: int, rate: float, tries: int) -> float:
    text = (ROOT / "transforms" / "macros" / "resilience.sql").read_text(encoding="utf-8")
    call = "{{ false_failure_chance(" + f"{tests}, {rate}, tries={tries}" + ") }}"
    sql = jinja2.Environment(autoescape=False).from_string(text + call).render()
    found = duckdb.connect().execute(f"select {sql}").fetchone()
    assert found is not None
    return float(found[0])


def test_400_tests_at_1_5_percent_fail_falsely_in_99_76_percent_of_runs() -> None:
    assert _chance(400, 0.015, 1) == pytest.approx(0.9976, abs=5e-5)


def test_one_independent_retry_leaves_8_6_percent() -> None:
    assert _chance(400, 0.015, 2) == pytest.approx(0.086, abs=5e-4)
