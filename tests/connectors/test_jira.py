"""Jira as documented: tokens without a total, minutes in the user's zone, changes in bulk."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import jira
from connectors._contract import Page, Refusal
from connectors._errors import AuthRejected
from connectors._jira_decode import query_time
from tests.connectors.fake_jira import FakeJira, change, issue
from tests.connectors.fakes import (
    START,
    FakeTime,
    json_reply,
    next_cursor,
    pages_of,
    read,
    resume_from,
)

DAY = timedelta(days=1)


def connector(**more: Any) -> jira.JiraConnector:
    settings = {"base_url": "https://acme.atlassian.net", "token": SecretStr("secret-token")}
    return jira.connect(jira.Config.model_validate(settings | more), name="jira")


def _keys(items: list[Page | Refusal]) -> list[str]:
    return [
        row["key"] for page in pages_of(items, "issues") for row in json.loads(page.body)["issues"]
    ]


def _lines(items: list[Page | Refusal], stream: str) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for page in pages_of(items, stream)
        for line in (page.decoded or b"").splitlines()
    ]


def _some(count: int) -> list[dict[str, Any]]:
    return [issue(number, START - DAY * (count - number)) for number in range(1, count)]


def test_pages_are_followed_by_their_tokens_whatever_is_last_says() -> None:
    fake = FakeJira(*_some(6))
    items = read(connector(projects=["OPS"], page_size=2), "issues", fake)
    assert _keys(items) == [f"OPS-{number}" for number in range(1, 6)]
    assert [page.row_count for page in pages_of(items, "issues")] == [2, 2, 1]


def test_an_empty_page_ends_the_walk_though_it_names_a_next_one() -> None:
    fake = FakeJira()
    fake.odd = lambda path, _: (
        json_reply({"issues": [], "nextPageToken": "again"}) if path == "/search/jql" else None
    )
    items = read(connector(projects=["OPS"]), "issues", fake)
    assert [page.row_count for page in pages_of(items, "issues")] == [0]


def test_the_second_run_asks_from_an_hour_before_the_last_update_in_the_users_zone() -> None:
    fake, source = FakeJira(issue(1, START)), connector(projects=["OPS"])
    cursor = next_cursor(source, "issues", read(source, "issues", fake))
    assert cursor == {"OPS": {"updated_at": "2026-11-22T10:00:00Z"}}
    read(source, "issues", fake, cursor=cursor, time=FakeTime(START + DAY))
    assert fake.queries() == ["1970/01/02 19:00", "2026/11/22 04:00"]


def test_an_update_that_the_search_shows_late_is_found_by_the_next_run() -> None:
    fake, source = FakeJira(issue(1, START)), connector(projects=["OPS"])
    cursor = next_cursor(source, "issues", read(source, "issues", fake))
    fake.issues.append(issue(2, START - timedelta(minutes=20)))
    later = read(source, "issues", fake, cursor=cursor, time=FakeTime(START + DAY))
    assert "OPS-2" in _keys(later)


def test_a_reading_that_the_clock_shows_twice_is_replaced_by_the_last_unmistakable_one() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for minutes in (30, 90):
        repeated = datetime(2026, 10, 25, 0, tzinfo=UTC) + timedelta(minutes=minutes)
        assert query_time(repeated, zone=berlin) == "2026/10/25 01:30"
    assert query_time(START, zone=berlin) == "2026/11/22 11:00"


def test_without_the_users_zone_the_earliest_that_it_can_mean_is_asked_for() -> None:
    fake = FakeJira(issue(1, START))
    fake.odd = lambda path, _: json_reply({"accountId": "1"}) if path == "/myself" else None
    read(connector(projects=["OPS"], since=START), "issues", fake)
    assert fake.queries() == ["2026/11/21 22:00"]


def test_changes_of_a_page_of_issues_come_in_bulk_and_before_it() -> None:
    fake = FakeJira(*_some(4))
    fake.changes = {
        "10001": [change(7, START, status=("To Do", "Done"), assignee=(None, "Mia"))],
        "10002": [change(8, START, status=("Done", None))],
    }
    items = read(connector(projects=["OPS"]), "issues", fake)
    assert [item.stream for item in items] == ["changelogs", "changelogs", "issues"]
    found = [
        (row["issue_id"], row["field"], row["toString"]) for row in _lines(items, "changelogs")
    ]
    assert found == [
        ("10001", "status", "Done"),
        ("10001", "assignee", "Mia"),
        ("10002", "status", None),
    ]
    asked = [query for path, query in fake.asked if path == "/changelog/bulkfetch"]
    assert asked[0]["issueIdsOrKeys"] == ["10001", "10002", "10003"]
    assert "status" in asked[0]["fieldIds"]


def test_a_field_that_a_change_touches_twice_gives_two_lines_with_keys_of_their_own() -> None:
    fake = FakeJira(issue(1, START))
    twice = change(7, START, fixVersions=(None, "1.1"))
    twice["items"] *= 2
    fake.changes = {"10001": [twice]}
    rows = _lines(read(connector(projects=["OPS"]), "issues", fake), "changelogs")
    assert [(row["change_id"], row["field"], row["item"]) for row in rows] == [
        ("7", "fixVersions", 0),
        ("7", "fixVersions", 1),
    ]


def test_a_killed_run_goes_on_from_the_last_page_it_kept() -> None:
    fake, source = FakeJira(*_some(10)), connector(projects=["OPS"], page_size=2)
    whole = read(source, "issues", fake)
    for stopped in range(1, len(whole)):
        begun = read(source, "issues", fake, stop_after=stopped)
        fake.asked.clear()
        rest = read(source, "issues", fake, resume=resume_from(begun))
        assert set(_keys([*begun, *rest])) == set(_keys(whole))
        assert len(fake.queries()) <= 5 - len(pages_of(begun, "issues")) + 1
        assert next_cursor(source, "issues", [*begun, *rest]) == next_cursor(
            source, "issues", whole
        )


def test_a_project_that_refuses_does_not_stop_the_others() -> None:
    fake, source = FakeJira(issue(1, START)), connector(projects=["GONE", "OPS"])
    items = read(source, "issues", fake)
    (refused,) = [item for item in items if isinstance(item, Refusal)]
    assert (refused.reason, refused.partition) == ("bad_request", "GONE")
    assert _keys(items) == ["OPS-1"]


def test_without_projects_all_that_the_user_may_see_are_read() -> None:
    fake = FakeJira(issue(1, START), issue(2, START, project="WEB"))
    fake.projects = ["WEB", "OPS"]
    assert _keys(read(connector(), "issues", fake)) == ["OPS-1", "WEB-2"]


def test_a_changed_shape_is_set_aside_with_its_bytes() -> None:
    fake = FakeJira(issue(1, START))
    fake.odd = lambda path, _: json_reply({"records": []}) if path == "/search/jql" else None
    (refused,) = read(connector(projects=["OPS"]), "issues", fake)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.body) == ("unexpected_shape", b'{"records":[]}')


def test_an_issue_without_time_of_update_is_said() -> None:
    odd = issue(1, START)
    fake = FakeJira()
    fake.odd = lambda path, _: json_reply({"issues": [odd]}) if path == "/search/jql" else None
    del odd["fields"]["updated"]
    (refused,) = read(connector(projects=["OPS"]), "issues", fake)
    assert isinstance(refused, Refusal)
    assert refused.reason == "unexpected_shape"


def test_data_center_is_read_by_minutes_with_the_changes_in_the_same_reply() -> None:
    fake = FakeJira(*_some(8), zone="UTC")
    fake.is_cloud = False
    fake.changes = {"10003": [change(7, START, status=("To Do", "Done"))]}
    items = read(connector(edition="data_center", projects=["OPS"], page_size=3), "issues", fake)
    assert list(dict.fromkeys(_keys(items))) == [f"OPS-{number}" for number in range(1, 8)]
    lines = _lines(items, "changelogs")
    assert {row["created"] for row in lines} == {"2026-11-22T18:00:00.000+0800"}


def test_an_issue_that_is_updated_while_data_center_is_read_hides_no_other() -> None:
    fake = FakeJira(*_some(8), zone="UTC")
    fake.is_cloud = False
    touched: list[int] = []

    def touch(path: str, _: object) -> None:
        if path == "/search":
            touched.append(1)
            if len(touched) == 2:
                fake.issues[0] = issue(1, START)

    fake.odd = touch
    items = read(connector(edition="data_center", projects=["OPS"], page_size=3), "issues", fake)
    assert set(_keys(items)) == {f"OPS-{number}" for number in range(1, 8)}


def test_more_issues_in_one_minute_than_a_page_holds_are_all_read() -> None:
    fake = FakeJira(*(issue(number, START) for number in range(1, 9)), zone="UTC")
    fake.is_cloud = False
    items = read(connector(edition="data_center", projects=["OPS"], page_size=3), "issues", fake)
    assert _keys(items) == [f"OPS-{number}" for number in range(1, 9)]


def test_changes_that_the_site_cuts_are_said() -> None:
    fake = FakeJira()
    cut = {**issue(1, START), "changelog": {"histories": [], "total": 41}}
    fake.odd = lambda path, _: (
        json_reply({"issues": [cut], "total": 1}) if path == "/search" else None
    )
    items = read(connector(edition="data_center", projects=["OPS"]), "issues", fake)
    (refused,) = [item for item in items if isinstance(item, Refusal)]
    assert "0 of the 41 changes of issue OPS-1" in refused.detail
    assert refused.is_final


def test_a_cloud_site_that_is_read_as_data_center_is_told_to_be_cloud() -> None:
    items = read(connector(edition="data_center", projects=["OPS"]), "issues", FakeJira())
    (refused,) = items
    assert isinstance(refused, Refusal)
    assert "set edition to cloud" in refused.detail


def test_approvals_are_asked_for_changes_only_one_line_a_person() -> None:
    fake = FakeJira(
        issue(1, START, issuetype={"name": "[System] Change"}),
        issue(2, START, issuetype={"name": "Change"}),
        issue(3, START),
    )
    person = {"accountId": "qm:a", "displayName": "Fred", "emailAddress": "fred@acme.test"}
    approval = {
        "id": "1",
        "finalDecision": "pending",
        "approvers": [
            {"approver": person, "approverDecision": "approved"},
            {"approver": {"accountId": "qm:b"}, "approverDecision": "pending"},
        ],
        "createdDate": {"epochMillis": 1_760_000_000_000},
    }
    fake.approvals = {"10001": [approval]}
    items = read(connector(projects=["OPS"], has_approvals=True), "issues", fake)
    rows = _lines(items, "approvals")
    assert [(row["approver"], row["decision"]) for row in rows] == [
        ("qm:a", "approved"),
        ("qm:b", "pending"),
    ]
    asked = [path for path, _ in fake.asked if "servicedeskapi" in path]
    assert asked == [f"/rest/servicedeskapi/request/{key}/approval" for key in ("10001", "10002")]
    (refused,) = [item for item in items if isinstance(item, Refusal)]
    assert (refused.stream, refused.is_final) == ("approvals", True)


def test_approvals_that_the_user_may_not_read_do_not_stop_the_issues() -> None:
    fake = FakeJira(*(issue(n, START, issuetype={"name": "Change"}) for n in (1, 2)))
    fake.odd = lambda path, _: json_reply({}, 403) if "servicedeskapi" in path else None
    items = read(connector(projects=["OPS"], has_approvals=True), "issues", fake)
    assert [item.reason for item in items if isinstance(item, Refusal)] == ["forbidden"]
    assert _keys(items) == ["OPS-1", "OPS-2"]


def test_versions_are_read_whole_each_time() -> None:
    fake = FakeJira()
    fake.versions = {"OPS": [{"id": str(number), "name": f"1.{number}"} for number in range(70)]}
    items = read(connector(projects=["OPS"]), "versions", fake)
    assert [page.row_count for page in pages_of(items, "versions")] == [50, 20]


def test_a_rejected_token_stops_the_source() -> None:
    with pytest.raises(AuthRejected, match="set a valid token"):
        read(connector(projects=["OPS"]), "issues", lambda _: httpx.Response(401))


def test_cloud_gets_name_and_token_data_center_the_token_alone() -> None:
    cloud = connector(username="leadline@acme.test").access.headers["authorization"]
    assert cloud.get_secret_value().startswith("Basic ")
    assert connector().access.headers["authorization"].get_secret_value() == "Bearer secret-token"


def test_a_project_key_that_would_change_the_query_is_refused() -> None:
    with pytest.raises(ValidationError):
        connector(projects=['OPS" OR project = "X'])
