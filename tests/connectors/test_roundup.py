"""Roundup as it behaves: dotted instants in the user's zone, fractions, links, real limits."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import roundup
from connectors._contract import Page, Refusal
from connectors._errors import UnexpectedShape
from tests.connectors.fakes import (
    CANARY,
    FakeTime,
    Script,
    json_reply,
    next_cursor,
    pages_of,
    read,
    resume_from,
)

FORM = "%Y-%m-%d.%H:%M:%S"
SECOND = datetime(2026, 11, 20, 8, tzinfo=UTC)


class FakeRoundup:
    """Items with instants of which only seconds are shown, asked for in the user's zone."""

    def __init__(self, updates: list[datetime], *, zone: str = "UTC") -> None:
        self.updates = dict(enumerate(updates, start=1))
        self.zone = zone
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        self.asked.append(params.get("activity", request.url.path))
        if request.url.path != "/rest/data/issue":
            number = int(request.url.path.rsplit("/", 1)[1])
            attributes = {"activity": self.updates[number].strftime(FORM)}
            return json_reply({"data": {"id": str(number), "attributes": attributes}})
        begin, end = params["activity"].split(";")
        rows = [
            (updated, number)
            for number, updated in self.updates.items()
            if self._instant(begin) <= updated and (not end or updated <= self._instant(end))
        ]
        rows.sort(key=lambda row: row[1] if params["@sort"] == "id" else row)
        size = int(params["@page_size"])
        shown = [{"id": str(number), "activity": at.strftime(FORM)} for at, number in rows[:size]]
        links = {"next": [{"uri": "http://elsewhere.example.org/"}]} if len(rows) > size else {}
        return json_reply({"data": {"collection": shown, "@links": links}})

    def _instant(self, text: str) -> datetime:
        return datetime.strptime(text, FORM).replace(tzinfo=ZoneInfo(self.zone))


def _connector(**more: Any) -> roundup.RoundupConnector:
    settings = {
        "base_url": "https://roundup.example.org",
        "username": "reader",
        "password": SecretStr(CANARY),
        **more,
    }
    return roundup.connect(roundup.Config(**settings), name="roundup")


def _ids(items: list[Page | Refusal]) -> set[str]:
    pages = pages_of(items, "incidents")
    return {row["id"] for page in pages for row in json.loads(page.body)["data"]["collection"]}


def _minutes(count: int) -> list[datetime]:
    return [SECOND + timedelta(minutes=at, microseconds=5) for at in range(count)]


def test_all_items_come_where_pages_are_many() -> None:
    fake = FakeRoundup(_minutes(250))
    assert len(_ids(read(_connector(), "incidents", fake))) == 250
    assert len(fake.asked) == 3


def test_an_empty_class_is_a_page_without_rows() -> None:
    (page,) = pages_of(read(_connector(), "incidents", FakeRoundup([])), "incidents")
    assert page.row_count == 0


def test_more_items_in_one_second_than_a_page_holds_all_come() -> None:
    tied = [SECOND + timedelta(microseconds=999_999 - number) for number in range(330)]
    later = [SECOND + timedelta(seconds=1, microseconds=number) for number in range(50)]
    assert len(_ids(read(_connector(), "incidents", FakeRoundup([*tied, *later])))) == 380


def test_more_items_in_one_second_than_can_be_asked_for_are_said() -> None:
    fake = FakeRoundup([SECOND] * 5001)
    with pytest.raises(UnexpectedShape, match="more than 5000 items"):
        read(_connector(), "incidents", fake)


def test_a_walk_killed_after_any_page_loses_nothing() -> None:
    updates, connector = [*[SECOND] * 130, *_minutes(220)[1:]], _connector()
    whole = read(connector, "incidents", FakeRoundup(updates))
    for killed_after in range(1, len(whole)):
        fake = FakeRoundup(updates)
        begun = read(connector, "incidents", fake, stop_after=killed_after)
        rest = read(connector, "incidents", fake, resume=resume_from(begun))
        assert len(_ids([*begun, *rest])) == 349


def test_a_second_run_asks_once_for_what_is_new_and_an_hour_before() -> None:
    fake, connector = FakeRoundup(_minutes(250)), _connector()
    cursor = next_cursor(connector, "incidents", read(connector, "incidents", fake))
    assert cursor == {"updated_at": "2026-11-20.12:09:00", "row": 250}
    fake.asked.clear()
    read(connector, "incidents", fake, cursor=cursor)
    assert fake.asked == ["2026-11-20.11:09:00;"]


def test_instants_are_asked_for_in_the_zone_of_the_user() -> None:
    for zone in ("America/New_York", "Asia/Kolkata"):
        fake = FakeRoundup(_minutes(250), zone=zone)
        assert len(_ids(read(_connector(timezone=zone), "incidents", fake))) == 250
        with pytest.raises(UnexpectedShape, match="time zone"):
            read(_connector(), "incidents", fake)


def test_used_up_limits_are_waited_for_in_fractions_of_seconds() -> None:
    time = FakeTime()
    limits = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7.25"}
    full = {"collection": [{"id": "1", "activity": "2026-11-20.08:00:00"}]}
    script = Script(
        json_reply({"data": {**full, "@links": {"next": []}}}, headers=limits),
        httpx.Response(429, headers={"retry-after": "2"}),
        json_reply({"data": full}),
        json_reply({"data": {"collection": []}}),
    )
    read(_connector(page_size=1), "incidents", script, time=time)
    assert time.slept == [7.25, 2.0]


@pytest.mark.parametrize(
    "body", [{"data": []}, {"data": {"collection": [{"id": "1"}]}}, {"collection": []}, []]
)
def test_a_changed_shape_is_said(body: Any) -> None:
    with pytest.raises(UnexpectedShape):
        read(_connector(), "incidents", Script(json_reply(body)))


@pytest.mark.parametrize(
    "settings",
    [
        {"username": "", "password": None},
        {"incident_class": ""},
        {"service_property": "a,b"},
        {"timezone": "Berlin"},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _connector(**settings)
