"""Sentry as documented: cursors of its own in the Link header, details an issue at a time."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import pytest
from pydantic import SecretStr

from connectors import sentry
from connectors._contract import Page, Refusal
from connectors._errors import AuthRejected, PaginationLoop, RateLimited, UnexpectedShape
from tests.connectors.fakes import (
    START,
    FakeTime,
    json_reply,
    next_cursor,
    pages_of,
    read,
    resume_from,
)
from tests.connectors.sentry_records import deploy, details, issue, release

ROOT = "/api/0/organizations/acme"


class FakeSentry:
    """Lists by path in pages of two, a next link on every page; counts what was asked."""

    page_size = 2

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists: dict[str, Any] = {f"{ROOT}/{name}/": rows for name, rows in lists.items()}
        self.answers: dict[str, httpx.Response] = {}
        self.asked: list[str] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.raw_path.decode().partition("?")[::2]
        self.asked.append(path)
        self.requests.append(request)
        if path in self.answers:
            return self.answers[path]
        rows = self.lists.get(path, [])
        if isinstance(rows, dict):
            return json_reply(rows)
        offset = int(parse_qs(query).get("cursor", ["0:0:0"])[0].split(":")[1])
        shown = rows[offset : offset + self.page_size]
        more = "true" if offset + self.page_size < len(rows) else "false"
        back = "true" if offset else "false"
        url = f"https://sentry.io{path}"
        link = (
            f'<{url}?cursor=0:0:1>; rel="previous"; results="{back}"; cursor="0:0:1", '
            f'<{url}?cursor=0:{offset + self.page_size}:0>; rel="next"; results="{more}"; '
            f'cursor="0:{offset + self.page_size}:0"'
        )
        return json_reply(shown, headers={"Link": link})

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, asked)) for asked in self.asked)


def _connector(**more: Any) -> sentry.SentryConnector:
    config = sentry.Config(token=SecretStr("secret-token"), organisation="acme", **more)
    return sentry.connect(config, name="sentry")


def _day(day: int) -> str:
    return f"2026-11-{day:02d}T09:00:00.146000Z"


def _days_ago(days: int, *, now: datetime = START) -> str:
    return (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refusals(items: list[Page | Refusal]) -> list[Refusal]:
    return [item for item in items if isinstance(item, Refusal)]


def test_pages_end_where_the_link_says_that_the_next_one_has_no_results() -> None:
    fake = FakeSentry(releases=[release(f"1.0.{n}", _day(n)) for n in (5, 4, 3)])
    items = read(_connector(), "releases", fake)
    assert [page.row_count for page in pages_of(items, "releases")] == [2, 1]
    assert fake.count("releases/$") == 2


def test_an_organisation_without_releases_is_an_empty_page() -> None:
    fake = FakeSentry(releases=[])
    items = read(_connector(), "releases", fake)
    assert [page.row_count for page in pages_of(items, "releases")] == [0]


def test_deploys_are_not_read_unless_the_settings_count_them() -> None:
    fake = FakeSentry(releases=[release("1.0.0", _day(5), deployCount=1)])
    read(_connector(), "releases", fake)
    assert fake.count("deploys") == 0


def test_deploys_are_read_of_any_version_that_has_some_and_again_when_there_are_more() -> None:
    version = "checkout/web@1.0.0+7 beta"
    rows = [release(version, _day(5), deployCount=3), release("0.9", _day(4))]
    fake = FakeSentry(releases=rows)
    path = f"{ROOT}/releases/checkout%2Fweb%401.0.0%2B7%20beta/deploys/"
    fake.lists[path] = [deploy(number, _day(6)) for number in (3, 2, 1)]
    connector = _connector(deploys=True)
    items = read(connector, "releases", fake)
    assert [page.row_count for page in pages_of(items, "deploys")] == [2, 1]
    assert {page.context["version"] for page in pages_of(items, "deploys")} == {version}
    assert [item.stream for item in items] == ["deploys", "deploys", "releases"]
    cursor = next_cursor(connector, "releases", items)
    fake.asked.clear()
    read(connector, "releases", fake, cursor=cursor)
    assert fake.count("deploys") == 0
    rows[0]["deployCount"] = 4
    read(connector, "releases", fake, cursor=cursor)
    assert fake.count("deploys") == 2


def test_a_second_read_asks_for_the_releases_of_the_overlap_only() -> None:
    rows = [release(f"1.{n}", _days_ago(n)) for n in range(0, 100, 10)]
    fake, connector = FakeSentry(releases=rows), _connector()
    cursor = next_cursor(connector, "releases", read(connector, "releases", fake))
    fake.asked.clear()
    second = read(connector, "releases", fake, cursor=cursor)
    assert [page.row_count for page in pages_of(second, "releases")] == [2, 2, 2]


def test_nothing_older_than_the_settings_ask_is_walked_to() -> None:
    rows = [release(f"1.{n}", _days_ago(n)) for n in range(0, 100, 10)]
    fake = FakeSentry(releases=rows)
    items = read(_connector(since=START - timedelta(days=15)), "releases", fake)
    assert fake.count("releases/$") == 2
    assert sum(page.row_count for page in pages_of(items, "releases")) == 4


def test_issues_of_every_state_are_asked_for() -> None:
    fake = FakeSentry(issues=[issue(1, _day(20))])
    read(_connector(issue_detail_budget=0), "issues", fake)
    query = parse_qs(fake.requests[0].url.query.decode(), keep_blank_values=True)
    assert query["query"] == [""]
    assert query["project"] == ["-1"]


def test_only_the_projects_of_the_settings_are_asked_for() -> None:
    fake = FakeSentry(issues=[])
    read(_connector(projects=("web", "api")), "issues", fake)
    assert parse_qs(fake.requests[0].url.query.decode())["project"] == ["web", "api"]


def test_an_issue_is_asked_for_its_first_release_once_for_each_state() -> None:
    rows = [issue(2, _day(20)), issue(1, _day(19))]
    fake, connector = FakeSentry(issues=rows), _connector()
    for row in rows:
        fake.lists[f"{ROOT}/issues/{row['id']}/"] = details(row, version="1.0", resolved=None)
    first = read(connector, "issues", fake)
    assert fake.count(r"issues/\d/") == 2
    page = pages_of(first, "issue_details")[0]
    assert page.decoded is not None
    assert page.decoded.startswith(b"[{")
    cursor = next_cursor(connector, "issues", first)
    fake.asked.clear()
    rows[1]["status"] = "resolved"
    second = read(connector, "issues", fake, cursor=cursor)
    assert [item.context["issue_id"] for item in pages_of(second, "issue_details")] == ["1"]


def test_the_budget_of_details_is_kept_and_the_next_run_goes_on_with_the_rest() -> None:
    rows = [issue(number, _day(number)) for number in (20, 19, 18, 17, 16)]
    fake, connector = FakeSentry(issues=rows), _connector(issue_detail_budget=3)
    for row in rows:
        fake.lists[f"{ROOT}/issues/{row['id']}/"] = details(row, version=None, resolved=None)
    first = read(connector, "issues", fake)
    (refusal,) = _refusals(first)
    assert (refusal.reason, refusal.is_final) == ("budget_spent", True)
    assert "2 issues" in refusal.detail
    cursor = next_cursor(connector, "issues", first)
    second = read(connector, "issues", fake, cursor=cursor)
    read_then = [page.context["issue_id"] for page in pages_of(second, "issue_details")]
    assert read_then == ["17", "16"]
    assert _refusals(second) == []


def test_an_issue_that_is_gone_is_set_aside_and_the_rest_is_read() -> None:
    rows = [issue(2, _day(20)), issue(1, _day(19))]
    fake = FakeSentry(issues=rows)
    fake.answers[f"{ROOT}/issues/2/"] = json_reply({"detail": "The requested resource"}, 404)
    fake.lists[f"{ROOT}/issues/1/"] = details(rows[1], version="1.0", resolved=None)
    items = read(_connector(), "issues", fake)
    assert [item.is_final for item in _refusals(items)] == [True]
    assert pages_of(items, "issues")[0].row_count == 2


def test_issues_that_were_not_seen_within_the_overlap_are_forgotten() -> None:
    rows = [issue(2, _days_ago(1)), issue(1, _days_ago(2))]
    fake, connector = FakeSentry(issues=rows), _connector()
    for row in rows:
        fake.lists[f"{ROOT}/issues/{row['id']}/"] = details(row, version=None, resolved=None)
    cursor = next_cursor(connector, "issues", read(connector, "issues", fake))
    later = START + timedelta(days=60)
    rows[0]["lastSeen"] = _days_ago(1, now=later)
    once = read(connector, "issues", fake, cursor=cursor, time=FakeTime(later))
    moved = next_cursor(connector, "issues", once, cursor)
    twice = read(connector, "issues", fake, cursor=moved, time=FakeTime(later))
    after = next_cursor(connector, "issues", twice, moved)
    assert after is not None
    assert list(after["states"]) == ["2"]


def test_a_killed_walk_goes_on_with_the_next_page_and_asks_no_child_twice() -> None:
    rows = [issue(number, _day(number)) for number in (20, 19, 18, 17, 16)]
    fake, connector = FakeSentry(issues=rows), _connector()
    for row in rows:
        fake.lists[f"{ROOT}/issues/{row['id']}/"] = details(row, version=None, resolved=None)
    whole = read(connector, "issues", fake)
    needed = len(fake.asked)
    for killed_after in range(1, len(whole)):
        fake.asked.clear()
        begun = read(connector, "issues", fake, stop_after=killed_after)
        rest = read(connector, "issues", fake, resume=resume_from(begun))
        assert {item.body for item in (*begun, *rest)} == {item.body for item in whole}
        assert len(fake.asked) <= needed + 1
        assert next_cursor(connector, "issues", [*begun, *rest]) == next_cursor(
            connector, "issues", whole
        )


def test_an_instant_ahead_of_our_time_does_not_move_the_cursor() -> None:
    ahead = release("2.0", _days_ago(-400))
    fake, connector = FakeSentry(releases=[ahead, release("1.0", _days_ago(1))]), _connector()
    cursor = next_cursor(connector, "releases", read(connector, "releases", fake))
    assert cursor is not None
    assert cursor["through"].startswith("2026-11-21")


def test_a_changed_shape_keeps_the_reply() -> None:
    fake = FakeSentry()
    fake.answers[f"{ROOT}/releases/"] = json_reply({"results": []})
    with pytest.raises(UnexpectedShape):
        read(_connector(), "releases", fake)
    fake.answers[f"{ROOT}/releases/"] = json_reply([{"version": "1"}])
    with pytest.raises(UnexpectedShape) as caught:
        read(_connector(), "releases", fake)
    assert b"version" in caught.value.body


def test_an_expired_token_ends_the_stream() -> None:
    fake = FakeSentry()
    fake.answers[f"{ROOT}/issues/"] = json_reply({"detail": "Invalid token"}, 401)
    with pytest.raises(AuthRejected, match="event:read"):
        read(_connector(), "issues", fake)


def test_a_limit_without_a_time_is_waited_for_until_its_reset() -> None:
    fake = FakeSentry(releases=[])
    time = FakeTime()
    reset = str(int(START.timestamp()) + 3600)
    fake.answers[f"{ROOT}/releases/"] = httpx.Response(
        429, headers={"x-sentry-rate-limit-remaining": "0", "x-sentry-rate-limit-reset": reset}
    )
    with pytest.raises(RateLimited) as caught:
        read(_connector(), "releases", fake, time=time)
    assert caught.value.retry_after == 3600


def test_a_server_that_names_the_same_page_again_is_left() -> None:
    link = '<https://sentry.io/x>; rel="next"; results="true"; cursor="0:2:0"'
    fake = FakeSentry()
    number = iter(range(1, 100))

    def serve(request: httpx.Request) -> httpx.Response:
        return json_reply([release(f"1.{next(number)}", _day(5))], headers={"Link": link})

    assert fake.asked == []
    with pytest.raises(PaginationLoop):
        read(_connector(), "releases", serve)


def test_the_version_reaches_the_server_as_one_part_of_the_path() -> None:
    fake = FakeSentry(releases=[release("a/b", _day(5), deployCount=1)])
    fake.lists[f"{ROOT}/releases/a%2Fb/deploys/"] = [deploy(1, _day(6))]
    items = read(_connector(deploys=True), "releases", fake)
    assert unquote(fake.asked[1]).endswith("/a/b/deploys/")
    assert pages_of(items, "deploys")[0].row_count == 1
