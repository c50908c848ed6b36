"""What GitHub says of environments, approvals, checks, alerts and files, in the tables."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import github
from tests.connectors.fakes import json_reply
from tests.connectors.github_records import (
    APPROVALS,
    BRANCH_PROTECTION,
    BRANCH_RULES,
    CODE_OWNER_ERRORS,
    CODE_SCANNING,
    DEPENDABOT,
    ENVIRONMENTS,
    RELEASE,
    REPOSITORY,
    SHA,
    check,
)
from tests.transforms.estate import Estate
from tests.transforms.models import NOW, build_models, rows
from tests.transforms.synced import sync_into
from transforms.home import Home

MOMENT = "2026-11-20T09:00:00Z"
CONCLUSIONS = ["success", "neutral", "failure", "timed_out", "action_required", "skipped", None]
RUN = {"id": 7, "name": "Deploy", "created_at": MOMENT, "updated_at": MOMENT, "head_sha": SHA}
REPLIES: dict[str, Any] = {
    "": {"id": 1, "full_name": REPOSITORY, "created_at": "2026-01-01T00:00:00Z",
         "default_branch": "main"},
    "/branches/main/protection": BRANCH_PROTECTION,
    "/rules/branches/main": BRANCH_RULES,
    "/codeowners/errors": CODE_OWNER_ERRORS,
    "/pulls": [
        {"number": 5, "state": "closed", "updated_at": MOMENT, "merged_at": MOMENT,
         "head": {"sha": SHA}}
    ],
    "/deployments": [{"id": 9, "created_at": MOMENT, "sha": SHA, "environment": "Production"}],
    f"/commits/{SHA}/check-runs": {
        "check_runs": [check(n, told) for n, told in enumerate(CONCLUSIONS)]
    },
    "/environments": {"total_count": 2, "environments": ENVIRONMENTS},
    "/actions/runs": {"total_count": 1, "workflow_runs": [RUN]},
    "/actions/runs/7/jobs": {"total_count": 0, "jobs": []},
    "/actions/runs/7/approvals": [*APPROVALS, APPROVALS[1]],
    "/releases": [RELEASE, {"id": 2, "tag_name": "v0"}, {"id": 3, "assets": "odd"}],
    "/code-scanning/alerts": CODE_SCANNING,
    "/dependabot/alerts": DEPENDABOT,
}  # fmt: skip


def _serve(request: httpx.Request) -> httpx.Response:
    path = request.url.path.removeprefix(f"/repos/{REPOSITORY}")
    return json_reply(REPLIES.get(path, []))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home in which everything was read from the same replies."""
    home = Home(root=Path(tmp_path_factory.mktemp("features")))
    estate = Estate()
    estate.service("checkout", repository=REPOSITORY)
    estate.write(home.lake, read_at=NOW)
    config = github.Config(token=SecretStr("t"), repositories=(REPOSITORY,))
    report = sync_into(home, github.connect(config, name="github"), _serve, now=NOW)
    assert {stream.status for stream in report.streams} == {"complete"}
    build_models(
        home,
        "approvals",
        "branch_protections",
        "environments",
        "environment_protections",
        "findings",
        "quality_measures",
        "release_assets",
    )
    return home


def test_the_protection_of_an_environment_is_told_without_naming_who_may_approve(
    home: Home,
) -> None:
    production, staging = rows(home, "environment_protections")
    assert production["environment_id"] == "production"
    assert (production["requires_approval"], production["approver_count"]) == (True, 2)
    assert (production["prevents_self_approval"], production["wait_minutes"]) == (True, 30)
    assert production["allowed_branches"] == "protected"
    assert (staging["requires_approval"], staging["approver_count"]) == (False, 0)
    assert (staging["prevents_self_approval"], staging["wait_minutes"]) == (None, 0)
    assert staging["allowed_branches"] == "any"
    assert "octocat" not in str(production)


def test_the_protection_of_a_branch_is_the_stricter_of_what_is_told_and_names_nobody(
    home: Home,
) -> None:
    (found,) = rows(home, "branch_protections")
    assert (found["branch"], found["is_wholly_known"], found["is_protected"]) == (
        "main", True, True,
    )  # fmt: skip
    assert (found["required_review_count"], found["dismisses_stale_reviews"]) == (3, True)
    assert (found["requires_last_push_approval"], found["requires_code_owner_review"]) == (
        True, True,
    )  # fmt: skip
    # somebody may pass the protection by, and nobody says who may pass the rule by
    assert found["can_be_bypassed"] is None
    assert (found["has_code_owners"], found["code_owner_error_count"]) == (True, 1)
    assert "octocat" not in str(found)


def test_an_environment_that_nothing_was_deployed_to_is_known(home: Home) -> None:
    assert "staging" in {row["environment_id"] for row in rows(home, "environments")}


def test_an_approval_counts_for_each_environment_and_no_equal_one_is_lost(home: Home) -> None:
    found = rows(home, "approvals")
    assert {(row["subject_type"], row["subject_id"]) for row in found} == {
        ("pipeline_run", "github:7")
    }
    assert sorted((row["environment_id"], row["state"]) for row in found) == [
        ("production", "approved"),
        ("production", "rejected"),
        ("production", "rejected"),
        ("staging", "approved"),
    ]
    assert {row["change_request_id"] for row in found} == {None}
    assert len({row["approver_id"] for row in found}) == 1
    assert "octocat" not in str(found)


def test_a_check_that_two_streams_read_is_one_measure_with_its_verdict(home: Home) -> None:
    found = rows(home, "quality_measures")
    verdicts = {row["measure_id"]: row["verdict"] for row in found}
    assert len(found) == len(CONCLUSIONS)
    assert [verdicts[f"github:check:{number}"] for number in range(len(CONCLUSIONS))] == [
        "pass", "pass", "fail", "fail", "warn", None, None,
    ]  # fmt: skip
    assert {(row["service_id"], row["commit_sha"]) for row in found} == {("checkout", SHA)}


def test_alerts_of_code_scanning_are_findings_in_their_file(home: Home) -> None:
    found = rows(home, "findings", where="category = 'static_analysis'")
    assert [(row["state"], row["severity"]) for row in found] == [
        ("dismissed", "high"), ("open", "error"), ("fixed", "medium"),
    ]  # fmt: skip
    assert {row["file_path"] for row in found} == {"src/unpack.ts"}
    assert {row["service_id"] for row in found} == {"checkout"}
    assert found[2]["fixed_at"] == datetime(2026, 8, 25, 16, 3, 9, tzinfo=UTC).replace(tzinfo=None)


def test_alerts_of_dependabot_are_findings_in_their_package(home: Home) -> None:
    found = rows(home, "findings", where="category = 'dependency'")
    assert [row["state"] for row in found] == ["dismissed", "fixed", "open"]
    assert {(row["package_name"], row["fixed_version"], row["cve_id"]) for row in found} == {
        ("jinja2", "3.1.3", "CVE-2024-22195")
    }


def test_files_of_a_release_have_the_digest_that_the_host_states(home: Home) -> None:
    first, second = rows(home, "release_assets")
    assert first["digest"] == f"sha256:{'2' * 64}"
    assert (first["release_id"], first["tag"], first["size_bytes"]) == ("github:1", "v1.0.0", 1024)
    assert second["digest"] is None
    assert "octocat" not in str((first, second))
