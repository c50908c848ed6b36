"""A real Buildbot, where it is installed: every build that it made becomes a pipeline run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import buildbot
from orchestration.lake import Lake
from orchestration.sync import SyncReport, sync
from tests.connectors import buildbot_server as servers
from tests.transforms.models import build_models, rows
from transforms.home import Home

pytestmark = pytest.mark.system

GOOD = "a" * 40
LATER = "b" * 40
DAY = 86_400
HOSTS = ("127.0.0.1",)


@dataclass(frozen=True)
class Read:
    """What two syncs of a master left: the second after one more build."""

    master: servers.Buildbot
    requests: list[dict[str, Any]]
    reports: tuple[SyncReport, SyncReport]
    asked: list[str]
    home: Home


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    home = Home(tmp_path_factory.mktemp("home"))
    lake = Lake(home.lake)
    with servers.buildbot(tmp_path_factory.mktemp("buildbot")) as master:
        master.force("deploy pay to prod", revision=GOOD, version="v1.2", service="pay")
        master.await_requests(1)
        master.force("unit tests", revision=GOOD)
        master.await_requests(2)
        master.force("slow")
        master.force("unit tests")
        master.force("unit tests")
        requests = master.await_requests(5)
        for number in (1, 2):
            master.make_older(number, seconds=3 * DAY - number * DAY)
        for number in (3, 4):
            master.make_older(number, seconds=DAY // 2)
        connector = buildbot.connect(
            buildbot.Config(base_url=master.url, plain_http_hosts=HOSTS), name="ci"
        )
        first = sync([connector], lake, _now, private_hosts=HOSTS)
        master.force("deploy pay to prod", revision=LATER, version="v1.3", service="pay")
        master.await_requests(6)
        before = len(_asked(lake))
        second = sync([connector], lake, _now, private_hosts=HOSTS)
        yield Read(master, requests, (first, second), _asked(lake)[before:], home)


def _now() -> datetime:
    return datetime.now(UTC)


def _asked(lake: Lake) -> list[str]:
    """Return what the pages of builds in the lake were asked for with."""
    return [
        line["request"]["url"] for line in lake.journal("ci", "builds") if line["event"] == "page"
    ]


def _rows_of(report: SyncReport, stream: str) -> int:
    (found,) = [one for one in report.streams if one.stream == stream]
    return found.rows


def test_two_requests_that_waited_are_one_build(read: Read) -> None:
    assert sorted(one["results"] for one in read.requests) == [0, 0, 2, 2, 3]


def test_the_first_sync_reads_every_build_and_the_steps_of_those_that_deploy(read: Read) -> None:
    first, _ = read.reports
    assert first.is_complete
    assert _rows_of(first, "builds") == 4
    assert _rows_of(first, "build_steps") == 3


def test_the_second_sync_asks_only_for_what_ended_since(read: Read) -> None:
    _, second = read.reports
    ended = [build["complete_at"] for build in read.master.get("builds")["builds"]]
    begin = max(ended[:4]) - buildbot.OVERLAP_SECONDS
    assert second.is_complete
    (builds,) = [url for url in read.asked if "complete=true" in url]
    assert f"complete_at__ge={begin}&" in builds
    assert _rows_of(second, "builds") == sum(end >= begin for end in ended) < len(ended)
    assert _rows_of(second, "build_steps") == 3


def test_every_build_of_the_server_is_a_pipeline_run(read: Read) -> None:
    build_models(read.home, "pipeline_runs", "pipeline_jobs", "deployments", now=_now())
    there = {
        f"ci:{build['buildid']}": datetime.fromtimestamp(build["complete_at"], UTC)
        for build in read.master.get("builds")["builds"]
    }
    runs = {row["pipeline_run_id"]: row for row in rows(read.home, "pipeline_runs")}
    assert {key: row["finished_at"].replace(tzinfo=UTC) for key, row in runs.items()} == there
    assert len(runs) == 5
    assert [runs[f"ci:{number}"]["conclusion"] for number in range(1, 6)] == [
        "success",
        "failure",
        "success",
        "failure",
        "success",
    ]
    assert {row["repository"] for row in runs.values()} == {"acme/pay"}

    jobs = rows(read.home, "pipeline_jobs", where="pipeline_run_id = 'ci:5'")
    assert {"deploy", "smoke test"} < {job["name"] for job in jobs}

    deployed = rows(read.home, "deployments", where="is_current")
    assert [
        (row["deployment_id"], row["version"], row["commit_sha"], row["status"])
        for row in sorted(deployed, key=lambda row: row["deployment_id"])
    ] == [("ci:1", "v1.2", GOOD, "succeeded"), ("ci:5", "v1.3", LATER, "succeeded")]
    assert {row["environment_id"] for row in deployed} == {"production"}
    assert "ada@" not in json.dumps(deployed, default=str)
