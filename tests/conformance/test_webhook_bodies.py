"""Every webhook body that others recorded is kept; none raises, what is known is mapped."""

import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.push import Config
from tests.orchestration.pushing import Hub, hub
from tests.transforms.models import build_models, rows
from transforms.home import Home

VENDORS = (
    "github",
    "gitlab",
    "bitbucket",
    "azure_devops",
    "gitea",
    "alertmanager",
    "grafana",
    "generic",
)
GITHUB_EVENTS = {
    "check-run": "check_run",
    "deployment-status": "deployment_status",
    "pull-request": "pull_request",
}
ALERTS = {"prometheus": "alertmanager", "grafana": "grafana"}


def bodies(folder: Path) -> Iterator[tuple[str, Path, dict[str, str]]]:
    """Yield the vendor, the file and the headers of each recorded body."""
    playground = folder / "webhooks_goplayground/testdata"
    names = {
        "github": "github",
        "gitlab": "gitlab",
        "bitbucket": "bitbucket",
        "bitbucket-server": "bitbucket",
        "azuredevops": "azure_devops",
        "gitea": "gitea",
        "gogs": "gitea",
        "docker": "generic",
    }
    for place, vendor in names.items():
        for file in sorted((playground / place).glob("*.json")):
            yield vendor, file, _headers(vendor, file.stem)
    for place in ("webhooks", "systemhooks"):
        for file in sorted((folder / "gitlab_go/testdata" / place).glob("*.json")):
            yield "gitlab", file, {}
    for file in sorted((folder / "argocd_webhooks").rglob("*.json")):
        first = file.stem.split("-")[0]
        vendor = {"gogs": "gitea", "azuredevops": "azure_devops", "ghcr": "github"}.get(
            first, first
        )
        yield vendor, file, _headers(vendor, "push" if vendor == "github" else file.stem)
    for file in sorted((folder / "alerts_keep").glob("*.json")):
        yield ALERTS.get(file.stem.split("_")[0], "generic"), file, {}
    for file in sorted((folder / "liatrio_gha").rglob("*.json")):
        if "workflow" in file.name:
            kind = "workflow_run" if "run" in file.stem.split("workflow")[1] else "workflow_job"
            yield "github", file, {"x-github-event": kind}


def _headers(vendor: str, name: str) -> dict[str, str]:
    event = GITHUB_EVENTS.get(name, name.replace("-", "_"))
    if vendor == "github":
        return {"x-github-event": event}
    if vendor == "gitea":
        return {"x-gitea-event": event.removesuffix("_event")}
    if vendor == "bitbucket":
        return {"x-event-key": event}
    return {}


def push_all(receiver: Hub, folder: Path) -> Counter[tuple[str, int]]:
    """Push every body and return how each vendor's were answered."""
    answers: Counter[tuple[str, int]] = Counter()
    numbers = itertools.count()
    for vendor, file, headers in bodies(folder):
        stated = {"x-github-delivery": f"d-{next(numbers)}"} if vendor == "github" else {}
        reply = receiver.post(vendor, file.read_bytes(), **headers, **stated)
        answers[vendor, reply.status_code] += 1
        assert reply.status_code in (200, 202), (file, reply.text)
    return answers


@pytest.fixture(scope="module")
def payloads(conformance: Path) -> Path:
    return conformance / "data/payloads"


@pytest.fixture(scope="module")
def pushed(payloads: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Any]:
    home = Home(root=tmp_path_factory.mktemp("pushed"))
    sources = {vendor: Config.model_validate({"vendor": vendor}) for vendor in VENDORS}
    with hub(home.lake, **sources) as receiver:
        answers = push_all(receiver, payloads)
        kept = {vendor: receiver.lines(vendor) for vendor in VENDORS}
        raw = {receiver.lake.body(page, raw=True) for pages in kept.values() for page in pages}
    build_models(
        home, "received_events", "deployments", "incidents", "pipeline_runs", "pipeline_jobs"
    )
    return home, (answers, kept, raw)


def test_every_recorded_body_is_taken_and_kept_byte_for_byte(
    payloads: Path, pushed: tuple[Home, Any]
) -> None:
    _, (answers, kept, raw) = pushed
    files = [file for _, file, _ in bodies(payloads)]
    assert sum(answers.values()) == len(files) > 180
    assert {file.read_bytes() for file in files} == raw
    for vendor in VENDORS:
        replays = answers[vendor, 200]
        sys.stdout.write(f"{vendor:13} {answers[vendor, 202]:4} kept, {replays} the same again\n")
        assert len(kept[vendor]) == answers[vendor, 202]


def test_what_is_known_is_mapped_and_the_rest_is_kept(pushed: tuple[Home, Any]) -> None:
    home, _ = pushed
    events = rows(home, "received_events")
    outcomes = Counter((row["vendor"], row["outcome"]) for row in events)
    for (vendor, outcome), number in sorted(outcomes.items()):
        sys.stdout.write(f"{vendor:13} {outcome:7} {number}\n")
    assert all(row["event_type"] for row in events if row["vendor"] in ("github", "bitbucket"))
    deployed = {row["deployment_id"]: row for row in rows(home, "deployments", where="is_current")}
    assert deployed["github:710692"]["status"] == "succeeded"
    assert deployed["github:710692"]["repository"] == "baxterthehacker/public-repo"
    assert deployed["github:710692"]["environment_id"] == "production"
    gitlab = deployed["gitlab:15"]
    assert (gitlab["status"], gitlab["environment_id"]) == ("succeeded", "staging")
    assert gitlab["commit_sha"] == "279484c09fbe69ededfced8c1bb6e6d24616b468"
    assert gitlab["finished_at"].isoformat() == "2021-04-28T19:50:00"
    runs = {row["pipeline_run_id"]: row for row in rows(home, "pipeline_runs")}
    pipeline = runs["gitlab:31"]
    assert (pipeline["status"], pipeline["conclusion"]) == ("completed", "success")
    assert pipeline["finished_at"].isoformat() == "2016-08-12T15:26:29"


def test_no_address_and_no_name_of_a_person_is_published(pushed: tuple[Home, Any]) -> None:
    home, _ = pushed
    for table in ("received_events", "deployments", "pipeline_runs", "pipeline_jobs"):
        told = json.dumps(rows(home, table), default=str)
        assert "@example.com" not in told
        assert "@smith.com" not in told
        assert "Administrator" not in told


@pytest.mark.parametrize("order", [1, -1])
def test_a_run_that_was_told_out_of_order_ends_the_same(
    payloads: Path, tmp_path: Path, order: int
) -> None:
    home = Home(root=tmp_path)
    folder = payloads / "liatrio_gha/receiver/githubactionsreceiver/testdata"
    files = sorted(folder.rglob("*_workflow_*.json"), key=lambda file: int(file.name[0]))
    with hub(home.lake, github=Config(vendor="github")) as receiver:
        for file in files[::order]:
            kind = "workflow_run" if "_run_" in file.name else "workflow_job"
            headers = {"x-github-event": kind, "x-github-delivery": file.name}
            assert receiver.post("github", file.read_bytes(), **headers).status_code == 202
    build_models(home, "pipeline_runs", "pipeline_jobs")
    runs = {row["pipeline_run_id"]: row for row in rows(home, "pipeline_runs")}
    run = runs["github:6454805877"]
    assert (run["status"], run["conclusion"], run["attempt_count"]) == ("completed", "success", 10)
    assert run["finished_at"].isoformat() == "2023-10-13T10:12:10"
    jobs = {row["pipeline_job_id"]: row for row in rows(home, "pipeline_jobs")}
    for job in ("github:17556730984", "github:17556741424"):
        assert (jobs[job]["status"], jobs[job]["conclusion"]) == ("completed", "success")
        assert jobs[job]["pipeline_run_id"] == "github:6454805877"
