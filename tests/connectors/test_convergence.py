"""However a history is cut into runs, and however late its rows appear, the same rows are read."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors import github, pagerduty, servicenow
from connectors._contract import Connector, State
from tests.connectors.fakes import FakeTime, Handler, json_reply, next_cursor, pages_of, read
from tests.connectors.test_github import FakeGitHub
from tests.connectors.test_pagerduty import FakePagerDuty
from tests.connectors.test_servicenow import FakeInstance

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
SPAN_MINUTES = 20 * 24 * 60
EXAMPLES = 200

# A row: when it was last updated, and how many minutes later the source shows it.
ROWS = st.lists(
    st.tuples(st.integers(0, SPAN_MINUTES), st.integers(0, 59)), min_size=1, max_size=25
)
RUNS = st.lists(st.integers(0, SPAN_MINUTES + 60), max_size=6)


def _moment(minutes: int) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def _read_in_runs(
    connector: Connector,
    stream: str,
    runs: Iterable[int],
    serve: Callable[[datetime], Handler],
    collect: Callable[[Any], Iterable[tuple[str, str]]],
) -> set[tuple[str, str]]:
    """Return the row versions that all runs together have read."""
    cursor: State | None = None
    found: set[tuple[str, str]] = set()
    for minutes in [*sorted(runs), SPAN_MINUTES + 120]:
        now = _moment(minutes)
        items = read(connector, stream, serve(now), cursor=cursor, time=FakeTime(now))
        for page in pages_of(items, stream):
            found.update(collect(json.loads(page.decoded or page.body)))
        cursor = next_cursor(connector, stream, items, cursor)
    return found


@settings(max_examples=EXAMPLES, deadline=None)
@given(rows=ROWS, runs=RUNS)
def test_servicenow_rows_that_appear_within_an_hour_are_found(
    rows: list[tuple[int, int]], runs: list[int]
) -> None:
    form = "%Y-%m-%d %H:%M:%S"
    config = servicenow.Config(base_url="https://x.test", token=SecretStr("t"), page_size=3)
    connector = servicenow.connect(config, name="servicenow")

    def serve(now: datetime) -> Handler:
        shown = [
            {"sys_id": f"{number:03d}", "sys_updated_on": _moment(updated).strftime(form)}
            for number, (updated, late) in enumerate(rows)
            if _moment(updated + late) <= now
        ]
        return FakeInstance(shown)

    found = _read_in_runs(
        connector,
        "incident",
        runs,
        serve,
        lambda data: ((row["sys_id"], row["sys_updated_on"]) for row in data["result"]),
    )
    assert {number for number, _ in found} == {f"{number:03d}" for number in range(len(rows))}


@settings(max_examples=EXAMPLES, deadline=None)
@given(rows=ROWS, runs=RUNS)
def test_github_pull_requests_that_appear_within_an_hour_are_found(
    rows: list[tuple[int, int]], runs: list[int]
) -> None:
    form = "%Y-%m-%dT%H:%M:%SZ"
    config = github.Config(token=SecretStr("t"), repositories=("acme/checkout",))
    connector = github.connect(config, name="github")

    def serve(now: datetime) -> Handler:
        shown = [
            {"number": number, "updated_at": _moment(updated).strftime(form), "state": "closed"}
            for number, (updated, late) in enumerate(rows)
            if _moment(updated + late) <= now
        ]
        return FakeGitHub(pulls=sorted(shown, key=lambda row: str(row["updated_at"]), reverse=True))

    found = _read_in_runs(
        connector,
        "pulls",
        runs,
        serve,
        lambda data: ((str(row["number"]), row["updated_at"]) for row in data),
    )
    assert {number for number, _ in found} == {str(number) for number in range(len(rows))}


@settings(max_examples=EXAMPLES, deadline=None)
@given(rows=ROWS, runs=RUNS)
def test_every_pagerduty_incident_is_read_in_its_last_state(
    rows: list[tuple[int, int]], runs: list[int]
) -> None:
    form = "%Y-%m-%dT%H:%M:%SZ"
    config = pagerduty.Config(token=SecretStr("t"))
    connector = pagerduty.connect(config, name="pagerduty")

    def serve(now: datetime) -> Handler:
        shown = [
            {
                "id": f"P{number:03d}",
                "created_at": _moment(created).strftime(form),
                "status": "resolved" if _moment(created + 20 * lasts) <= now else "triggered",
            }
            for number, (created, lasts) in enumerate(rows)
            if _moment(created) < now
        ]
        return FakePagerDuty(sorted(shown, key=lambda row: str(row["created_at"])))

    found = _read_in_runs(
        connector,
        "incidents",
        [*runs, SPAN_MINUTES + 60],
        serve,
        lambda data: ((row["id"], row["status"]) for row in data["incidents"]),
    )
    last = _moment(SPAN_MINUTES + 120)
    for number, (created, lasts) in enumerate(rows):
        if _moment(created + 20 * lasts) <= last:
            assert (f"P{number:03d}", "resolved") in found


def test_a_row_that_is_inserted_or_removed_between_two_pages_costs_no_other() -> None:
    rows = [
        {"sys_id": f"{number:03d}", "sys_updated_on": f"2026-11-20 {number:02d}:00:00"}
        for number in range(20)
    ]
    config = servicenow.Config(base_url="https://x.test", token=SecretStr("t"), page_size=3)
    connector = servicenow.connect(config, name="servicenow")
    fake = FakeInstance(rows)

    def drift(request: httpx.Request) -> httpx.Response:
        reply = fake(request)
        if len(fake.asked) == 2:
            fake.rows = [row for row in fake.rows if row["sys_id"] != "001"]
        if len(fake.asked) == 3:
            # What is updated meanwhile moves to the end of the order.
            fake.rows = [
                row if row["sys_id"] != "004" else row | {"sys_updated_on": "2026-11-21 00:00:00"}
                for row in fake.rows
            ]
        return json_reply(json.loads(reply.content), headers=reply.headers)

    items = read(connector, "incident", drift)
    found = {
        row["sys_id"]
        for page in pages_of(items, "incident")
        for row in json.loads(page.body)["result"]
    }
    assert found == {row["sys_id"] for row in rows}
