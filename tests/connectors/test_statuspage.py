"""Statuspage as documented: the newest 50 and nothing else, our own page or a vendor's."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors import statuspage
from connectors._contract import Refusal
from connectors._errors import SourceBroken, UnexpectedShape
from tests.connectors.fakes import START, Script, json_reply, next_cursor, pages_of, read

PAGE = {"id": "y2j98763l56x", "name": "Acme", "time_zone": "America/Los_Angeles"}


def text(instant: datetime) -> str:
    """Return an instant as Statuspage writes it: in the zone of the page."""
    return (instant - timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S.125-08:00")


def incident(number: int, created: datetime, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"p{number}",
        "name": f"Trouble {number}",
        "status": "resolved",
        "impact": "major",
        "created_at": text(created),
        "started_at": text(created - timedelta(minutes=10)),
        "updated_at": text(created + timedelta(hours=1)),
        "resolved_at": text(created + timedelta(hours=1)),
        "shortlink": f"https://stspg.io/p{number}",
        "components": [{"id": "c1", "name": "Old name"}],
        **fields,
    }


def maintenance(number: int, start: datetime, **fields: Any) -> dict[str, Any]:
    return {
        **incident(number, start - timedelta(days=3)),
        "status": "scheduled",
        "impact": "maintenance",
        "resolved_at": None,
        "scheduled_for": text(start),
        "scheduled_until": text(start + timedelta(hours=2)),
        **fields,
    }


class FakeStatuspage:
    """One page with its lists by name."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {
            "components": [{"id": "c1", "name": "Checkout"}],
            "incidents": [],
            "scheduled_maintenances": [],
            **lists,
        }
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        name = request.url.path.removeprefix("/api/v2/").removesuffix(".json").replace("-", "_")
        rows = sorted(self.lists[name], key=lambda row: row.get("created_at", ""), reverse=True)
        return json_reply({"page": PAGE, name: rows[:50]})


def connector(*, name: str = "status", **more: Any) -> statuspage.StatuspageConnector:
    config = statuspage.Config(base_url="https://status.acme.test", **more)
    return statuspage.connect(config, name=name)


@pytest.mark.parametrize("stream", ["components", "incidents", "scheduled_maintenances"])
def test_a_list_is_one_page(stream: str) -> None:
    fake = FakeStatuspage(
        incidents=[incident(1, START)], scheduled_maintenances=[maintenance(2, START)]
    )
    (page,) = pages_of(read(connector(), stream, fake), stream)
    assert page.row_count == 1
    assert len(json.loads(page.body)[stream]) == 1


def test_an_empty_list_is_a_page_too() -> None:
    (page,) = pages_of(read(connector(), "incidents", FakeStatuspage()), "incidents")
    assert page.row_count == 0


def test_incidents_of_a_vendor_are_not_even_asked_for() -> None:
    assert [one.name for one in connector(is_vendor=True).streams] == ["scheduled_maintenances"]


def _hourly(first: int, last: int) -> list[dict[str, Any]]:
    return [incident(hour, START + timedelta(hours=hour)) for hour in range(first, last)]


def test_a_full_list_that_begins_after_the_last_run_says_that_some_may_be_lost() -> None:
    fake, source = FakeStatuspage(incidents=_hourly(0, 3)), connector()
    cursor = next_cursor(source, "incidents", read(source, "incidents", fake))
    assert cursor == {"created_at": "2026-11-22T12:00:00Z"}
    fake.lists["incidents"] = _hourly(0, 90)
    refused, page = read(source, "incidents", fake, cursor=cursor)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.is_final) == ("missed_rows", True)
    assert "all came after 2026-11-22T12:00:00Z" in refused.detail
    assert next_cursor(source, "incidents", [refused, page], cursor) == {
        "created_at": "2026-11-26T03:00:00Z"
    }


def test_a_full_list_that_reaches_the_last_run_lost_nothing() -> None:
    fake = FakeStatuspage(incidents=_hourly(0, 52))
    cursor = {"created_at": "2026-11-22T12:00:00Z"}
    items = read(connector(), "incidents", fake, cursor=cursor)
    assert not [item for item in items if isinstance(item, Refusal)]


def test_a_changed_shape_is_said_with_its_bytes() -> None:
    with pytest.raises(UnexpectedShape, match=r"no list of records at \$\.incidents"):
        read(connector(), "incidents", Script(json_reply({"issues": []})))
    with pytest.raises(UnexpectedShape, match="has a record in incidents"):
        read(connector(), "incidents", Script(json_reply({"incidents": [{"id": "p1"}]})))


def test_an_unavailable_page_is_tried_again_and_then_said() -> None:
    assert read(connector(), "incidents", Script(httpx.Response(500), FakeStatuspage()(_ask())))
    with pytest.raises(SourceBroken):
        read(connector(), "incidents", Script(httpx.Response(500)))


def _ask() -> httpx.Request:
    return httpx.Request("GET", "https://status.acme.test/api/v2/incidents.json")
