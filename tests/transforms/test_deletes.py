"""What a source no longer has is noticed by a reconciliation, and by nothing less."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from orchestration.lake import Lake
from orchestration.run import Context, build_candidate
from orchestration.settings import Environment
from orchestration.sync import sync
from tests.transforms.models import build_models, rows
from transforms.home import Home

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
RELEASES = Stream("releases", "One row per release.")
DEPLOYMENTS = Stream("deployments", "One row per deployment.", cursor="created")
INCIDENTS = Stream("incidents", "One row per incident.", cursor="created")
SHA = "a" * 40


@dataclass
class Host:
    """A source of kind "github" whose records are prepared, by repository."""

    stream: Stream
    records: Mapping[str, Sequence[Mapping[str, Any]]]
    now: datetime
    bound: datetime | None = None
    refuses: str = ""
    name: str = "hub"
    kind: str = "github"
    access: Access | None = None

    @property
    def streams(self) -> tuple[Stream, ...]:
        return (self.stream,)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        return self.bound

    def pages(
        self, stream: Stream, *, cursor: State | None, resume: Resume, client: object, now: datetime
    ) -> Iterator[Page | Refusal]:
        for repository, records in self.records.items():
            context = {"repository": repository}
            if repository == self.refuses:
                yield Refusal(stream.name, "Odd", "odd", "u", now, context=context)
                continue
            yield Page(
                stream.name, json.dumps(list(records)).encode(), "u", now, len(records),
                context=context, checkpoint={"partition": repository},
            )  # fmt: skip

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        return {"known": sorted(checkpoints)}


def release(number: int, *, created: datetime = START - HOUR) -> dict[str, Any]:
    moment = created.isoformat()
    return {
        "id": number, "tag_name": f"v{number}", "name": f"{number}", "draft": False,
        "prerelease": False, "assets": [], "created_at": moment, "published_at": moment,
    }  # fmt: skip


def deployment(number: int) -> dict[str, Any]:
    moment = (START - HOUR).isoformat()
    return {
        "id": number, "sha": SHA, "ref": "main", "task": "deploy", "environment": "production",
        "payload": {}, "url": f"u{number}", "created_at": moment, "updated_at": moment,
    }  # fmt: skip


def incident(number: int) -> dict[str, Any]:
    moment = (START - HOUR).isoformat()
    told = {"public_id": number, "title": "Down", "state": "active", "created": moment}
    return {"id": str(number), "attributes": told | {"detected": moment, "modified": moment}}


@pytest.fixture(autouse=True)
def _every_page_is_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_STAGING_BATCH_BYTES", "1")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    Lake(made.lake).write_catalogue([], read_at=START - HOUR)
    return made


def read(
    home: Home,
    hours: int,
    records: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    reconciles: bool = False,
    stream: Stream = RELEASES,
    **more: Any,
) -> None:
    """Read what the host has so many hours after the start."""
    now = START + hours * HOUR
    host = Host(stream, records, now, **more)
    sync([host], Lake(home.lake), lambda: now, reconciles=reconciles)


def tags(home: Home) -> list[str]:
    build_models(home, "releases")
    return sorted(row["tag"] for row in rows(home, "releases"))


def seen(home: Home) -> list[tuple[str, datetime, datetime | None]]:
    """Return each deletion that was noticed, with when it was and when the record came back."""
    with duckdb.connect(str(home.staging_file), read_only=True) as connection:
        return connection.execute(
            "select record_key, deleted_seen_at, returned_at "
            "from staging.staging.deletions order by 1, 2"
        ).fetchall()


def at(hours: int) -> datetime:
    return (START + hours * HOUR).replace(tzinfo=None)


TWO = {"acme/pay": [release(1), release(2)]}
ONE = {"acme/pay": [release(2)]}


def test_what_a_reconciliation_does_not_show_is_deleted_and_says_since_when(home: Home) -> None:
    read(home, 0, TWO)
    assert tags(home) == ["v1", "v2"]
    read(home, 1, ONE, reconciles=True)
    assert tags(home) == ["v2"]
    assert seen(home) == [("acme/pay/1", at(1), None)]
    read(home, 2, ONE, reconciles=True)
    assert tags(home) == ["v2"]
    assert seen(home) == [("acme/pay/1", at(1), None)]


@pytest.mark.parametrize("is_built_between", [True, False])
def test_a_build_from_nothing_tells_the_same_as_one_after_each_run(
    home: Home, is_built_between: bool
) -> None:
    runs = [(TWO, False), (ONE, True), (TWO, False), (ONE, True), (ONE, True)]
    for hours, (records, reconciles) in enumerate(runs):
        read(home, hours, records, reconciles=reconciles)
        if is_built_between:
            tags(home)
    assert tags(home) == ["v2"]
    told = [("acme/pay/1", at(1), at(2)), ("acme/pay/1", at(3), None)]
    assert seen(home) == told


def test_a_normal_run_deletes_nothing(home: Home) -> None:
    read(home, 0, TWO)
    read(home, 1, ONE)
    assert tags(home) == ["v1", "v2"]
    assert seen(home) == []


def test_every_complete_run_of_a_listed_stream_tells_what_is_gone(home: Home) -> None:
    listed = Stream("releases", "One row per release.", deletes="listed")
    read(home, 0, TWO, stream=listed)
    read(home, 1, ONE, stream=listed)
    assert tags(home) == ["v2"]


def test_what_was_known_earlier_does_not_change(home: Home) -> None:
    read(home, 0, TWO)
    read(home, 2, ONE, reconciles=True)
    assert tags(home) == ["v2"]
    build_candidate(
        Context(home=home, environment=Environment(), clock=lambda: START),
        as_of=START + HOUR,
        arguments=["--select", "+releases"],
    )
    assert sorted(row["tag"] for row in rows(home, "releases")) == ["v1", "v2"]


def test_a_run_of_which_something_was_refused_proves_nothing(home: Home) -> None:
    both = {"acme/pay": [release(1)], "acme/cart": [release(3)]}
    read(home, 0, both)
    read(home, 1, {"acme/pay": [], "acme/cart": []}, reconciles=True, refuses="acme/cart")
    assert tags(home) == ["v1", "v3"]


def test_a_run_with_a_record_that_could_not_be_used_proves_nothing(home: Home) -> None:
    read(home, 0, TWO)
    read(home, 1, {"acme/pay": [{"id": None}, release(2)]}, reconciles=True)
    assert tags(home) == ["v1", "v2"]


def test_a_repository_that_was_not_asked_for_is_not_judged(home: Home) -> None:
    read(home, 0, {"acme/pay": [release(1)], "acme/cart": [release(3)]})
    read(home, 1, {"acme/pay": []}, reconciles=True)
    assert tags(home) == ["v3"]


@pytest.mark.parametrize("is_built_between", [True, False])
def test_a_record_that_comes_back_is_not_deleted_any_more(
    home: Home, is_built_between: bool
) -> None:
    read(home, 0, TWO)
    read(home, 1, ONE, reconciles=True)
    if is_built_between:
        assert tags(home) == ["v2"]
    read(home, 2, TWO)
    assert tags(home) == ["v1", "v2"]
    assert seen(home) == [("acme/pay/1", at(1), at(2))]


def test_a_record_outside_the_bound_is_not_judged(home: Home) -> None:
    old = release(1, created=START - 48 * HOUR)
    read(home, 0, {"acme/pay": [old, release(2), release(3)]})
    read(home, 1, {"acme/pay": [release(3)]}, reconciles=True, bound=START - 24 * HOUR)
    assert tags(home) == ["v1", "v3"]


def test_a_reconciliation_without_a_page_proves_nothing(home: Home) -> None:
    read(home, 0, {"acme/pay": [deployment(1)]}, stream=DEPLOYMENTS)
    read(home, 1, {}, reconciles=True)
    assert tags(home) == []
    read(home, 2, TWO)
    read(home, 3, {}, reconciles=True)
    assert tags(home) == ["v1", "v2"]


def test_a_deleted_deployment_stays_as_a_row_that_is_not_counted(home: Home) -> None:
    read(home, 0, {"acme/pay": [deployment(1), deployment(2)]}, stream=DEPLOYMENTS)
    read(home, 1, {"acme/pay": [deployment(2)]}, stream=DEPLOYMENTS, reconciles=True)
    build_models(home, "deployments", "fct_deployments")
    found = {row["deployment_id"]: row for row in rows(home, "deployments")}
    told = {key: (row["is_deleted"], row["deleted_seen_at"]) for key, row in found.items()}
    assert sorted(told.values(), key=str) == [(False, None), (True, at(1))]
    reasons = {
        row["deployment_id"]: row["exclusion_reason"] for row in rows(home, "fct_deployments")
    }
    assert [reasons[key] for key in sorted(told) if told[key][0]] == ["deleted"]
    assert "deleted" not in [reasons[key] for key in told if not told[key][0]]


def test_a_deleted_incident_stays_as_a_row_that_is_not_counted(home: Home) -> None:
    read(home, 0, {"acme": [incident(1), incident(2)]}, stream=INCIDENTS, kind="datadog")
    read(home, 1, {"acme": [incident(2)]}, stream=INCIDENTS, kind="datadog", reconciles=True)
    build_models(home, "fct_incidents")
    found = {row["incident_id"]: row["exclusion_reason"] for row in rows(home, "fct_incidents")}
    assert found == {"hub:1": "deleted", "hub:2": None}


def test_the_published_table_names_what_is_gone(home: Home) -> None:
    read(home, 0, TWO)
    read(home, 1, ONE, reconciles=True)
    build_models(home, "deleted_records")
    found = rows(home, "deleted_records")
    assert [(row["source"], row["stream"], row["record_key"]) for row in found] == [
        ("hub", "releases", "acme/pay/1")
    ]
    assert found[0]["deleted_seen_at"] == at(1)
