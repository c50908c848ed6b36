"""Redmine as it behaves: fractions that are not shown, journals an issue, unchanged replies."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import redmine
from connectors._contract import Page, Refusal
from connectors._errors import BudgetSpent, UnexpectedShape
from tests.connectors.fakes import CANARY, json_reply, next_cursor, pages_of, read, resume_from

TRACKERS = {"trackers": [{"id": 1, "name": "Bug"}, {"id": 3, "name": "Support"}]}
SECOND = datetime(2026, 11, 20, 8, tzinfo=UTC)


class FakeRedmine:
    """Issues with instants of which only seconds are shown; enforces the cap of a page."""

    def __init__(self, updates: list[datetime]) -> None:
        self.updates = dict(enumerate(updates, start=1))
        self.asked: list[str] = []
        self.unchanged = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path, request.url.params
        self.asked.append(path)
        if path == "/trackers.json":
            return json_reply(TRACKERS)
        if path == "/issues.json":
            assert (params["status_id"], params["tracker_id"]) == ("*", "1")
            return self._answer(request, self._list(params))
        number = int(path.removeprefix("/issues/").removesuffix(".json"))
        if number not in self.updates:
            return httpx.Response(404)
        return self._answer(request, {"issue": {"id": number, "journals": [{"id": number}]}})

    def _list(self, params: httpx.QueryParams) -> dict[str, Any]:
        found = re.fullmatch(r"(?:>=|><)(.+?)(?:\|(.+))?", params["updated_on"])
        assert found
        begin = datetime.fromisoformat(found[1]) - timedelta(seconds=1)
        end = datetime.fromisoformat(found[2] or "9999-01-01T00:00:00Z")
        after = int(params.get("issue_id", ">=0").removeprefix(">="))
        rows = [
            (updated, number)
            for number, updated in self.updates.items()
            if begin < updated <= end and number >= after
        ]
        rows.sort(key=lambda row: row[1] if params["sort"] == "id" else row[0])
        issues = [
            {"id": number, "updated_on": updated.strftime("%Y-%m-%dT%H:%M:%SZ")}
            for updated, number in rows[:100]
        ]
        return {"issues": issues, "total_count": len(rows), "offset": 0, "limit": 100}

    def _answer(self, request: httpx.Request, data: dict[str, Any]) -> httpx.Response:
        etag = f'W/"{hashlib.sha256(json.dumps(data).encode()).hexdigest()}"'
        if request.headers.get("if-none-match") == etag:
            self.unchanged += 1
            return httpx.Response(304, headers={"etag": etag})
        return json_reply(data, headers={"etag": etag})


def _connector(**more: Any) -> redmine.RedmineConnector:
    settings = {
        "base_url": "https://redmine.example.org",
        "token": SecretStr(CANARY),
        "incident_trackers": ("Bug",),
        **more,
    }
    return redmine.connect(redmine.Config(**settings), name="redmine")


def _ids(items: list[Page | Refusal]) -> set[int]:
    pages = pages_of(items, "incidents")
    return {row["id"] for page in pages for row in json.loads(page.body)["issues"]}


def _fractions(count: int) -> list[datetime]:
    """Return instants of one second in which the numbers of the issues go down."""
    return [SECOND + timedelta(microseconds=999_999 - number) for number in range(count)]


def test_issues_come_after_their_journals() -> None:
    items = read(_connector(), "incidents", FakeRedmine([SECOND, SECOND + timedelta(minutes=1)]))
    assert [item.stream for item in items] == ["journals", "journals", "incidents"]
    assert pages_of(items, "journals")[1].context == {"issue_id": "2"}


def test_no_issue_is_a_page_without_rows() -> None:
    (page,) = read(_connector(), "incidents", FakeRedmine([]))
    assert isinstance(page, Page)
    assert page.row_count == 0


def test_more_issues_in_one_second_than_a_page_holds_all_come() -> None:
    late = [SECOND + timedelta(seconds=1, microseconds=number) for number in range(250)]
    fake = FakeRedmine([SECOND - timedelta(days=1), *_fractions(330), *late])
    assert len(_ids(read(_connector(), "incidents", fake))) == 581


def test_a_walk_killed_after_any_page_loses_nothing_and_reads_no_journal_twice() -> None:
    updates = [*_fractions(130), *(SECOND + timedelta(minutes=at) for at in range(1, 90))]
    connector = _connector()
    whole = read(connector, "incidents", FakeRedmine(updates))
    for killed_after in range(1, len(whole), 40):
        fake = FakeRedmine(updates)
        begun = read(connector, "incidents", fake, stop_after=killed_after)
        rest = read(connector, "incidents", fake, resume=resume_from(begun))
        assert len(_ids([*begun, *rest])) == 219
        singles = [path for path in fake.asked if path.startswith("/issues/")]
        assert len(singles) == len(set(singles))


def test_a_second_run_asks_once_and_a_third_gets_nothing() -> None:
    fake, connector = FakeRedmine([SECOND + timedelta(minutes=at) for at in range(250)]), None
    connector = _connector()
    first = read(connector, "incidents", fake)
    cursor = next_cursor(connector, "incidents", first)
    for expected in (1, 0):
        fake.asked.clear()
        items = read(connector, "incidents", fake, cursor=cursor)
        assert (fake.asked, len(items)) == (["/issues.json"], expected)
        cursor = next_cursor(connector, "incidents", items, cursor)
    assert fake.unchanged == 1


def test_only_an_issue_that_changed_has_its_journals_read_again() -> None:
    fake, connector = FakeRedmine([SECOND, SECOND + timedelta(minutes=1)]), _connector()
    cursor = next_cursor(connector, "incidents", read(connector, "incidents", fake))
    fake.asked.clear()
    fake.updates[1] = SECOND + timedelta(minutes=2)
    items = read(connector, "incidents", fake, cursor=cursor)
    assert fake.asked == ["/issues.json", "/issues/1.json"]
    assert [item.stream for item in items] == ["incidents"]
    assert fake.unchanged == 1


def test_journals_beyond_the_budget_are_left_to_the_next_run() -> None:
    fake, connector = FakeRedmine([SECOND] * 5), _connector(journal_budget=2)
    begun: list[Page | Refusal] = []
    for _ in range(2):
        with pytest.raises(BudgetSpent):
            for stop_after in (1, 2, 3):
                found = read(
                    connector, "incidents", fake, resume=resume_from(begun), stop_after=stop_after
                )
        begun += found
    rest = read(connector, "incidents", fake, resume=resume_from(begun))
    assert len(pages_of([*begun, *rest], "journals")) == 5
    assert len(_ids(rest)) == 5


def test_an_issue_that_is_gone_when_its_journals_are_asked_for_is_passed_over() -> None:
    fake = FakeRedmine([SECOND, SECOND])

    def serve(request: httpx.Request) -> httpx.Response:
        gone = request.url.path == "/issues/1.json"
        return httpx.Response(404) if gone else fake(request)

    items = read(_connector(), "incidents", serve)
    assert [item.stream for item in items] == ["journals", "incidents"]


def test_a_tracker_that_there_is_not_is_said() -> None:
    with pytest.raises(UnexpectedShape, match="no tracker Incident"):
        read(_connector(incident_trackers=("Incident",)), "incidents", FakeRedmine([]))


@pytest.mark.parametrize("issues", ["none", [{"id": 1}], [{"id": 1, "updated_on": "today"}]])
def test_a_changed_shape_is_said(issues: Any) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        is_list = request.url.path == "/issues.json"
        return json_reply({"issues": issues, "total_count": 1} if is_list else TRACKERS)

    with pytest.raises(UnexpectedShape):
        read(_connector(), "incidents", serve)


def test_one_project_is_asked_for_by_its_identifier() -> None:
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        assert request.headers["x-redmine-api-key"] == CANARY
        page = {"issues": [], "total_count": 0, "offset": 0}
        return json_reply(TRACKERS if request.url.path == "/trackers.json" else page)

    read(_connector(project="ops"), "incidents", serve)
    assert asked == ["/trackers.json", "/projects/ops/issues.json"]


@pytest.mark.parametrize(
    "settings", [{"token": None}, {"incident_trackers": ()}, {"statuses": {"Waiting": "later"}}]
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _connector(**settings)
