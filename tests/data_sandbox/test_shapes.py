"""ServiceNow's replies against the shape of recorded records.

Shape taken from a developer instance's incident: every value is a string, an empty one is "", a
reference is {"link", "value"} or "", dates are "2016-12-14 02:46:44" in UTC.
"""

import re
from typing import Any

import httpx
import pytest

_DATE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
_DATES = (
    "opened_at",
    "resolved_at",
    "closed_at",
    "work_start",
    "work_end",
    "start_date",
    "end_date",
)
_REFERENCES = ("cmdb_ci", "caused_by", "parent_incident", "assigned_to", "approver", "sysapproval")
_SYSTEM = {"sys_id", "sys_created_on", "sys_updated_on", "sys_created_by", "sys_mod_count"}
_NUMBERS = {"incident": r"INC\d{7}", "change_request": r"CHG\d{7}"}


def _rows(client: httpx.Client, table: str) -> list[dict[str, Any]]:
    body = client.get(f"/{table}", params={"sysparm_limit": "1000"}).json()
    rows: list[dict[str, Any]] = body["result"]
    assert set(body) == {"result"}
    assert rows
    return rows


@pytest.mark.parametrize(
    "table", ["incident", "change_request", "sysapproval_approver", "cmdb_ci", "cmdb_rel_ci"]
)
def test_every_value_is_a_string_or_a_reference(servicenow: httpx.Client, table: str) -> None:
    for row in _rows(servicenow, table):
        assert set(row) >= _SYSTEM
        assert re.fullmatch(r"[0-9a-f]{32}", row["sys_id"])
        for name, value in row.items():
            if isinstance(value, dict):
                assert set(value) == {"link", "value"}, name
                assert value["link"].endswith(value["value"])
            else:
                assert isinstance(value, str), name


@pytest.mark.parametrize("table", ["incident", "change_request"])
def test_dates_have_no_zone_and_references_are_objects_or_empty(
    servicenow: httpx.Client, table: str
) -> None:
    for row in _rows(servicenow, table):
        assert re.fullmatch(_NUMBERS[table], row["number"])
        for name in set(_DATES) & set(row):
            assert row[name] == "" or _DATE.match(row[name]), name
        for name in set(_REFERENCES) & set(row):
            assert row[name] == "" or isinstance(row[name], dict), name


def test_every_change_type_state_and_close_code_is_known(servicenow: httpx.Client) -> None:
    rows = _rows(servicenow, "change_request")
    assert {row["type"] for row in rows} == {"normal", "standard", "emergency"}
    assert {row["state"] for row in rows} <= {"-4", "-2", "-1", "0", "3", "4"}
    assert {row["close_code"] for row in rows} <= {
        "",
        "successful",
        "successful_issues",
        "unsuccessful",
    }


def test_causes_parents_and_pages_refer_to_records_that_exist(servicenow: httpx.Client) -> None:
    incidents = _rows(servicenow, "incident")
    changes = {row["sys_id"] for row in _rows(servicenow, "change_request")}
    known = {row["sys_id"] for row in incidents}
    caused = [row["caused_by"]["value"] for row in incidents if row["caused_by"]]
    parents = [row["parent_incident"]["value"] for row in incidents if row["parent_incident"]]
    assert len(caused) > 40
    assert set(caused) <= changes
    assert parents
    assert set(parents) <= known
    assert any(row["correlation_id"].startswith("pagerduty:") for row in incidents)


def test_some_approvals_come_late_and_some_never(servicenow: httpx.Client) -> None:
    starts = {row["sys_id"]: row["work_start"] for row in _rows(servicenow, "change_request")}
    approvals = _rows(servicenow, "sysapproval_approver")
    late = [
        row
        for row in approvals
        if row["state"] == "approved"
        and "" != starts[row["sysapproval"]["value"]] < row["sys_updated_on"]
    ]
    assert late
    assert any(row["state"] == "requested" for row in approvals)
    assert any(row["state"] == "rejected" for row in approvals)
