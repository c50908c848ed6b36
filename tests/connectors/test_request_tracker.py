"""Request Tracker as it behaves: many tickets in one second, a capped page, its own zone."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import request_tracker
from connectors._contract import Page, Refusal
from connectors._errors import UnexpectedShape
from tests.connectors.fakes import CANARY, json_reply, next_cursor, pages_of, read, resume_from

TIE = "2026-11-22T08:00:00Z"
FORM = "%Y-%m-%dT%H:%M:%SZ"


class FakeTracker:
    """Tickets by update and number, read in the zone of the account."""

    def __init__(self, tickets: list[dict[str, Any]], *, zone: str = "UTC") -> None:
        self.tickets = tickets
        self.transactions: list[dict[str, Any]] = []
        self.zone = zone
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url.params.get("query", request.url.path)))
        if request.url.path.startswith("/REST/2.0/ticket/"):
            number = request.url.path.rsplit("/", 1)[1]
            (found,) = [ticket for ticket in self.tickets if ticket["id"] == number]
            return json_reply({**found, "id": int(number)})
        if request.url.path == "/REST/2.0/transactions":
            after = re.search(r"id > (\d+)", self.asked[-1])
            assert after
            rows = [row for row in self.transactions if int(row["id"]) > int(after[1])]
            return _page(rows)
        begin = self._instant(r">= '(.+?)'")
        assert begin
        end, after = self._instant(r"<= '(.+?)'"), re.search(r"id >= (\d+)", self.asked[-1])
        rows = [
            ticket
            for ticket in self.tickets
            if begin <= ticket["LastUpdated"] <= (end or "9999")
            and int(ticket["id"]) >= int(after[1] if after else 0)
        ]
        order = request.url.params.get_list("orderby")
        return _page(sorted(rows, key=lambda row: [row[name].zfill(20) for name in order]))

    def _instant(self, pattern: str) -> str | None:
        found = re.search(pattern, self.asked[-1])
        if not found:
            return None
        local = datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(self.zone))
        return local.astimezone(UTC).strftime(FORM)


def _page(rows: list[dict[str, Any]]) -> httpx.Response:
    following = {"next_page": "https://elsewhere.example.org/"} if len(rows) > 100 else {}
    return json_reply({"items": rows[:100], "count": len(rows[:100]), **following})


def _ticket(number: int, updated: str, status: str = "open") -> dict[str, Any]:
    return {"id": str(number), "Status": status, "LastUpdated": updated}


def _minute(number: int) -> str:
    return (datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=number)).strftime(FORM)


def _connector(**more: Any) -> request_tracker.RequestTrackerConnector:
    settings = {
        "base_url": "https://rt.example.org",
        "token": SecretStr(CANARY),
        "incident_queues": ("Incidents", "O'Hare"),
        **more,
    }
    return request_tracker.connect(request_tracker.Config(**settings), name="rt")


def _ids(items: list[Page | Refusal], stream: str = "incidents") -> set[str]:
    return {row["id"] for page in pages_of(items, stream) for row in json.loads(page.body)["items"]}


def test_all_tickets_come_where_pages_are_many() -> None:
    fake = FakeTracker([_ticket(number, _minute(number)) for number in range(1, 251)])
    items = read(_connector(), "incidents", fake)
    assert len(_ids(items)) == 250
    assert len(fake.asked) == 3


def test_an_empty_queue_is_a_page_without_rows() -> None:
    (page,) = read(_connector(), "incidents", FakeTracker([]))
    assert isinstance(page, Page)
    assert page.row_count == 0


def test_more_tickets_in_one_second_than_a_page_holds_all_come() -> None:
    rows = [_ticket(number, TIE) for number in range(1, 331)]
    fake = FakeTracker([*rows, _ticket(331, "2026-11-22T08:00:01Z")])
    assert len(_ids(read(_connector(), "incidents", fake))) == 331


def test_a_walk_killed_after_any_page_loses_nothing() -> None:
    rows = [_ticket(number, TIE) for number in range(1, 331)]
    rows += [_ticket(number, _minute(number)) for number in range(331, 560)]
    connector = _connector()
    whole = read(connector, "incidents", FakeTracker(rows))
    for killed_after in range(1, len(whole)):
        fake = FakeTracker(rows)
        begun = read(connector, "incidents", fake, stop_after=killed_after)
        rest = read(connector, "incidents", fake, resume=resume_from(begun))
        assert len(_ids([*begun, *rest])) == 559
        assert len(fake.asked) <= len(whole) + 1


def test_a_second_run_asks_once_for_what_is_new_and_an_hour_before() -> None:
    fake = FakeTracker([_ticket(number, _minute(number)) for number in range(1, 251)])
    connector = _connector()
    cursor = next_cursor(connector, "incidents", read(connector, "incidents", fake))
    assert cursor == {"updated_at": _minute(250), "row": 250}
    fake.asked.clear()
    fake.tickets.append(_ticket(251, _minute(249)))
    items = read(connector, "incidents", fake, cursor=cursor)
    assert fake.asked == [
        "(Queue = 'Incidents' OR Queue = 'O\\'Hare') AND LastUpdated >= '2026-11-20 03:10:00'"
    ]
    assert "251" in _ids(items)


def test_instants_are_asked_for_in_the_zone_of_the_account() -> None:
    rows = [_ticket(number, _minute(number)) for number in range(1, 251)]
    for zone in ("America/New_York", "Asia/Kolkata"):
        fake = FakeTracker(rows, zone=zone)
        assert len(_ids(read(_connector(timezone=zone), "incidents", fake))) == 250


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_an_account_in_another_zone_than_the_settings_say_is_an_error(zone: str) -> None:
    rows = [_ticket(number, _minute(number)) for number in range(1, 251)]
    with pytest.raises(UnexpectedShape, match="time zone"):
        read(_connector(), "incidents", FakeTracker(rows, zone=zone))
    rows = [_ticket(number, TIE) for number in range(1, 251)]
    with pytest.raises(UnexpectedShape, match="time zone"):
        read(_connector(), "incidents", FakeTracker(rows, zone=zone))


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_another_zone_is_noticed_where_one_page_holds_everything(zone: str) -> None:
    rows = [_ticket(number, _minute(number * 60)) for number in range(1, 20)]
    connector = _connector()
    cursor = next_cursor(connector, "incidents", read(connector, "incidents", FakeTracker(rows)))
    with pytest.raises(UnexpectedShape, match="time zone"):
        read(connector, "incidents", FakeTracker(rows, zone=zone), cursor=cursor)


def test_a_ticket_that_changed_since_is_no_sign_of_another_zone() -> None:
    rows = [_ticket(number, _minute(number)) for number in range(1, 20)]
    connector, fake = _connector(), FakeTracker(rows)
    cursor = next_cursor(connector, "incidents", read(connector, "incidents", fake))
    rows[-1] |= {"Status": "deleted"}
    fake.tickets = rows[:-1]
    fake_single = rows[-1]

    def serve(request: httpx.Request) -> httpx.Response:
        is_single = request.url.path == "/REST/2.0/ticket/19"
        return json_reply({**fake_single, "id": 19}) if is_single else fake(request)

    assert len(_ids(read(connector, "incidents", serve, cursor=cursor))) == 18


def test_transactions_are_read_by_number_and_the_last_ones_again() -> None:
    fake, connector = FakeTracker([]), _connector()
    fake.transactions = [{"id": str(number)} for number in range(1, 251)]
    items = read(connector, "transactions", fake)
    assert len(_ids(items, "transactions")) == 250
    cursor = next_cursor(connector, "transactions", items)
    assert cursor == {"number": 250}
    fake.asked.clear()
    read(connector, "transactions", fake, cursor=cursor)
    (asked,) = fake.asked
    assert asked.endswith("AND id > 150")
    assert "Type = 'Set' AND Field = 'Queue'" in asked


@pytest.mark.parametrize("body", [{"items": "none"}, [], {"items": [{"id": "1"}]}])
def test_a_changed_shape_is_said(body: Any) -> None:
    with pytest.raises(UnexpectedShape):
        read(_connector(), "incidents", lambda _: json_reply(body))


def test_streams_are_those_of_the_queues_that_are_configured() -> None:
    both = _connector(change_queues=("Changes",))
    assert [stream.name for stream in both.streams] == [
        "incidents", "transactions", "change_requests",
    ]  # fmt: skip
    assert [stream.name for stream in _connector().streams] == ["incidents", "transactions"]


def test_the_token_travels_in_its_header_only() -> None:
    seen: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return _page([])

    connector = _connector()
    read(connector, "incidents", serve)
    assert seen[0].headers["authorization"] == f"token {CANARY}"
    assert CANARY not in str(seen[0].url) + repr(connector) + repr(connector.access)


@pytest.mark.parametrize(
    "settings",
    [
        {"token": None},
        {"incident_queues": ()},
        {"timezone": "Berlin"},
        {"statuses": {"waiting": "somewhere"}},
        {"base_url": "http://rt.example.org"},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _connector(**settings)
