"""PagerDuty as documented: windows of creation, offsets up to 10,000, changes found in the log."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from connectors import pagerduty
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

FORM = "%Y-%m-%dT%H:%M:%SZ"


class FakePagerDuty:
    """Incidents and log entries by creation; enforces the limits of the real one."""

    def __init__(
        self, incidents: list[dict[str, Any]], log: list[dict[str, Any]] | None = None
    ) -> None:
        self.rows = {
            "incidents": incidents,
            "log_entries": log or [],
            "services": [{"id": "S1", "name": "Checkout", "escalation_policy": {"id": "EP1"}}],
            "change_events": [],
            "oncalls": [],
        }
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        name = request.url.path.strip("/")
        self.asked.append((name, query))
        if name.startswith("incidents/"):
            wanted = [row for row in self.rows["incidents"] if row["id"] == name.split("/")[1]]
            return json_reply({"incident": wanted[0]}) if wanted else httpx.Response(404)
        offset, limit = int(query["offset"]), int(query["limit"])
        if offset + limit > 10_000 or limit > 100:
            return json_reply({"error": {"code": 2002}}, 400)
        rows = self.rows[name]
        if name != "services":
            span = datetime.fromisoformat(query["until"]) - datetime.fromisoformat(query["since"])
            if span > timedelta(days=184):
                return json_reply({"error": {"code": 2001}}, 400)
            rows = [row for row in rows if _is_within(row, query["since"], query["until"])]
        shown = rows[offset : offset + limit]
        total = len(rows) if query.get("total") == "true" else None
        return json_reply({name: shown, "more": offset + limit < len(rows), "total": total})


def _is_within(row: dict[str, Any], since: str, until: str) -> bool:
    if "escalation_policy" in row:
        return (row["start"] or since) < until and (row["end"] or until) > since
    return since <= str(row.get("created_at") or row["timestamp"]) < until


def change_event(number: int, moment: datetime) -> dict[str, Any]:
    return {
        "id": f"CE{number}",
        "type": "change_event",
        "summary": f"Flag {number} switched on",
        "timestamp": moment.strftime(FORM),
        "services": [{"id": "S1", "type": "service_reference"}],
        "links": [{"href": f"https://flags.test/{number}"}],
        "custom_details": {"environment": "production"},
    }


def oncall(user: str, start: datetime | None, end: datetime | None) -> dict[str, Any]:
    return {
        "escalation_policy": {"id": "EP1", "summary": "Checkout first"},
        "escalation_level": 1,
        "user": {"id": user, "summary": "Tim Wright"},
        "schedule": start and {"id": "SC1"},
        "start": start and start.strftime(FORM),
        "end": end and end.strftime(FORM),
    }


def account(**more: Any) -> pagerduty.PagerDutyConnector:
    config = pagerduty.Config(token=SecretStr("secret-token"), **more)
    return pagerduty.connect(config, name="pagerduty")


def _incident(number: int, created: datetime, status: str = "resolved") -> dict[str, Any]:
    return {"id": f"P{number:05d}", "created_at": created.strftime(FORM), "status": status}


def _statuses(items: list[Page | Refusal]) -> dict[str, str]:
    found: dict[str, str] = {}
    for page in pages_of(items, "incidents"):
        for row in json.loads(page.decoded or page.body)["incidents"]:
            found[row["id"]] = row["status"]
    return found


def test_two_years_are_read_in_windows_of_less_than_six_months() -> None:
    rows = [_incident(day, START - timedelta(days=day)) for day in range(700, 0, -7)]
    fake = FakePagerDuty(rows)
    items = read(account(), "incidents", fake)
    assert len(_statuses(items)) == len(rows)
    assert len(fake.asked) == 5
    assert sum(page.reported_total or 0 for page in pages_of(items, "incidents")) == len(rows)


def test_a_window_with_more_rows_than_offsets_reach_is_halved() -> None:
    begin = START - timedelta(days=170)
    rows = [_incident(number, begin + timedelta(minutes=10 * number)) for number in range(12_000)]
    fake = FakePagerDuty(rows)
    items = read(account(since=begin), "incidents", fake)
    assert len(_statuses(items)) == 12_000


def test_open_incidents_are_read_again_until_they_are_resolved() -> None:
    old = _incident(1, START - timedelta(days=30), "triggered")
    fake, connector = FakePagerDuty([old]), account()
    cursor = next_cursor(connector, "incidents", read(connector, "incidents", fake))
    assert cursor is not None
    assert cursor["open"] == {"P00001": old["created_at"]}
    old["status"] = "resolved"
    later = FakeTime(START + timedelta(days=1))
    second = read(connector, "incidents", fake, cursor=cursor, time=later)
    assert _statuses(second) == {"P00001": "resolved"}
    settled = next_cursor(connector, "incidents", second, cursor)
    assert settled == {"through": "2026-11-23T10:00:00Z", "open": {}}


def test_an_old_incident_that_the_log_names_is_read_by_its_id_in_the_shape_of_the_list() -> None:
    old = _incident(1, START - timedelta(days=30))
    fake, connector = FakePagerDuty([old]), account()
    cursor = next_cursor(connector, "incidents", read(connector, "incidents", fake))
    moment = (START + timedelta(hours=3)).strftime(FORM)
    fake.rows["log_entries"] = [
        {"type": "priority_change_log_entry", "created_at": moment, "incident": {"id": "P00001"}},
        {"type": "annotate_log_entry", "created_at": moment, "incident": {"id": "P00002"}},
    ]
    later = FakeTime(START + timedelta(days=1))
    second = read(connector, "incidents", fake, cursor=cursor, time=later)
    assert _statuses(second) == {"P00001": "resolved"}
    assert not [item for item in second if isinstance(item, Refusal)]


def _entries(number: int, moments: list[datetime]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"R{number}-{at}",
            "type": "priority_change_log_entry",
            "created_at": moment.strftime(FORM),
            "incident": {"id": f"P{number:05d}"},
        }
        for at, moment in enumerate(moments)
    ]


def _cursor_of(moment: datetime) -> dict[str, Any]:
    return {"through": moment.strftime(FORM), "open": {}}


def test_a_change_after_ten_thousand_log_entries_is_found() -> None:
    begin = START - timedelta(days=20)
    fake = FakePagerDuty([_incident(number, START - timedelta(days=90)) for number in (1, 2)])
    busy = _entries(1, [begin + timedelta(minutes=2 * number) for number in range(12_000)])
    fake.rows["log_entries"] = [*busy, *_entries(2, [START - timedelta(hours=1)])]
    items = read(account(), "incidents", fake, cursor=_cursor_of(begin))
    assert set(_statuses(items)) == {"P00001", "P00002"}


def test_changes_of_more_than_six_months_are_asked_for_in_windows_the_source_allows() -> None:
    fake = FakePagerDuty([_incident(number, START - timedelta(days=600)) for number in (1, 2)])
    fake.rows["log_entries"] = [
        *_entries(1, [START - timedelta(days=390)]),
        *_entries(2, [START - timedelta(days=2)]),
    ]
    cursor = _cursor_of(START - timedelta(days=400))
    items = read(account(), "incidents", fake, cursor=cursor)
    assert set(_statuses(items)) == {"P00001", "P00002"}


def test_more_changes_in_a_moment_than_offsets_reach_are_said() -> None:
    fake = FakePagerDuty([_incident(1, START - timedelta(days=90))])
    fake.rows["log_entries"] = _entries(1, [START - timedelta(hours=1)] * 10_001)
    with pytest.raises(PaginationLoop, match="10000 log entries within 2 seconds"):
        read(account(), "incidents", fake, cursor=_cursor_of(START - timedelta(days=1)))


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "resolved"},
        {"id": "P1", "status": "triggered"},
        {"id": "P1", "status": "triggered", "created_at": "yesterday"},
    ],
)
def test_an_incident_that_cannot_be_understood_is_said_with_its_reply(odd: dict[str, Any]) -> None:
    def serve(_: httpx.Request) -> httpx.Response:
        return json_reply({"incidents": [odd], "more": False, "total": 1})

    with pytest.raises(UnexpectedShape, match="pagerduty has a record in incidents") as caught:
        read(account(history_days=30), "incidents", serve)
    assert b"status" in caught.value.body


def test_a_killed_walk_goes_on_where_it_was() -> None:
    rows = [_incident(number, START - timedelta(days=100, hours=-number)) for number in range(450)]
    fake, connector = FakePagerDuty(rows), account()
    whole = read(connector, "incidents", fake)
    needed = len(fake.asked)
    for killed_after in range(1, len(whole)):
        fake.asked.clear()
        begun = read(connector, "incidents", fake, stop_after=killed_after)
        rest = read(connector, "incidents", fake, resume=resume_from(begun))
        assert len(_statuses([*begun, *rest])) == 450
        assert len(fake.asked) <= needed + 1
        assert next_cursor(connector, "incidents", [*begun, *rest]) == next_cursor(
            connector, "incidents", whole
        )


def test_the_log_is_read_since_the_cursor_minus_an_hour() -> None:
    fake, connector = FakePagerDuty([]), account()
    cursor = next_cursor(connector, "log_entries", read(connector, "log_entries", fake))
    fake.asked.clear()
    later = FakeTime(START + timedelta(days=1))
    read(connector, "log_entries", fake, cursor=cursor, time=later)
    assert fake.asked[0][1]["since"] == "2026-11-22T09:00:00Z"
    assert fake.asked[0][1]["until"] == "2026-11-23T10:00:00Z"


def test_services_are_read_whole_each_time() -> None:
    items = read(account(), "services", FakePagerDuty([]))
    assert [page.row_count for page in pages_of(items, "services")] == [1]


def test_the_key_is_sent_the_way_pagerduty_wants_it() -> None:
    access = account().access
    assert access.headers["authorization"].get_secret_value() == "Token token=secret-token"
    assert access.accept == "application/vnd.pagerduty+json;version=2"
    assert START.tzinfo is UTC


def test_change_events_are_read_since_the_cursor_minus_an_hour() -> None:
    fake, connector = FakePagerDuty([]), account()
    fake.rows["change_events"] = [change_event(day, START - timedelta(days=day)) for day in (1, 2)]
    items = read(connector, "change_events", fake)
    assert sum(page.row_count for page in pages_of(items, "change_events")) == 2
    cursor = next_cursor(connector, "change_events", items)
    fake.asked.clear()
    later = FakeTime(START + timedelta(days=1))
    again = read(connector, "change_events", fake, cursor=cursor, time=later)
    assert [page.row_count for page in pages_of(again, "change_events")] == [0]
    assert fake.asked[0][1]["since"] == "2026-11-22T09:00:00Z"


def test_times_on_call_of_the_week_before_are_read_again() -> None:
    fake, connector = FakePagerDuty([]), account(history_days=30)
    day = timedelta(days=1)
    fake.rows["oncalls"] = [
        oncall("U1", None, None),
        oncall("U2", START - 20 * day, START - 13 * day),
        oncall("U3", START - 2 * day, START + 5 * day),
    ]
    items = read(connector, "oncalls", fake)
    assert [page.row_count for page in pages_of(items, "oncalls")] == [3]
    cursor = next_cursor(connector, "oncalls", items)
    fake.asked.clear()
    later = read(connector, "oncalls", fake, cursor=cursor, time=FakeTime(START + day))
    assert [page.row_count for page in pages_of(later, "oncalls")] == [2]
    assert fake.asked[0][1]["since"] == "2026-11-15T10:00:00Z"
