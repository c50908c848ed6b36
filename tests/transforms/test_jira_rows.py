"""Issues of Jira from its replies to the tables: work items, incidents, changes, approvals."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.connectors.fake_jira import FakeJira, change, issue, moment
from tests.connectors.fakes import START
from tests.connectors.test_jira import connector
from tests.transforms.desk_lake import declare, keep
from tests.transforms.models import NOW, build_models, rows
from transforms.home import Home

HOUR = timedelta(hours=1)
DONE = {"name": "Resolved", "statusCategory": {"key": "done"}}
PERSON = {"accountId": "qm:a", "displayName": "Fred Flint", "emailAddress": "fred@acme.test"}
MODELS = ("work_items", "work_item_events", "incidents", "change_requests", "approvals")
SETTINGS: dict[str, Any] = {
    "projects": ["OPS"],
    "has_approvals": True,
    "impact_started_field": "customfield_10061",
    "risk_field": "customfield_10050",
    "planned_start_field": "customfield_10051",
}


def _naive(instant: datetime) -> datetime:
    return instant.replace(tzinfo=None)


def _site() -> FakeJira:
    outage = issue(
        1,
        START,
        issuetype={"name": "Incident"},
        priority={"name": "Highest"},
        components=[{"name": "Checkout"}, {"name": "Cart"}],
        status=DONE,
        resolution={"name": "Done"},
        resolutiondate=moment(START - HOUR),
        created=moment(START - 9 * HOUR),
        assignee=PERSON,
        customfield_10061=moment(START - 10 * HOUR),
        issuelinks=[
            {
                "type": {"inward": "is caused by", "outward": "causes"},
                "inwardIssue": {"key": "OPS-2"},
            }
        ],
    )
    request = issue(
        2,
        START,
        issuetype={"name": "[System] Change"},
        components=[{"name": "checkout"}],
        reporter=PERSON,
        customfield_10050={"value": "High"},
        customfield_10051=moment(START + HOUR),
        fixVersions=[{"id": "7", "name": "old name"}, {"id": "8", "name": "2.0"}],
        labels=["urgent", "payments"],
        duedate="2026-11-30",
    )
    drill = issue(
        3, START - 10 * HOUR, issuetype={"name": "incident"}, status={**DONE, "name": "Canceled"}
    )
    site = FakeJira(outage, request, drill)
    site.versions = {"OPS": [{"id": "7", "name": "1.9"}]}
    site.changes = {
        "10001": [
            change(1, START - 8 * HOUR, status=("Open", "In Progress"), assignee=(None, "Fred")),
            change(2, START - 3 * HOUR, resolution=(None, "Done"), status=("In Progress", "Done")),
            change(3, START - 2 * HOUR, resolution=("Done", None), status=("Done", "Open")),
            change(4, START - HOUR, resolution=(None, "Done"), description=("a@b.test", "Fred")),
        ]
    }
    site.approvals = {
        "10002": [
            {
                "id": "1",
                "finalDecision": "declined",
                "approvers": [
                    {"approver": PERSON, "approverDecision": "declined"},
                    {"approver": {"accountId": "qm:b"}, "approverDecision": "pending"},
                ],
                "createdDate": {"epochMillis": int((START - HOUR).timestamp() * 1000)},
                "completedDate": {"epochMillis": int(START.timestamp() * 1000)},
            }
        ]
    }
    return site


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(root=tmp_path_factory.mktemp("jira"))
    declare(home, "checkout")
    site = _site()
    report = keep(home, connector(**SETTINGS, incident_types=["Outage"]), site)
    assert report.is_complete
    # A day later the settings call incidents by their name, and the change is done.
    site.issues[1] = json.loads(json.dumps(site.issues[1]))
    site.issues[1]["fields"] |= {"status": DONE, "updated": moment(START + HOUR)}
    keep(home, connector(**SETTINGS), site, now=START + 26 * HOUR)
    build_models(home, *MODELS, now=START + 27 * HOUR)
    return home


def _one(home: Home, model: str, where: str) -> dict[str, Any]:
    (row,) = rows(home, model, where=where)
    return row


def test_an_issue_is_a_work_item_with_its_versions_by_their_present_names(home: Home) -> None:
    item = _one(home, "work_items", "key = 'OPS-2' and is_current")
    assert item["work_item_id"] == "jira:10002"
    assert item["fix_versions"] == ["1.9", "2.0"]
    assert (item["labels"], item["status_category"]) == (["urgent", "payments"], "done")
    assert (str(item["due_date"]), item["service_id"]) == ("2026-11-30", "checkout")
    assert item["source_url"] == "https://acme.atlassian.net/browse/OPS-2"


def test_a_changed_issue_has_a_version_more_and_a_repeated_one_does_not(home: Home) -> None:
    versions = sorted((row["key"], row["version_number"]) for row in rows(home, "work_items"))
    assert versions == [("OPS-1", 1), ("OPS-2", 1), ("OPS-2", 2), ("OPS-3", 1)]


def test_issues_of_the_types_that_are_configured_are_incidents(home: Home) -> None:
    incident = _one(home, "incidents", "number = 'OPS-1'")
    assert (incident["status"], incident["severity"]) == ("resolved", 1)
    assert incident["service_id"] == "checkout"
    assert incident["stated_impact_started_at"] == _naive(START - 10 * HOUR)
    assert incident["detected_at"] == _naive(START - 9 * HOUR)
    assert incident["acknowledged_at"] == _naive(START - 8 * HOUR)
    assert incident["resolved_at"] == _naive(START - HOUR)
    assert incident["caused_by_change_request_number"] == "OPS-2"


def test_an_incident_whose_resolution_was_taken_back_was_reopened(home: Home) -> None:
    incident = _one(home, "incidents", "number = 'OPS-1'")
    assert (incident["reopen_count"], incident["reopened_at"]) == (1, _naive(START - 2 * HOUR))


def test_settings_that_changed_hold_for_an_issue_that_was_read_before(home: Home) -> None:
    (version,) = rows(home, "incidents", where="number = 'OPS-3'")
    assert version["read_at"] == _naive(NOW)


def test_a_cancelled_incident_is_invalid(home: Home) -> None:
    assert _one(home, "incidents", "number = 'OPS-3'")["status"] == "invalid"


def test_issues_of_the_types_that_are_configured_are_change_requests(home: Home) -> None:
    request = _one(home, "change_requests", "is_current")
    assert (request["number"], request["state"], request["risk"]) == ("OPS-2", "Resolved", "High")
    assert request["planned_start_at"] == _naive(START + HOUR)
    assert request["service_id"] == "checkout"


def test_every_person_who_is_asked_has_a_decision_of_his_own(home: Home) -> None:
    found = {row["state"]: row for row in rows(home, "approvals")}
    assert set(found) == {"rejected", "not_required"}
    assert found["rejected"]["decided_at"] == _naive(START)
    assert found["not_required"]["decided_at"] is None
    assert found["rejected"]["change_request_id"] == "jira:10002"


def test_the_requester_and_an_approver_who_are_the_same_person_have_one_pseudonym(
    home: Home,
) -> None:
    request = _one(home, "change_requests", "is_current")
    decision = _one(home, "approvals", "state = 'rejected'")
    assert request["requester_id"] == decision["approver_id"]


def test_changes_of_fields_are_events_at_their_instants(home: Home) -> None:
    events = rows(home, "work_item_events", where="field = 'status'")
    assert [(row["new_value"], row["changed_at"]) for row in events] == [
        ("In Progress", _naive(START - 8 * HOUR)),
        ("Done", _naive(START - 3 * HOUR)),
        ("Open", _naive(START - 2 * HOUR)),
    ]


def test_no_name_or_address_of_a_person_reaches_a_table(home: Home) -> None:
    for model in MODELS:
        told = json.dumps(rows(home, model), default=str)
        assert "Fred" not in told
        assert "@" not in told
