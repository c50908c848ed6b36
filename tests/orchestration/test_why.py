"""The command why, and what the pages of causes read, from one build of a small estate."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from orchestration.commands import why as command
from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.run import Context
from orchestration.settings import Environment
from tests.transforms.conftest import READ_AT, publish_estate
from tests.transforms.estate import Estate, at
from transforms.decisions import append_decision, attribution_subject
from transforms.home import Home
from transforms.published import Published

HOSTILE = "[x](javascript:alert) | <b>"


@dataclass
class World:
    """One published build and the ids of its records by name."""

    home: Home
    ids: dict[str, str]
    published: Published


def _estate() -> tuple[Estate, dict[str, str]]:
    estate, ids = Estate(), {}
    for service in ("shop", "pay", "quiet"):
        estate.service(service)
    first = estate.commit("shop", at("2026-02-01 08:00"))
    ids["old"] = estate.deploy("shop", first, at("2026-02-01 10:00"), version="1.0")
    merge = estate.squash(
        "shop", [at("2026-02-02 08:00")], at("2026-02-02 09:00"), parents=(first,)
    )
    pull = f"{estate.numbers}"
    for reviewer, state in (("bob", "APPROVED"), ("eve", "COMMENTED")):
        _review(estate, pull, reviewer, state)
    ids["near"] = estate.deploy("shop", merge, at("2026-02-02 10:00"), version="1.1")
    ids["far"] = estate.deploy(
        "pay", estate.commit("pay", at("2026-02-02 08:00")), at("2026-02-02 10:30"), version="7"
    )
    request = estate.change_request("shop", at("2026-02-01 12:00"), ids["near"])
    for approver, decided in (("ann", "2026-02-01 15:00:00"), ("joe", "2026-02-02 11:00:00")):
        _approve(estate, request, approver, decided)
    for name, attempt, status in (
        ("test_a", 1, "passed"), ("test_b", 1, "failed"), ("test_b", 2, "passed"),
        ("test_c", 1, "failed"),
    ):  # fmt: skip
        _test(estate, merge, name, attempt, status)
    ids["caused"] = estate.incident("shop", at("2026-02-02 10:20"), at("2026-02-02 11:00"))
    ids["copy"] = estate.incident(
        "shop", at("2026-02-02 10:25"), at("2026-02-02 11:00"), parent=ids["caused"]
    )
    ids["alone"] = estate.incident("quiet", at("2026-02-20 10:00"), None)
    ids["cleared"] = estate.incident("shop", at("2026-02-03 10:00"), at("2026-02-03 11:00"))
    for key in ("caused", "alone"):
        record = next(
            one for one, _ in estate.streams["servicenow", "incident"]
            if one["sys_id"] == ids[key].split(":")[1]
        )  # fmt: skip
        record["number"] = "INC0001" if key == "caused" else "INC0002"
    estate.incident_edit(ids["alone"], at("2026-02-20 10:00"), short_description=HOSTILE)
    return estate, ids


def _review(estate: Estate, pull: str, reviewer: str, state: str) -> None:
    estate.add(
        "github",
        "pull_reviews",
        {
            "id": estate.number(), "state": state, "user": {"login": reviewer, "type": "User"},
            "submitted_at": "2026-02-02T08:30:00Z",
        },
        repository="acme/shop",
        pull_number=pull,
    )  # fmt: skip


def _approve(estate: Estate, request: str, approver: str, decided: str) -> None:
    estate.add(
        "servicenow",
        "sysapproval_approver",
        {
            "sys_id": f"apr-{estate.number()}", "sysapproval": {"link": "", "value": request},
            "approver": {"link": "", "value": approver}, "state": "approved", "comments": "",
            "sys_created_on": "2026-02-01 13:00:00", "sys_updated_on": decided,
        },
    )  # fmt: skip


def _test(estate: Estate, sha: str, name: str, attempt: int, status: str) -> None:
    estate.add(
        "junit",
        "test_results",
        {
            "report_file": f"run-{attempt}.xml", "suite": "s", "classname": "c", "name": name,
            "status": status, "time_seconds": "0.1", "attempt": f"{attempt}",
            "started_at": "2026-02-02T09:10:00Z",
            "properties": {"commit_sha": sha, "service": "shop", "pipeline_run_id": "1"},
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("why")
    home = Home(root=root)
    estate, ids = _estate()
    append_decision(
        home.lake, kind="attribution", subject=attribution_subject(ids["cleared"], None),
        verdict="no_deployment", reason="The provider failed", who="Ada",
        decided_at=READ_AT - timedelta(days=1),
    )  # fmt: skip
    return World(home=home, ids=ids, published=publish_estate(root, estate))


@pytest.fixture(autouse=True)
def _here(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context(home=world.home, environment=Environment(), clock=lambda: READ_AT)
    monkeypatch.setattr(command, "open_context", lambda: context)


def _json(capsys: pytest.CaptureFixture[str], subject: str) -> dict[str, Any]:
    command.why(subject, output="json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_suspects_are_ranked_with_reasons_and_everything_adds_up(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    told = _json(capsys, f"incident:{world.ids['caused']}")
    assert [one["change_event_id"] for one in told["suspects"]] == [
        world.ids["near"],
        world.ids["old"],
    ]
    total = sum(one["probability"] for one in told["suspects"]) + told["none_probability"]
    assert total == pytest.approx(1)
    assert told["suspects"][0]["facts"] == ["20 min before", "same service", "1 change"]
    assert (told["model"], told["fit"]["model"]) == ("fixed_weights", "fixed_weights")
    assert told["basis"] == "fixed_weights"
    assert told["incident"]["service_ids"] == ["shop"]
    assert told["incident"]["impact_started_at"] == "2026-02-02T10:20:00Z"


@pytest.mark.parametrize("name", ["number", "copy"])
def test_an_incident_may_be_called_by_its_number_or_by_a_second_record(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = "INC0001" if name == "number" else f"incident:{world.ids['copy']}"
    assert _json(capsys, subject)["incident"]["incident_id"] == world.ids["caused"]


def test_the_fields_for_programs_stay_what_they_are(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    told = _json(capsys, "INC0001")
    assert set(told) == {
        "schema_version", "build", "as_of", "incident", "attribution", "basis", "basis_words",
        "none_probability", "model_none_probability", "suspect_count", "background_per_week",
        "model", "suspects", "fit",
    }  # fmt: skip
    assert told["schema_version"] == 1
    assert set(told["suspects"][0]) == {
        *command.SUSPECT_FIELDS, "label", "finished_at", "source_url", "facts", "why",
    }  # fmt: skip


def test_without_a_suspect_and_with_a_persons_word_no_deployment_stands_first(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for subject, basis, first in (
        ("INC0002", "no_candidate", ("100 %", "no deployment")),
        (f"incident:{world.ids['cleared']}", "verdict", ("100 %", "no deployment")),
    ):
        answer = command.read_answer(world.published, subject)
        assert answer.attribution["basis"] == basis
        assert command.suspect_rows(answer)[0][:2] == first
        assert command.verdict_sentence(answer).startswith("Probably not caused by a deployment")
    assert command.suspect_rows(answer)[0][3] == "a person judged so"


def test_markdown_shows_text_of_strangers_literally(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    command.why("INC0002", output="markdown")
    text = capsys.readouterr().out
    assert "\\[x\\](javascript:alert) \\| \\<b\\>" in text
    assert text.splitlines()[0].startswith("### INC0002")


def test_the_table_names_ids_that_a_verdict_can_use(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = command.read_answer(world.published, "INC0001")
    assert f"(deployment:{world.ids['near']})" in command.suspect_rows(answer)[0][1]
    command.why("INC0001", output="table")
    told = capsys.readouterr()
    assert "Fixed weights" in told.err
    assert "leadline verdict add incident:" in told.err


def test_what_is_not_known_is_refused_with_a_remedy(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="no incident 'INC9' in the published build"):
        command.why("INC9", output="table")
    empty = Context(home=Home(root=tmp_path), environment=Environment(), clock=lambda: READ_AT)
    monkeypatch.setattr(command, "open_context", lambda: empty)
    with pytest.raises(NothingToRead, match="Nothing is published"):
        command.why("INC0001", output="table")


def test_a_number_of_several_incidents_asks_which(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Published.rows

    def doubled(self: Published, table: str, **given: Any) -> pl.DataFrame:
        found = rows(self, table, **given)
        if table == "fct_incidents" and "number" in given.get("filters", {}):
            other = found.with_columns(root_incident_id=pl.lit("other"))
            return pl.concat([found, other])
        return found

    monkeypatch.setattr(Published, "rows", doubled)
    with pytest.raises(ConfigurationError, match="give incident:other, incident:"):
        command.why("INC0001", output="table")


def test_details_of_a_deployment_tell_request_approvals_tests_and_version_before(
    world: World,
) -> None:
    row = world.published.rows(
        "deployment_details", filters={"deployment_id": world.ids["near"]}
    ).row(0, named=True)
    assert (row["previous_version"], row["previous_deployment_id"]) == ("1.0", world.ids["old"])
    assert (row["change_request_type"], row["approver_count"]) == ("normal", 2)
    # the second approval came an hour after the deployment had begun
    assert row["is_approved_before_start"] is False
    assert row["approved_at"] == datetime(2026, 2, 2, 11, tzinfo=UTC).replace(tzinfo=None)
    # a test that passed in its second attempt has not failed
    assert (row["test_count"], row["failed_test_count"]) == (3, 1)
    assert row["failed_tests"] == ["c.test_c"]
    bare = world.published.rows(
        "deployment_details", filters={"deployment_id": world.ids["far"]}
    ).row(0, named=True)
    assert (bare["change_request_id"], bare["approver_count"]) == (None, None)
    assert (bare["test_count"], bare["failed_tests"]) == (None, [])


def test_changes_of_a_deployment_count_reviewers_and_name_none(world: World) -> None:
    rows = world.published.rows("deployment_changes", filters={"deployment_id": world.ids["near"]})
    assert rows.height == 1
    row = rows.row(0, named=True)
    assert (row["approver_count"], row["review_count"], row["is_reviewable"]) == (1, 2, True)
    assert not [name for name in rows.columns if name.endswith(("author_id", "reviewer_id"))]


def test_explanations_hold_each_incident_that_counts_once_a_service(world: World) -> None:
    rows = world.published.rows("incident_explanations", order="impact_started_at")
    assert rows["incident_id"].to_list() == [
        world.ids["caused"], world.ids["cleared"], world.ids["alone"],
    ]  # fmt: skip
    assert rows["is_explained"].to_list() == [True, True, False]


def test_rows_are_read_by_lists_and_ranges(world: World) -> None:
    rows = world.published.rows(
        "fct_deployments",
        filters={"service_id": ["shop", "pay"]},
        between=("finished_at", datetime(2026, 2, 2), datetime(2026, 2, 2, 10, 30)),  # noqa: DTZ001
    )
    assert rows["deployment_id"].to_list() == [world.ids["near"]]
    assert world.published.rows("fct_deployments", filters={"service_id": []}).is_empty()
