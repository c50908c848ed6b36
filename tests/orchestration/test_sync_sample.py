"""The sample company's systems, read in two runs: everything they hold is in the lake."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import github, pagerduty, servicenow
from connectors._contract import Connector
from data.sandbox import SandboxServer, World, open_world
from data.sandbox.company import ORGANISATION, SERVICES
from orchestration.lake import Lake
from orchestration.run import SAMPLE_HOSTS
from orchestration.sync import SyncReport, sync

pytestmark = pytest.mark.slow

# Asked only where they matter: reviews and commits of pull requests that were merged, jobs of
# workflows that deploy. A deployment older than two weeks that a newer one makes inactive later
# is not read again.
PARTIAL = {"pull_reviews", "pull_commits", "workflow_jobs", "deployment_statuses"}
# What a host asks for is no record of the world that changes over time.
ANSWERED = {"branch_protections"}
MOST_REQUESTS = 5_000


def _connectors(server: SandboxServer, world: World) -> list[Connector]:
    tokens, url = world.tokens, server.base_url
    return [
        github.connect(
            github.Config(
                base_url=f"{url}/github",
                token=SecretStr(tokens.github),
                organisation=ORGANISATION,
                check_run_budget=0,
                approvals=False,
            ),
            name="github",
        ),
        pagerduty.connect(
            pagerduty.Config(base_url=f"{url}/pagerduty", token=SecretStr(tokens.pagerduty)),
            name="pagerduty",
        ),
        servicenow.connect(
            servicenow.Config(
                base_url=f"{url}/servicenow",
                username=tokens.servicenow_user,
                password=SecretStr(tokens.servicenow_password),
            ),
            name="servicenow",
        ),
    ]


@pytest.fixture(scope="module")
def world() -> World:
    return open_world()


@pytest.fixture(scope="module")
def synced(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Lake, list[tuple[int, SyncReport]]]:
    lake = Lake(tmp_path_factory.mktemp("sample") / "lake")
    runs = []
    with SandboxServer(world) as server:
        for at in world.steps()[-2:]:

            def clock(at: datetime = at) -> datetime:
                return at

            server.set_time(at)
            before = server.requests
            report = sync(_connectors(server, world), lake, clock, private_hosts=SAMPLE_HOSTS)
            runs.append((server.requests - before, report))
    return lake, runs


def _records(lake: Lake, source: str, stream: str) -> Iterator[tuple[Mapping[str, str], Any]]:
    for line in lake.journal(source, stream):
        if line["event"] == "page":
            data = json.loads(lake.body(line))
            path = line["records_path"].removeprefix("$").removeprefix(".")
            for record in data[path] if path else data:
                yield line["context"], record


def _identity(stream: str, context: Mapping[str, str], record: Mapping[str, Any]) -> str:
    if stream in ("commits", "pull_commits"):
        return "/".join((*context.values(), record["sha"]))
    return str(record.get("sys_id") or record["id"])


def _newest(lake: Lake, source: str, stream: str) -> list[str]:
    newest = {
        _identity(stream, context, record): json.dumps(record, sort_keys=True)
        for context, record in _records(lake, source, stream)
    }
    return sorted(newest.values())


def test_both_runs_are_complete_and_need_few_requests(
    synced: tuple[Lake, list[tuple[int, SyncReport]]],
) -> None:
    (first, whole), (second, update) = synced[1]
    assert whole.is_complete
    assert update.is_complete
    assert first <= MOST_REQUESTS
    assert second <= first / 5
    assert whole.totals.calls == first
    assert sum(report.quarantined for report in (*whole.streams, *update.streams)) == 0


def test_the_newest_version_of_every_record_is_in_the_lake(
    world: World, synced: tuple[Lake, list[tuple[int, SyncReport]]]
) -> None:
    lake, at = synced[0], int(world.end.timestamp())
    compared = 0
    for source, stream in lake.streams():
        if stream in ANSWERED:
            continue
        bodies = (record.body_at(at) for record in world.every(source, stream))
        held = sorted(json.dumps(json.loads(body), sort_keys=True) for body in bodies if body)
        read = _newest(lake, source, stream)
        if stream in PARTIAL:
            assert set(read) <= set(held), (source, stream)
        else:
            assert read == held, (source, stream)
        compared += len(read)
    assert compared > 15_000


def test_every_question_about_a_branch_is_answered_and_asked_again_only_where_it_may_change(
    synced: tuple[Lake, list[tuple[int, SyncReport]]],
) -> None:
    asked = Counter(
        (context["repository"], context["aspect"])
        for context, _ in _records(synced[0], "github", "branch_protections")
    )
    assert len(asked) == 3 * len(SERVICES)
    # one branch is not protected and two repositories have no owners: a 404 has no tag
    assert sum(count == 2 for count in asked.values()) == 3


def test_a_second_run_keeps_the_versions_of_the_first(
    synced: tuple[Lake, list[tuple[int, SyncReport]]],
) -> None:
    versions: dict[str, set[str]] = {}
    for context, record in _records(synced[0], "github", "pulls"):
        name = _identity("pulls", context, record)
        versions.setdefault(name, set()).add(json.dumps(record, sort_keys=True))
    assert any(len(known) > 1 for known in versions.values())


def test_the_sample_tokens_are_nowhere_in_the_lake(
    world: World, synced: tuple[Lake, list[tuple[int, SyncReport]]]
) -> None:
    lake = synced[0]
    secrets = (world.tokens.github, world.tokens.servicenow_password, world.tokens.pagerduty)
    for path in Path(lake.root).rglob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert not any(secret in text for secret in secrets)
