"""Datadog as recorded: incidents by offset, events by cursor, monitors and downtimes by page."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from connectors import datadog
from connectors._contract import Page
from connectors._errors import AuthRejected, PermissionMissing, RateLimited, UnexpectedShape
from tests.connectors.datadog_records import ONCE, downtime, event, found, incident, monitor
from tests.connectors.fakes import (
    START,
    FakeTime,
    json_reply,
    next_cursor,
    pages_of,
    read,
    resume_from,
)


class FakeDatadog:
    """Answers from lists in pages of two, whatever size is asked for; keeps the queries."""

    page_size = 2

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = lists
        self.answers: dict[str, httpx.Response] = {}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if path in self.answers:
            return self.answers[path]
        query = {key: values[0] for key, values in parse_qs(request.url.query.decode()).items()}
        if path == "/api/v1/monitor":
            return json_reply(self._page("monitors", int(query["page"]) * self.page_size))
        if path == "/api/v2/downtime":
            at = int(query["page[offset]"])
            return json_reply({"data": self._page("downtimes", at), "meta": {"page": {}}})
        if path == "/api/v2/incidents/search":
            return json_reply(found(self._page("incidents", int(query["page[offset]"]))))
        at = int(query.get("page[cursor]", "0"))
        low, high = query["filter[from]"], query["filter[to]"]
        rows = [
            row for row in self.lists["events"] if low <= row["attributes"]["timestamp"] <= high
        ]
        shown = rows[at : at + self.page_size]
        if not shown:
            return json_reply({"data": []})
        after = str(at + len(shown))
        return json_reply(
            {"data": shown, "meta": {"page": {"after": after}}, "links": {"next": "x"}}
        )

    def _page(self, name: str, at: int) -> list[dict[str, Any]]:
        return self.lists.get(name, [])[at : at + self.page_size]

    def queries(self) -> list[dict[str, list[str]]]:
        return [parse_qs(request.url.query.decode()) for request in self.requests]


def _connector(**more: Any) -> datadog.DatadogConnector:
    config = datadog.Config(
        api_key=SecretStr("secret-key"), application_key=SecretStr("secret-app"), **more
    )
    return datadog.connect(config, name="datadog")


def _ago(days: float) -> str:
    return (START - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _z(days: float) -> str:
    return (START - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _counts(items: list[Any], stream: str) -> list[int]:
    return [page.row_count for page in pages_of(items, stream)]


ROWS = {
    "monitors": [monitor(number, "OK", _ago(1)) for number in (1, 2, 3)],
    "downtimes": [downtime(number, ONCE) for number in (1, 2, 3)],
    "events": [event(number, _z(4 - number)) for number in (1, 2, 3)],
    "incidents": [incident(number, _ago(10 - number)) for number in (3, 2, 1)],
}


@pytest.mark.parametrize("stream", sorted(ROWS))
def test_a_list_is_read_to_the_page_that_has_nothing(stream: str) -> None:
    items = read(_connector(), stream, FakeDatadog(**{stream: ROWS[stream]}))
    assert _counts(items, stream) == [2, 1, 0]


@pytest.mark.parametrize("stream", sorted(ROWS))
def test_an_organisation_that_has_none_is_an_empty_page(stream: str) -> None:
    items = read(_connector(), stream, FakeDatadog(**{stream: []}))
    assert _counts(items, stream) == [0]


@pytest.mark.parametrize("stream", sorted(ROWS))
def test_a_killed_walk_goes_on_with_the_page_after(stream: str) -> None:
    fake, connector = FakeDatadog(**{stream: ROWS[stream]}), _connector()
    whole = read(connector, stream, fake)
    for killed_after in range(1, len(whole) + 1):
        begun = read(connector, stream, fake, stop_after=killed_after)
        fake.requests.clear()
        rest = read(connector, stream, fake, resume=resume_from(begun))
        assert len(fake.requests) == len(whole) - killed_after
        assert _counts([*begun, *rest], stream) == [2, 1, 0]
        assert next_cursor(connector, stream, [*begun, *rest]) == next_cursor(
            connector, stream, whole
        )


def test_both_keys_travel_as_headers_to_the_site_of_the_settings() -> None:
    fake = FakeDatadog(monitors=[])
    read(_connector(site="datadoghq.eu"), "monitors", fake)
    (request,) = fake.requests
    assert request.url.host == "api.datadoghq.eu"
    assert request.headers["dd-api-key"] == "secret-key"
    assert request.headers["dd-application-key"] == "secret-app"
    assert "secret" not in str(request.url)


def test_incidents_found_by_a_search_are_stored_one_a_line() -> None:
    items = read(_connector(), "incidents", FakeDatadog(incidents=ROWS["incidents"]))
    page = items[0]
    assert isinstance(page, Page)
    assert page.decoded is not None
    lines = [json.loads(line) for line in page.decoded.splitlines()]
    assert [line["attributes"]["public_id"] for line in lines] == [3, 2]
    assert json.loads(page.body)["data"]["type"] == "incidents_search_results"


def test_incidents_are_read_down_to_the_overlap_and_to_the_oldest_open_one() -> None:
    rows = [incident(100 - day, _ago(day), state="resolved") for day in range(0, 200, 10)]
    fake, connector = FakeDatadog(incidents=rows), _connector()
    cursor = next_cursor(connector, "incidents", read(connector, "incidents", fake))
    second = read(connector, "incidents", fake, cursor=cursor)
    assert _counts(second, "incidents") == [2, 2, 2]
    rows[9]["attributes"]["state"] = "stable"
    opened = next_cursor(connector, "incidents", read(connector, "incidents", fake))
    third = read(connector, "incidents", fake, cursor=opened)
    assert _counts(third, "incidents") == [2] * 6


def test_an_incident_that_was_closed_no_longer_lengthens_the_walk() -> None:
    rows = [incident(100 - day, _ago(day), state="completed") for day in range(0, 200, 10)]
    rows[9]["attributes"]["state"] = "active"
    fake, connector = FakeDatadog(incidents=rows), _connector()
    cursor = next_cursor(connector, "incidents", read(connector, "incidents", fake))
    rows[9]["attributes"]["state"] = "completed"
    again = read(connector, "incidents", fake, cursor=cursor)
    moved = next_cursor(connector, "incidents", again, cursor)
    assert moved is not None
    assert moved["open_since"] == ""


def test_a_second_read_asks_for_events_since_the_first_minus_an_hour() -> None:
    fake, connector = FakeDatadog(events=ROWS["events"]), _connector()
    cursor = next_cursor(connector, "events", read(connector, "events", fake))
    fake.requests.clear()
    later = FakeTime(START + timedelta(days=1))
    read(connector, "events", fake, cursor=cursor, time=later)
    (query,) = fake.queries()
    assert query["filter[from]"] == ["2026-11-22T09:00:00Z"]
    assert query["filter[to]"] == ["2026-11-23T10:00:00Z"]
    assert query["filter[query]"] == ["@evt.category:change"]


def test_the_query_for_events_is_a_setting() -> None:
    fake = FakeDatadog(events=[])
    read(_connector(event_query="source:chef", history_days=7), "events", fake)
    (query,) = fake.queries()
    assert query["filter[query]"] == ["source:chef"]
    assert query["filter[from]"] == ["2026-11-15T10:00:00Z"]


def test_an_instant_ahead_of_our_time_does_not_move_the_cursor() -> None:
    fake = FakeDatadog(incidents=[incident(2, _ago(-400)), incident(1, _ago(1))])
    cursor = next_cursor(_connector(), "incidents", read(_connector(), "incidents", fake))
    assert cursor is not None
    assert cursor["through"] == _z(1)


CHANGED = {
    "monitors": {"errors": []},
    "downtimes": {"data": {}},
    "events": {"events": []},
    "incidents": {"data": []},
}
PATHS = {
    "monitors": "/api/v1/monitor",
    "downtimes": "/api/v2/downtime",
    "events": "/api/v2/events",
    "incidents": "/api/v2/incidents/search",
}


@pytest.mark.parametrize("stream", sorted(CHANGED))
def test_a_changed_shape_keeps_the_reply(stream: str) -> None:
    fake = FakeDatadog()
    fake.answers[PATHS[stream]] = json_reply(CHANGED[stream])
    with pytest.raises(UnexpectedShape) as caught:
        read(_connector(), stream, fake)
    assert caught.value.body == fake.answers[PATHS[stream]].content


def test_keys_that_are_not_known_or_lack_a_scope_say_which_are_needed() -> None:
    fake = FakeDatadog()
    fake.answers[PATHS["monitors"]] = json_reply({"errors": ["Unauthorized"]}, 401)
    with pytest.raises(AuthRejected, match="monitors_read"):
        read(_connector(), "monitors", fake)
    fake.answers[PATHS["incidents"]] = json_reply({"errors": ["Forbidden"]}, 403)
    with pytest.raises(PermissionMissing, match="incident_read"):
        read(_connector(), "incidents", fake)


def test_a_limit_counts_seconds_from_now() -> None:
    fake, time = FakeDatadog(), FakeTime()
    fake.answers[PATHS["events"]] = httpx.Response(
        429, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800"}
    )
    with pytest.raises(RateLimited) as caught:
        read(_connector(), "events", fake, time=time)
    assert caught.value.retry_after == 1800
    assert re.search("1800 s", caught.value.message)
