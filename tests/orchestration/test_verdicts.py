"""A verdict changes the next build, not the last one and none of an instant before it."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from orchestration.commands import verdict as command
from orchestration.errors import BuildFailed, ConfigurationError, LeadlineError, NothingToRead
from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from tests.orchestration.judged import (
    GIVEN_AT,
    KNOWN,
    READ_AT,
    Judged,
    failed_versions,
    judge_deployment,
    opened,
)
from tests.transforms.estate import Estate, at
from transforms.decisions import decisions_file, read_decisions
from transforms.home import Home
from transforms.published import Published


def _fact(published: Published, deployment: str) -> dict[str, Any]:
    rows = published.rows("fct_deployments", filters={"deployment_id": deployment})
    return rows.row(0, named=True)


def test_without_verdicts_the_records_decide(judged: Judged) -> None:
    assert failed_versions(judged.before, "convicted") == []
    assert failed_versions(judged.before, "two") == ["V1", "V2"]
    for service in ("acquitted", "blamed", "revoked", "replaced"):
        assert failed_versions(judged.before, service) == ["V2"]


def test_a_verdict_that_nothing_failed_outweighs_a_rollback_which_then_means_the_next(
    judged: Judged,
) -> None:
    assert failed_versions(judged.after, "acquitted") == ["V3"]
    pieces = judged.after.rows(
        "deployment_failures", filters={"deployment_id": judged.ids["acquitted-3"]}
    )
    told = {(row["evidence"], row["is_against"], row["is_counted"]) for row in pieces.to_dicts()}
    assert told == {("verdict", True, False), ("rolled_back", False, False)}


def test_a_verdict_that_a_deployment_failed_is_the_strongest_evidence(judged: Judged) -> None:
    fact = _fact(judged.after, judged.ids["convicted-4"])
    assert (fact["is_failed"], fact["failure_evidence"]) == (True, "verdict")
    assert fact["failure_evidence_strength"] == 1
    assert fact["failure_evidence_detail"] == "judged by a person: Seen by users"
    assert fact["is_recovery_open"]


def test_a_verdict_names_the_incident_that_a_deployment_caused(judged: Judged) -> None:
    assert failed_versions(judged.after, "blamed") == ["V3"]
    fact = _fact(judged.after, judged.ids["blamed-4"])
    assert (fact["incident_count"], fact["recovery_seconds"]) == (1, 3 * 3600)


def test_only_people_make_one_incident_the_failure_of_several_deployments(judged: Judged) -> None:
    assert failed_versions(judged.after, "two") == ["V2", "V3"]
    links = judged.after.rows(
        "deployment_incidents", filters={"incident_id": judged.ids["two"]}, order="deployment_id"
    )
    assert links["is_confirmed"].to_list() == [False, True, True]
    assert links["evidence"].to_list() == ["caused_by_change_request", "verdict", "verdict"]


def test_a_withdrawn_verdict_ends_and_a_newer_one_replaces_the_former(judged: Judged) -> None:
    assert failed_versions(judged.after, "revoked") == ["V2"]
    assert failed_versions(judged.after, "replaced") == ["V2"]
    rows = judged.after.rows("verdicts", order="verdict_id")
    states = rows.filter(pl.col("decided_at") == GIVEN_AT.replace(tzinfo=None))["state"].to_list()
    assert states.count("current") == 6
    assert (states.count("withdrawn"), states.count("superseded")) == (1, 1)


def test_a_build_as_of_before_the_verdicts_does_not_know_them(judged: Judged) -> None:
    assert judged.earlier.rows("verdicts")["deployment_id"].to_list() == [judged.ids[f"{KNOWN}-4"]]
    for table in ("fct_deployments", "deployment_failures", "deployment_incidents"):
        kept = [
            column
            for column in judged.before.rows(table).columns
            if column not in ("is_immature", "recovery_seconds")
        ]
        told = [one.rows(table).select(kept) for one in (judged.before, judged.earlier)]
        assert told[0].sort(kept[:3]).equals(told[1].sort(kept[:3]), null_equal=True)


def test_who_decided_is_published_as_a_pseudonym_only(judged: Judged) -> None:
    people = set(judged.after.rows("verdicts")["decided_by_id"])
    assert len(people) == 1
    assert re.fullmatch(r"[0-9a-f]{24}", people.pop())


def test_arguments_that_name_nothing_are_refused(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_context", opened(judged.context))
    known = judged.ids["convicted-4"]
    count = len(read_decisions(judged.context.home.lake))
    with pytest.raises(ConfigurationError, match="no deployment 'github:0'"):
        judge_deployment("github:0", is_failed=True)
    with pytest.raises(ConfigurationError, match="no incident 'servicenow:0'"):
        judge_deployment(known, is_failed=True, incidents=("servicenow:0",))
    with pytest.raises(ConfigurationError, match="leave it out"):
        judge_deployment(known, is_failed=False, incidents=(judged.ids["two"],))
    with pytest.raises(ConfigurationError, match="write it as deployment:ID"):
        command.add(known, is_failed=True, incidents=(), reason="x", who=None, is_unchecked=False)
    with pytest.raises(ConfigurationError, match="say in words why"):
        command.withdraw("verdict-1", reason=" ", who=None)
    with pytest.raises(ConfigurationError, match="no verdict 'verdict-99'"):
        command.withdraw("verdict-99", reason="x", who=None)
    with pytest.raises(ConfigurationError, match="already withdrawn"):
        command.withdraw("verdict-5", reason="x", who=None)
    with pytest.raises(ConfigurationError, match="already replaced by verdict-8"):
        command.withdraw("verdict-7", reason="x", who=None)
    assert len(read_decisions(judged.context.home.lake)) == count


def test_the_list_says_what_the_published_build_does_not_count_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    context = Context(home=Home(root=tmp_path), environment=Environment(), clock=lambda: GIVEN_AT)
    monkeypatch.setattr(command, "open_context", opened(context))
    with pytest.raises(NothingToRead, match="Nothing is published"):
        judge_deployment("github:1", is_failed=True)
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
    estate = Estate()
    estate.commit("shop", at("2026-02-02 08:00"))
    estate.write(home.lake, read_at=READ_AT)
    context = Context(home=home, environment=Environment(), clock=lambda: GIVEN_AT)
    monkeypatch.setattr(command, "open_context", opened(context))
    command.add(
        "deployment:github:1",
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
