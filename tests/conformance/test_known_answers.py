"""Real histories from raw pages to published numbers, against answers that others computed."""

import csv
import gzip
import json
import statistics
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.candidate import as_of_home
from orchestration.run import Context, refresh, sync_sources
from orchestration.settings import Environment, git_settings, parse_settings
from tests.transforms.models import build_models, rows
from transforms.home import Home
from transforms.published import Published, open_published

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST, LAST = date(2015, 1, 1), date(2027, 1, 1)


def _context(root: Path) -> Context:
    return Context(home=Home(root=root), environment=Environment(), clock=lambda: NOW)


@pytest.fixture(scope="module")
def httpx(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return what `leadline run --git` publishes of the history of encode/httpx."""
    data, target = conformance / "data", tmp_path_factory.mktemp("git") / "httpx.git"
    restore = ["bash", str(data / "restore_git.sh"), str(data / "git_httpx"), str(target)]
    subprocess.run(restore, check=True, capture_output=True)
    context = _context(tmp_path_factory.mktemp("home"))
    refresh(context, settings=git_settings(target))
    return open_published(context.home)


def _window(published: Published, metric: str) -> dict[str, Any]:
    return published.window(metric, since=FIRST, until=LAST).row(0, named=True)


def test_deployments_and_deployed_commits_are_those_of_git(httpx: Published) -> None:
    assert _window(httpx, "deployment_frequency")["numerator"] == 84
    commits = httpx.rows("fct_commits")
    assert commits["deployment_id"].drop_nulls().len() == 1499
    assert commits["deployment_id"].null_count() == 143


def test_each_commit_has_the_first_deployment_that_git_names(
    httpx: Published, conformance: Path
) -> None:
    path = conformance / "data/git_httpx/first_deployment.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        expected = {row["sha"]: row["first_tag"] for row in csv.DictReader(file)}
    found = {
        sha: (deployment or "@").split("@")[1]
        for sha, deployment in httpx.rows("fct_commits")
        .select("commit_sha", "deployment_id")
        .iter_rows()
    }
    assert found == expected


def test_lead_times_equal_those_computed_from_git_itself(
    httpx: Published, conformance: Path
) -> None:
    authored = _window(httpx, "commit_lead_time")
    assert (authored["n"], authored["value"]) == (1451, 861_222)
    assert authored["mean"] == pytest.approx(2_012_626.868, abs=0.001)
    committed = _window(httpx, "commit_lead_time_committed")
    summary = json.loads((conformance / "data/git_httpx/summary.json").read_text(encoding="utf-8"))
    known = summary["lead_time_commitdate_s"]
    assert (committed["n"], committed["value"]) == (1458, known["median"])
    assert committed["mean"] == pytest.approx(known["mean"])
    # From git alone a change is a commit that is no merge, so the headline says the same.
    headline = _window(httpx, "lead_time_for_changes")
    assert (headline["n"], headline["value"]) == (authored["n"], authored["value"])


def test_a_release_failed_when_a_later_one_reverts_a_commit_of_it(httpx: Published) -> None:
    rate = _window(httpx, "change_failure_rate")
    assert (rate["numerator"], rate["denominator"]) == (2, 84)
    failed = httpx.rows("fct_deployments", filters={"is_failed": True}, order="finished_at")
    assert failed["version"].to_list() == ["0.23.2", "0.27.1"]
    assert failed["recovery_seconds"][0] == 165_201
    # The first is explicit by a trailer, the second inferred from a title.
    inferred = [text.startswith("inferred") for text in failed["failure_evidence_detail"]]
    assert inferred == [False, True]


def test_recovery_of_two_failures_is_too_little_to_judge(httpx: Published) -> None:
    recovery = _window(httpx, "failed_deployment_recovery_time")
    assert (recovery["n"], recovery["state"]) == (2, "insufficient")


@pytest.mark.parametrize("metric", ["time_to_restore", "time_to_acknowledge"])
def test_without_incidents_there_is_no_recovery_time_rather_than_zero(
    httpx: Published, metric: str
) -> None:
    found = _window(httpx, metric)
    assert (found["value"], found["n"], found["state"]) == (None, 0, "no_data")


@pytest.fixture(scope="module")
def audit_log(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home in which the incident audit log was read and its incidents were built."""
    context = _context(tmp_path_factory.mktemp("home"))
    path = conformance / "data/servicenow/altformat_198.csv"
    text = f"sources:\n  servicenow:\n    audit_log: {path}\n"
    sync_sources(context, settings=parse_settings(text))
    build_models(context.home, "fct_incidents", "page_accounts", now=NOW)
    return context.home


def test_the_audit_log_gives_its_control_totals(audit_log: Home) -> None:
    accounts = rows(audit_log, "page_accounts", where="stream = 'incident_audit_log'")
    fetched, loaded = (
        sum(one[column] for one in accounts) for column in ("fetched_count", "loaded_count")
    )
    assert fetched == loaded == 198
    incidents = rows(audit_log, "fct_incidents")
    assert len(incidents) == 32
    seconds = [
        (one["restored_at"] - one["detected_at"]).total_seconds()
        for one in incidents
        if one["restored_at"] is not None
    ]
    assert (len(seconds), statistics.median(seconds)) == (31, 184_020.0)
    assert statistics.mean(seconds) == pytest.approx(407_347.742, abs=0.001)
    assert sum(one["status"] != "closed" for one in incidents) == 1


def test_incidents_of_a_past_day_are_those_the_log_knew_by_then(
    audit_log: Home, conformance: Path
) -> None:
    as_of = datetime(2016, 3, 1, tzinfo=UTC)
    past = as_of_home(audit_log)
    build_models(audit_log, "fct_incidents", now=NOW, work=past, as_of=as_of)
    then, now = (rows(home, "fct_incidents") for home in (past, audit_log))
    states = _states_by(conformance / "data/servicenow/altformat_198.csv", as_of)
    assert {one["number"]: one["status"] for one in then} == states
    assert {one["number"]: one["status"] for one in now} != states
    restored = [one["restored_at"] for one in then if one["restored_at"] is not None]
    assert restored
    assert all(instant.replace(tzinfo=UTC) <= as_of for instant in restored)


def _states_by(path: Path, as_of: datetime) -> dict[str, str]:
    """Return the last state of each incident that the file has by an instant."""
    words = {"New": "open", "Resolved": "resolved", "Closed": "closed"}
    last: dict[str, tuple[datetime, str]] = {}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            updated = datetime.strptime(row["sys_updated_at"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
            held = last.get(row["number"])
            if updated <= as_of and (held is None or updated >= held[0]):
                last[row["number"]] = (updated, words.get(row["incident_state"], "acknowledged"))
    return {number: state for number, (_, state) in last.items()}
