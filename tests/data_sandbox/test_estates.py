"""Estates: exact sizes, equal bytes, sound graphs, and causes that precede their incidents."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from data.sandbox.estates import SIZES, Estate, write_estate

Rows = list[dict[str, Any]]


@dataclass
class Shelf:
    """Keeps every page that is written."""

    pages: list[tuple[str, bytes]] = field(default_factory=list)

    def __call__(
        self,
        source: str,
        *,
        kind: str,
        stream: str,
        records: bytes,
        row_count: int,
        context: Mapping[str, str],
        read_at: datetime,
    ) -> None:
        assert source == kind
        assert context == {}
        assert records.endswith(b"\n")
        assert records.count(b"\n") == row_count <= 100_000
        self.pages.append((stream, records))

    def rows(self, stream: str) -> Rows:
        return [
            json.loads(line)
            for name, records in self.pages
            if name == stream
            for line in records.splitlines()
        ]

    def digest(self) -> str:
        total = hashlib.sha256()
        for stream, records in self.pages:
            total.update(stream.encode() + records)
        return total.hexdigest()


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture(scope="module")
def estate(shelf: Shelf) -> Estate:
    """Write size S once."""
    return write_estate(SIZES["S"], write=shelf)


def test_size_s_has_exactly_the_rows_it_promises(estate: Estate, shelf: Shelf) -> None:
    size = estate.size
    assert estate.row_counts["git.commits"] == size.commits
    assert estate.row_counts["github.deployments"] == size.deployments
    assert estate.row_counts["github.deployment_statuses"] == 2 * size.deployments
    assert estate.row_counts["pagerduty.incidents"] >= size.incidents - 2
    assert estate.row_counts["junit.test_results"] == size.test_results
    for name, count in estate.row_counts.items():
        assert len(shelf.rows(name.split(".")[1])) == count


def test_equal_arguments_write_equal_bytes(estate: Estate, shelf: Shelf) -> None:
    again, other = Shelf(), Shelf()
    write_estate(estate.size, write=again)
    write_estate(estate.size, write=other, seed=2)
    assert again.digest() == shelf.digest() != other.digest()


# Of the pages of S and M as they were before the law of failures became a parameter.
BYTES_OF_S = "13e2c9161ca2f1ff98d074bd9ad624a69c68f3b36053ef27cf59d4a8163f9a3a"
BYTES_OF_M = "4e19fbcb258a8d9a0a8f9cd2309a343289c533716eeef51b924d88b283d059ed"


def test_the_default_law_writes_the_bytes_it_always_wrote(estate: Estate, shelf: Shelf) -> None:
    assert shelf.digest() == BYTES_OF_S


def test_streams_can_be_left_out_and_change_nothing_else(estate: Estate, shelf: Shelf) -> None:
    bare = Shelf()
    written = write_estate(estate.size, write=bare, without={"test_results", "commits"})
    assert bare.pages == [
        page for page in shelf.pages if page[0] not in {"test_results", "commits"}
    ]
    assert written.incident_causes() == estate.incident_causes()


def test_commit_graphs_have_merges_and_no_cycles(estate: Estate, shelf: Shelf) -> None:
    place: dict[str, int] = {}
    commits = shelf.rows("commits")
    for number, commit in enumerate(commits):
        assert len(commit["sha"]) == 40
        assert all(parent in place for parent in commit["parents"])
        place[commit["sha"]] = number
    assert len(place) == len(commits)
    merges = sum(len(commit["parents"]) == 2 for commit in commits)
    assert 0.15 < merges / len(commits) < 0.35
    assert sum(not commit["parents"] for commit in commits) >= estate.size.services
    assert all(sha in place for commit in commits for sha in commit["reverts"])
    assert any(commit["reverts"] for commit in commits)


def test_commits_stay_inside_their_repository(estate: Estate, shelf: Shelf) -> None:
    home = {c["sha"]: c["_context"]["repository"] for c in shelf.rows("commits")}
    for commit in shelf.rows("commits"):
        assert {home[parent] for parent in commit["parents"]} <= {home[commit["sha"]]}
    for deployment in shelf.rows("deployments"):
        assert home[deployment["sha"]] == deployment["_context"]["repository"]


def test_what_is_deployed_was_committed_before(estate: Estate, shelf: Shelf) -> None:
    committed = {c["sha"]: c["committed_at"] for c in shelf.rows("commits")}
    for deployment in shelf.rows("deployments"):
        created = datetime.fromisoformat(deployment["created_at"])
        assert committed[deployment["sha"]] <= created.timestamp()


def test_every_deployment_has_a_beginning_and_an_end(estate: Estate, shelf: Shelf) -> None:
    ids = {str(d["id"]) for d in shelf.rows("deployments")}
    assert len(ids) == estate.size.deployments
    statuses = shelf.rows("deployment_statuses")
    assert {s["_context"]["deployment_id"] for s in statuses} == ids
    assert {s["state"] for s in statuses} == {"in_progress", "success", "failure"}


def test_causes_precede_their_incidents_and_a_third_has_none(estate: Estate, shelf: Shelf) -> None:
    causes = estate.incident_causes()
    finished = {f"github:{d['id']}": d for d in shelf.rows("deployments")}
    incidents = {f"pagerduty:{i['id']}": i for i in shelf.rows("incidents")}
    assert set(incidents) <= set(causes)
    for key, incident in incidents.items():
        cause = causes[key]
        if cause is not None:
            assert finished[cause]["environment"] == "production"
            assert finished[cause]["created_at"] < incident["created_at"]
    without = sum(cause is None for cause in causes.values()) / len(causes)
    assert 0.3 < without < 0.4


def test_rollbacks_bring_back_a_commit_that_was_deployed_before(
    estate: Estate, shelf: Shelf
) -> None:
    seen: dict[str, set[str]] = {}
    rollbacks = 0
    for deployment in sorted(shelf.rows("deployments"), key=lambda d: d["created_at"]):
        shas = seen.setdefault(deployment["_context"]["repository"], set())
        if deployment["payload"]["is_rollback"]:
            rollbacks += 1
            assert deployment["sha"] in shas
        shas.add(deployment["sha"])
    assert rollbacks > 40


def test_configuration_names_every_service_once(estate: Estate) -> None:
    services: Any = estate.catalogue["services"]
    assert len({service["id"] for service in services}) == estate.size.services
    known = {service["id"] for service in services}
    assert all(set(service["depends_on"]) <= known for service in services)


@pytest.mark.slow
def test_size_m_is_written_in_under_a_minute_and_exact() -> None:
    counts: dict[str, int] = {}
    total = hashlib.sha256()

    def write(
        source: str,
        *,
        kind: str,
        stream: str,
        records: bytes,
        row_count: int,
        context: Mapping[str, str],
        read_at: datetime,
    ) -> None:
        counts[stream] = counts.get(stream, 0) + row_count
        total.update(stream.encode() + records)

    began = datetime.now().astimezone()
    estate = write_estate(SIZES["M"], write=write)
    assert (datetime.now().astimezone() - began).total_seconds() < 60
    assert counts["commits"] == estate.size.commits == 2_000_000
    assert counts["deployments"] == 248_000
    assert counts["test_results"] == 5_000_000
    assert total.hexdigest() == BYTES_OF_M
