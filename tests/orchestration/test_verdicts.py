"""A verdict changes the next build, not the last one and none of an instant before it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.commands import verdict as command
from orchestration.errors import BuildFailed, ConfigurationError, LeadlineError, NothingToRead
from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from tests.transforms.estate import Estate, at
from transforms.decisions import decisions_file, read_decisions
from transforms.home import Home
from transforms.published import Published, open_build, open_published, read_build

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
GIVEN_AT = READ_AT + timedelta(hours=1)


@dataclass
class World:
    """A published estate, its deployments and incidents by name, and a clock that tests set."""

    context: Context
    ids: dict[str, str]
    before: Published
    after: Published
    earlier: Published


def _estate() -> tuple[Estate, dict[str, str]]:
    estate, ids = Estate(), {}
    for service in ("acquitted", "convicted", "blamed", "withdrawn", "replaced", "two"):
        estate.service(service)
        for version, day in (("V1", 2), ("V2", 3), ("V3", 4), ("V1", 5)):
            if service == "convicted" and day == 5:
                continue
            ids[f"{service}-{day}"] = estate.deploy(
                service,
                estate.commit(service, at(f"2026-02-0{day} 08:00")),
                at(f"2026-02-0{day} 10:00"),
                artifact_digest=f"{service}-{version}",
                version=version,
            )
        ids[service] = estate.incident(
            service,
            at("2026-02-04 12:00"),
            at("2026-02-04 13:00"),
            caused_by=ids["two-2"] if service == "two" else "",
        )
    return estate, ids


def _open_context(context: Context) -> Callable[[], Context]:
    return lambda: context


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return builds before, after and as of before the verdicts."""
    home = Home(root=tmp_path_factory.mktemp("verdicts"))
    estate, ids = _estate()
    estate.write(home.lake, read_at=READ_AT)
    context = Context(home=home, environment=Environment(), clock=lambda: READ_AT)
    build_and_publish(context)
    before = open_published(home)
    context = replace(context, clock=lambda: GIVEN_AT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "open_context", _open_context(context))
        _give_verdicts(ids)
    build_and_publish(context)
    after = open_published(home)
    earlier = build_and_publish(context, as_of=GIVEN_AT - timedelta(seconds=1), moves_current=False)
    return World(
        context=context,
        ids=ids,
        before=before,
        after=after,
        earlier=open_build(read_build(earlier.path)),
    )


def _add(deployment: str, *, is_failed: bool, incidents: tuple[str, ...] = ()) -> None:
    command.add(
        f"deployment:{deployment}",
        is_failed=is_failed,
        incidents=incidents,
        reason="Seen by users",
        who="ada@example.org",
        is_unchecked=False,
    )


def _give_verdicts(ids: dict[str, str]) -> None:
    _add(ids["acquitted-3"], is_failed=False)
    _add(ids["convicted-4"], is_failed=True)
    _add(ids["blamed-4"], is_failed=True, incidents=(ids["blamed"],))
    _add(ids["withdrawn-3"], is_failed=False)
    command.withdraw("verdict-4", reason="Was another one", who="Bob")
    _add(ids["replaced-3"], is_failed=False)
    _add(ids["replaced-3"], is_failed=True)
    for day in (3, 4):
        _add(ids[f"two-{day}"], is_failed=True, incidents=(ids["two"],))


def _failed(published: Published, service: str) -> list[str]:
    rows = published.rows(
        "fct_deployments", filters={"service_id": service, "is_failed": True}, order="started_at"
    )
    return rows["version"].to_list()


def _fact(published: Published, deployment: str) -> dict[str, Any]:
    rows = published.rows("fct_deployments", filters={"deployment_id": deployment})
    return rows.row(0, named=True)


def test_without_verdicts_the_records_decide(world: World) -> None:
    assert _failed(world.before, "convicted") == []
    assert _failed(world.before, "two") == ["V1", "V2"]
    for service in ("acquitted", "blamed", "withdrawn", "replaced"):
        assert _failed(world.before, service) == ["V2"]


def test_a_verdict_that_nothing_failed_outweighs_a_rollback_which_then_means_the_next(
    world: World,
) -> None:
    assert _failed(world.after, "acquitted") == ["V3"]
    pieces = world.after.rows(
        "deployment_failures", filters={"deployment_id": world.ids["acquitted-3"]}
    )
    told = {(row["evidence"], row["is_against"], row["is_counted"]) for row in pieces.to_dicts()}
    assert told == {("verdict", True, False), ("rolled_back", False, False)}


def test_a_verdict_that_a_deployment_failed_is_the_strongest_evidence(world: World) -> None:
    fact = _fact(world.after, world.ids["convicted-4"])
    assert (fact["is_failed"], fact["failure_evidence"]) == (True, "verdict")
    assert fact["failure_evidence_strength"] == 1
    assert fact["failure_evidence_detail"] == "judged by a person: Seen by users"
    assert fact["is_recovery_open"]


def test_a_verdict_names_the_incident_that_a_deployment_caused(world: World) -> None:
    assert _failed(world.after, "blamed") == ["V3"]
    fact = _fact(world.after, world.ids["blamed-4"])
    assert (fact["incident_count"], fact["recovery_seconds"]) == (1, 3 * 3600)


def test_only_people_make_one_incident_the_failure_of_several_deployments(world: World) -> None:
    assert _failed(world.after, "two") == ["V2", "V3"]
    links = world.after.rows(
        "deployment_incidents", filters={"incident_id": world.ids["two"]}, order="deployment_id"
    )
    assert links["is_confirmed"].to_list() == [False, True, True]
    assert links["evidence"].to_list() == ["caused_by_change_request", "verdict", "verdict"]


def test_a_withdrawn_verdict_ends_and_a_newer_one_replaces_the_former(world: World) -> None:
    assert _failed(world.after, "withdrawn") == ["V2"]
    assert _failed(world.after, "replaced") == ["V2"]
    states = world.after.rows("verdicts", order="verdict_id")["state"].to_list()
    assert states.count("current") == 6
    assert (states.count("withdrawn"), states.count("superseded")) == (1, 1)


def test_a_build_as_of_before_the_verdicts_does_not_know_them(world: World) -> None:
    assert world.earlier.rows("verdicts").is_empty()
    assert world.earlier.build.fingerprint != world.after.build.fingerprint
    for table in ("fct_deployments", "deployment_failures", "deployment_incidents"):
        kept = [
            column
            for column in world.before.rows(table).columns
            if column not in ("is_immature", "recovery_seconds")
        ]
        told = [one.rows(table).select(kept) for one in (world.before, world.earlier)]
        assert told[0].sort(kept[:3]).equals(told[1].sort(kept[:3]), null_equal=True)


def test_who_decided_is_published_as_a_pseudonym_only(world: World) -> None:
    people = set(world.after.rows("verdicts")["decided_by_id"])
    assert len(people) == 1
    assert re.fullmatch(r"[0-9a-f]{24}", people.pop())


def test_arguments_that_name_nothing_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_context", _open_context(world.context))
    known = world.ids["convicted-4"]
    with pytest.raises(ConfigurationError, match="no deployment 'github:0'"):
        _add("github:0", is_failed=True)
    with pytest.raises(ConfigurationError, match="no incident 'servicenow:0'"):
        _add(known, is_failed=True, incidents=("servicenow:0",))
    with pytest.raises(ConfigurationError, match="leave it out"):
        _add(known, is_failed=False, incidents=(world.ids["two"],))
    with pytest.raises(ConfigurationError, match="write it as deployment:ID"):
        command.add(known, is_failed=True, incidents=(), reason="x", who=None, is_unchecked=False)
    with pytest.raises(ConfigurationError, match="say in words why"):
        command.withdraw("verdict-1", reason=" ", who=None)
    with pytest.raises(ConfigurationError, match="no verdict 'verdict-99'"):
        command.withdraw("verdict-99", reason="x", who=None)
    with pytest.raises(ConfigurationError, match="already withdrawn"):
        command.withdraw("verdict-4", reason="x", who=None)
    with pytest.raises(ConfigurationError, match="already replaced by verdict-7"):
        command.withdraw("verdict-6", reason="x", who=None)
    assert len(read_decisions(world.context.home.lake)) == 9


def test_the_list_says_what_the_published_build_does_not_count_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    context = Context(home=Home(root=tmp_path), environment=Environment(), clock=lambda: GIVEN_AT)
    monkeypatch.setattr(command, "open_context", _open_context(context))
    with pytest.raises(NothingToRead, match="Nothing is published"):
        _add("github:1", is_failed=True)
    command.add(
        "deployment:github:1",
        is_failed=True,
        incidents=(),
        reason="Not read yet",
        who="Ada",
        is_unchecked=True,
    )
    command.show()
    assert "current, pending until the next build" in capsys.readouterr().out


def test_decisions_that_were_altered_keep_a_build_from_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(root=tmp_path)
    estate, ids = _estate()
    estate.write(home.lake, read_at=READ_AT)
    context = Context(home=home, environment=Environment(), clock=lambda: GIVEN_AT)
    monkeypatch.setattr(command, "open_context", _open_context(context))
    command.add(
        f"deployment:{ids['two-3']}",
        is_failed=True,
        incidents=(),
        reason="x",
        who="Ada",
        is_unchecked=True,
    )
    file = decisions_file(home.lake)
    file.write_bytes(file.read_bytes().replace(b'"x"', b'"y"'))
    with pytest.raises(BuildFailed, match="restore the file from a backup"):
        build_and_publish(context)
    with pytest.raises(LeadlineError, match="line 1 of"):
        command.show()
