"""Tasks, problems, audits and deletions of ServiceNow from their replies to the tables."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import servicenow
from tests.connectors.fakes import START
from tests.connectors.test_servicenow import FakeInstance
from tests.transforms.desk_lake import declare, keep
from tests.transforms.models import build_models, rows
from transforms.home import Home

HOUR = timedelta(hours=1)
TABLES = (*servicenow.TABLES, *servicenow.RECORDS)
MODELS = ("incidents", "change_requests", "change_tasks", "problems", "work_item_events")


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S")


def _naive(instant: datetime) -> datetime:
    return instant.replace(tzinfo=None)


def _row(sys_id: str, **fields: Any) -> dict[str, Any]:
    stamps = {"sys_created_on": _text(START - 9 * HOUR), "sys_updated_on": _text(START - HOUR)}
    references = {
        name: {"link": "https://acme.service-now.test/x", "value": value.removeprefix("->")}
        for name, value in fields.items()
        if value.startswith("->")
    }
    return {"sys_id": sys_id, **stamps, **fields, **references}


def _instance() -> dict[str, list[dict[str, Any]]]:
    opened = {"opened_at": _text(START - 9 * HOUR), "priority": "1 - Critical"}
    return {
        "cmdb_ci": [_row("ci1", name="checkout")],
        "incident": [
            _row("inc1", number="INC1", state="2", problem_id="->prb1", **opened),
            _row("inc2", number="INC2", state="2", problem_id="", **opened),
        ],
        "change_request": [
            _row("chg1", number="CHG1", state="3", review_status="completed",
                 review_date=_text(START), cmdb_ci="->ci1"),
            _row("chg2", number="CHG2", state="-1", review_status="", review_date=""),
        ],
        "change_task": [
            _row("tsk1", number="CTASK1", change_request="->chg1", change_task_type="review",
                 state="3", assigned_to="->usr1", work_start=_text(START - 3 * HOUR),
                 work_end=_text(START - 2 * HOUR), planned_start_date="", closed_at=""),
        ],
        "problem": [
            _row("prb1", number="PRB1", problem_state="103", state="103", priority="2",
                 known_error="true", cmdb_ci="->ci1", first_reported_by_task="->inc2",
                 rfc="->chg1", assigned_to="->usr1", resolved_at="", closed_at=""),
        ],
        "sys_audit": [
            _row("aud1", tablename="incident", documentkey="inc1", fieldname="state",
                 oldvalue="1", newvalue="2", user="fred.flint"),
            _row("aud2", tablename="change_task", documentkey="tsk1", fieldname="assigned_to",
                 oldvalue="", newvalue="usr1", user="fred.flint"),
        ],
        "sys_audit_delete": [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home, tables = Home(root=tmp_path_factory.mktemp("servicenow")), _instance()
    declare(home, "checkout")
    config = servicenow.Config(
        base_url="https://acme.service-now.test", token=SecretStr("t"), tables=TABLES
    )
    source = servicenow.connect(config, name="desk")

    def serve(request: httpx.Request) -> httpx.Response:
        return FakeInstance(tables.get(request.url.path.split("/")[-1], []))(request)

    assert keep(home, source, serve).is_complete
    tables["sys_audit_delete"] = [
        _row("del1", tablename="incident", documentkey="inc2"),
        _row("del2", tablename="change_request", documentkey="chg2"),
    ]
    del tables["incident"][1], tables["change_request"][1]
    assert keep(home, source, serve, now=START + 24 * HOUR).is_complete
    build_models(home, *MODELS, now=START + 48 * HOUR)
    return home


def _one(home: Home, model: str, where: str = "true") -> dict[str, Any]:
    (row,) = rows(home, model, where=where)
    return row


def test_a_task_is_of_its_change_with_the_times_of_its_work(home: Home) -> None:
    task = _one(home, "change_tasks")
    assert (task["change_request_id"], task["type"]) == ("desk:chg1", "review")
    assert task["started_at"] == _naive(START - 3 * HOUR)
    assert task["ended_at"] == _naive(START - 2 * HOUR)
    assert task["planned_start_at"] is None


def test_a_problem_names_its_incidents_and_the_change_that_mends_it(home: Home) -> None:
    problem = _one(home, "problems")
    assert problem["incident_ids"] == ["desk:inc1", "desk:inc2"]
    assert (problem["change_request_id"], problem["service_id"]) == ("desk:chg1", "checkout")
    assert (problem["severity"], problem["is_known_error"]) == (2, True)


def test_a_change_says_how_its_review_went(home: Home) -> None:
    change = _one(home, "change_requests", "number = 'CHG1'")
    assert (change["review_status"], change["reviewed_at"]) == ("completed", _naive(START))


def test_what_is_audited_of_states_are_events_of_the_record(home: Home) -> None:
    event = _one(home, "work_item_events", "field = 'state'")
    assert event["work_item_id"] == "desk:inc1"
    assert (event["old_value"], event["new_value"]) == ("1", "2")
    assert event["changed_at"] == _naive(START - 9 * HOUR)


def test_who_is_assigned_has_one_pseudonym_in_the_record_and_in_its_audit(home: Home) -> None:
    event = _one(home, "work_item_events", "field = 'assigned_to'")
    assert event["new_value"] == _one(home, "change_tasks")["assignee_id"]
    assert "fred" not in json.dumps(rows(home, "work_item_events"), default=str)


def test_an_incident_that_was_deleted_is_invalid_since_that_was_read(home: Home) -> None:
    versions = rows(home, "incidents", where="number = 'INC2'")
    assert {row["version_number"]: row["status"] for row in versions} == {
        1: "acknowledged",
        2: "invalid",
    }
    assert [row["is_deleted"] for row in versions] == [
        row["version_number"] == 2 for row in versions
    ]
    assert _one(home, "incidents", "number = 'INC1'")["status"] == "acknowledged"


def test_a_change_that_was_deleted_says_so(home: Home) -> None:
    change = _one(home, "change_requests", "number = 'CHG2' and is_current")
    assert change["state"] == "deleted"
    assert (change["is_deleted"], change["deleted_seen_at"]) == (True, change["read_at"])
