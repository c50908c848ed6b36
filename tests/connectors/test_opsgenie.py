"""Opsgenie as documented: offsets up to 20,000, nothing that filters on updates."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import opsgenie
from connectors._contract import Page, Refusal
from connectors._errors import PaginationLoop, UnexpectedShape
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
MOST = 20_000


def text(instant: datetime) -> str:
    """Return an instant as Opsgenie writes it."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def incident(number: int, created: datetime, status: str = "resolved") -> dict[str, Any]:
    return {
        "id": f"i{number:05d}",
        "message": f"Incident {number}",
        "status": status,
        "priority": "P2",
        "impactedServices": ["s1"],
        "createdAt": text(created),
        "updatedAt": text(created + timedelta(minutes=9)),
    }


def alert(number: int, created: datetime, *, updated: datetime | None = None) -> dict[str, Any]:
    return {
        "id": f"a{number:05d}",
        "message": f"Alert {number}",
        "status": "open",
        "priority": "P3",
        "tags": ["urgent", "service:checkout"],
        "createdAt": text(created),
        "updatedAt": text(updated or created),
    }


class FakeOpsgenie:
    """Lists by name, filtered by creation and sorted; enforces the limits of the real one."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {
            "services": [{"id": "s1", "name": "Checkout"}],
            "incidents": [],
            "alerts": [],
            **lists,
        }
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        _, _, name, *rest = request.url.path.split("/")
        self.asked.append((request.url.path, query))
        rows = self.lists[name]
        if rest:
            wanted = [row for row in rows if row["id"] == rest[0]]
            return json_reply({"data": wanted[0]}) if wanted else json_reply({}, 404)
        offset, limit = int(query["offset"]), int(query["limit"])
        if limit > 100 or offset + limit > MOST:
            return json_reply({"message": "Sum of offset and limit exceeds 20000"}, 422)
        if "query" in query:
            (begin,) = re.fullmatch(r"createdAt >= (\d+)", query["query"]).groups()  # type: ignore[union-attr]
            floor = text(datetime.fromtimestamp(int(begin) / 1000, UTC))
            rows = [row for row in rows if row["createdAt"] >= floor]
        if "sort" in query:
            by = query["sort"]
            rows = sorted(rows, key=lambda row: row[by], reverse=query["order"] == "desc")
        more = {"next": "https://api.opsgenie.com/next"} if offset + limit < len(rows) else {}
        return json_reply({"data": rows[offset : offset + limit], "paging": more, "took": 0.1})


def connector(**more: Any) -> opsgenie.OpsgenieConnector:
    return opsgenie.connect(
        opsgenie.Config(token=SecretStr("secret-token"), **more), name="opsgenie"
    )


def _rows(items: list[Page | Refusal], stream: str) -> dict[str, str]:
    return {
        row["id"]: row["status"]
        for page in pages_of(items, stream)
        for row in json.loads(page.decoded or page.body)["data"]
    }


def test_incidents_are_read_by_creation_a_hundred_at_a_time() -> None:
    rows = [incident(number, START - number * DAY) for number in range(1, 251)]
    items = read(connector(), "incidents", FakeOpsgenie(incidents=rows))
    assert [page.row_count for page in pages_of(items, "incidents")] == [100, 100, 50]
    assert len(_rows(items, "incidents")) == 250


def test_an_account_without_incidents_gives_an_empty_page() -> None:
    items = read(connector(), "incidents", FakeOpsgenie())
    assert [page.row_count for page in pages_of(items, "incidents")] == [0]


def test_beyond_the_last_offset_the_walk_goes_on_from_the_last_creation() -> None:
    begin = START - 100 * DAY
    rows = [alert(number, begin + timedelta(minutes=number)) for number in range(20_500)]
    items = read(connector(), "alerts", FakeOpsgenie(alerts=rows))
    assert len(_rows(items, "alerts")) == 20_500


def test_more_rows_in_one_instant_than_offsets_reach_are_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors._opsgenie_walks.MOST_ROWS", 300)
    rows = [alert(number, START - DAY) for number in range(500)]
    with pytest.raises(PaginationLoop, match="more than 300 rows were created at"):
        read(connector(since=START - DAY), "alerts", FakeOpsgenie(alerts=rows))


def test_the_second_run_asks_for_incidents_created_up_to_a_week_before_the_first() -> None:
    fake, source = FakeOpsgenie(), connector()
    cursor = next_cursor(source, "incidents", read(source, "incidents", fake))
    fake.asked.clear()
    read(source, "incidents", fake, cursor=cursor, time=FakeTime(START + DAY))
    begin = int((START - 7 * DAY).timestamp() * 1000)
    assert [query["query"] for _, query in fake.asked] == [f"createdAt >= {begin}"]


def test_an_incident_that_was_open_is_read_again_however_old_it_is() -> None:
    old = incident(1, START - 90 * DAY, "open")
    fake, source = FakeOpsgenie(incidents=[old]), connector()
    cursor = next_cursor(source, "incidents", read(source, "incidents", fake))
    assert cursor == {"through": START.isoformat(), "open": ["i00001"]}
    old["status"] = "resolved"
    later = read(source, "incidents", fake, cursor=cursor, time=FakeTime(START + DAY))
    assert _rows(later, "incidents") == {"i00001": "resolved"}
    settled = next_cursor(source, "incidents", later, cursor)
    assert settled == {"through": (START + DAY).isoformat(), "open": []}


def test_an_open_incident_that_was_deleted_is_set_aside_once() -> None:
    source, cursor = connector(), {"through": START.isoformat(), "open": ["gone", "i00001"]}
    fake = FakeOpsgenie(incidents=[incident(1, START - 90 * DAY, "open")])
    items = read(source, "incidents", fake, cursor=cursor, time=FakeTime(START + DAY))
    (refused,) = [item for item in items if isinstance(item, Refusal)]
    assert (refused.reason, refused.is_final) == ("bad_request", True)
    settled = next_cursor(source, "incidents", items, cursor)
    assert settled is not None
    assert settled["open"] == ["i00001"]


def test_alerts_that_were_updated_are_read_backwards_until_the_last_run() -> None:
    rows = [alert(number, START - number * DAY) for number in range(1, 400)]
    fake, source = FakeOpsgenie(alerts=rows), connector()
    cursor = next_cursor(source, "alerts", read(source, "alerts", fake))
    fake.asked.clear()
    rows[300] |= {"status": "closed", "updatedAt": text(START + timedelta(hours=3))}
    later = read(source, "alerts", fake, cursor=cursor, time=FakeTime(START + DAY))
    assert _rows(later, "alerts")["a00301"] == "closed"
    assert len(fake.asked) == 1


def test_more_updates_than_offsets_reach_are_found_by_reading_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors._opsgenie_walks.MOST_ROWS", 300)
    rows = [
        alert(number, START - timedelta(minutes=number), updated=START + timedelta(hours=1))
        for number in range(1, 500)
    ]
    cursor = {"through": START.isoformat()}
    later = FakeTime(START + DAY)
    items = read(connector(), "alerts", FakeOpsgenie(alerts=rows), cursor=cursor, time=later)
    assert len(_rows(items, "alerts")) == 499


def test_a_killed_walk_goes_on_where_it_was() -> None:
    rows = [incident(number, START - number * DAY, "open") for number in range(1, 451)]
    fake, source = FakeOpsgenie(incidents=rows), connector()
    whole = read(source, "incidents", fake)
    for stopped in range(1, len(whole)):
        begun = read(source, "incidents", fake, stop_after=stopped)
        fake.asked.clear()
        rest = read(source, "incidents", fake, resume=resume_from(begun))
        assert len(_rows([*begun, *rest], "incidents")) == 450
        assert len(fake.asked) <= len(whole) - stopped + 1
        assert next_cursor(source, "incidents", [*begun, *rest]) == next_cursor(
            source, "incidents", whole
        )


def test_services_are_read_whole_each_time() -> None:
    items = read(connector(), "services", FakeOpsgenie())
    assert [page.row_count for page in pages_of(items, "services")] == [1]


@pytest.mark.parametrize("odd", [{"id": "i1", "status": "open"}, {"createdAt": text(START)}])
def test_an_incident_that_cannot_be_understood_is_said_with_its_reply(odd: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedShape, match="has a record in incidents"):
        read(connector(), "incidents", lambda _: json_reply({"data": [odd]}))


def test_the_key_is_sent_the_way_opsgenie_wants_it() -> None:
    headers = connector().access.headers
    assert headers["authorization"].get_secret_value() == "GenieKey secret-token"
