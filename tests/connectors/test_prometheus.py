"""Prometheus as documented: slices of at most so many points on a grid, stretches of firing."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors import prometheus
from connectors._contract import Page, Refusal
from connectors._errors import BadRequest, UnexpectedShape
from connectors._monitoring import fingerprint
from tests.connectors.fakes import (
    START,
    FakeTime,
    Script,
    json_reply,
    next_cursor,
    pages_of,
    read,
    resume_from,
)

PAY = {"alertname": "ServiceDown", "service": "pay", "severity": "critical"}
MINUTE = timedelta(minutes=1)


class FakePrometheus:
    """Alerts by their labels with the spans of time in which they fire; both ends fire."""

    def __init__(self, *alerts: tuple[dict[str, str], list[tuple[datetime, datetime]]]) -> None:
        self.alerts = alerts
        self.asked: list[tuple[int, int, int]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        assert request.url.path == "/api/v1/query_range"
        assert query["query"] == 'ALERTS{alertstate="firing"}'
        start, end, step = (int(query[name]) for name in ("start", "end", "step"))
        self.asked.append((start, end, step))
        if (end - start) / step > 11_000:
            return json_reply({"status": "error", "error": "exceeded maximum resolution"}, 400)
        result: list[dict[str, Any]] = [
            {
                "metric": labels | {"__name__": "ALERTS", "alertstate": "firing"},
                "values": [[at, "1"] for at in range(start, end + 1, step) if _fires(at, spans)],
            }
            for labels, spans in self.alerts
            if any(_fires(at, spans) for at in range(start, end + 1, step))
        ]
        return json_reply(_success({"resultType": "matrix", "result": result}))


def _fires(at: int, spans: list[tuple[datetime, datetime]]) -> bool:
    return any(first.timestamp() <= at <= last.timestamp() for first, last in spans)


def _success(data: Any, **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": data, **more}


def _connector(**more: Any) -> prometheus.PrometheusConnector:
    config = prometheus.Config.model_validate({"base_url": "https://prometheus.test", **more})
    return prometheus.connect(config, name="prometheus")


def _rows(items: list[Page | Refusal], stream: str = "alerts") -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for page in pages_of(items, stream)
        for line in (page.decoded or b"").splitlines()
    ]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_stretch_of_firing_is_one_row_with_the_labels_of_the_alert() -> None:
    began = START - timedelta(hours=3)
    fake = FakePrometheus(
        (PAY, [(began, began + 7 * MINUTE), (began + 20 * MINUTE, began + 20 * MINUTE)])
    )
    first, second = _rows(read(_connector(history_days=1), "alerts", fake))
    assert first == {
        "fingerprint": fingerprint(PAY),
        "labels": PAY,
        "first_at": "2026-11-22T07:00:00Z",
        "last_at": "2026-11-22T07:07:00Z",
        "step_seconds": 60,
        "url": "https://prometheus.test/graph?g0.expr=ALERTS%7Balertname%3D%22ServiceDown%22%2C+"
        "service%3D%22pay%22%2C+severity%3D%22critical%22%7D",
    }
    assert second["first_at"] == second["last_at"] == "2026-11-22T07:20:00Z"


def test_the_history_is_asked_for_in_slices_that_leave_no_point_out() -> None:
    fake = FakePrometheus()
    items = read(_connector(history_days=10, step_seconds=30), "alerts", fake)
    points = [at for start, end, step in fake.asked for at in range(start, end + 1, step)]
    assert points == list(
        range(int((START - timedelta(days=10)).timestamp()), int(START.timestamp()) + 1, 30)
    )
    assert [page.row_count for page in pages_of(items, "alerts")] == [0] * len(fake.asked)


def test_points_are_on_a_grid_whatever_the_clock_says() -> None:
    fake, odd = FakePrometheus(), FakeTime(START + timedelta(seconds=41, microseconds=7))
    read(_connector(history_days=1), "alerts", fake, time=odd)
    assert {value % 60 for start, end, _ in fake.asked for value in (start, end)} == {0}
    assert fake.asked[-1][1] == int(START.timestamp())


def test_the_next_run_reads_an_hour_again_and_a_killed_one_goes_on() -> None:
    fake, connector = FakePrometheus(), _connector(history_days=3)
    whole = read(connector, "alerts", fake)
    cursor = next_cursor(connector, "alerts", whole)
    assert cursor == {"through": "2026-11-22T10:00:00Z"}
    fake.asked.clear()
    read(connector, "alerts", fake, cursor=cursor, time=FakeTime(START + timedelta(hours=2)))
    hour = int(timedelta(hours=1).total_seconds())
    assert fake.asked == [(int(START.timestamp()) - hour, int(START.timestamp()) + 2 * hour, 60)]
    fake.asked.clear()
    killed = read(connector, "alerts", fake, stop_after=1)
    rest = read(connector, "alerts", fake, resume=resume_from(killed))
    assert fake.asked == sorted(set(fake.asked))
    assert len(pages_of(killed, "alerts")) + len(pages_of(rest, "alerts")) == len(whole)


SPANS = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 300)), max_size=6)


@settings(max_examples=100, deadline=None)
@given(spans=SPANS, runs=st.lists(st.integers(0, 3400), max_size=5))
def test_however_a_history_is_cut_into_runs_the_same_minutes_are_read(
    spans: list[tuple[int, int]], runs: list[int]
) -> None:
    begin = START - timedelta(days=3)
    fires = [(begin + one * MINUTE, begin + (one + more) * MINUTE) for one, more in spans]
    fake, connector, cursor = FakePrometheus((PAY, fires)), _connector(since=begin), None
    found: set[datetime] = set()
    for minutes in [*sorted(runs), 3500]:
        items = read(
            connector, "alerts", fake, cursor=cursor, time=FakeTime(begin + minutes * MINUTE)
        )
        cursor = next_cursor(connector, "alerts", items, cursor)
        for row in _rows(items):
            at, last = _instant(row["first_at"]), _instant(row["last_at"])
            found.update(at + step * MINUTE for step in range((last - at) // MINUTE + 1))
    assert found == {
        first + step * MINUTE
        for first, last in fires
        for step in range((last - first) // MINUTE + 1)
    }


def test_only_rules_that_make_alerts_are_kept() -> None:
    rules = [
        {"type": "recording", "name": "x:rate5m", "query": "x"},
        {
            "type": "alerting", "name": "ServiceDown", "query": "up == 0", "duration": 120,
            "labels": {"severity": "critical"}, "annotations": {}, "state": "firing", "alerts": [],
            "lastEvaluation": "2026-11-22T10:00:00.123456789Z", "health": "ok",
        },
    ]  # fmt: skip
    group = {"name": "pay", "file": "rules.yml", "rules": rules}
    script = Script(json_reply(_success({"groups": [group]})))
    (row,) = _rows(read(_connector(), "rules", script), "rules")
    assert script.requests[0].url.path == "/api/v1/rules"
    assert row == {
        "file": "rules.yml", "group": "pay", "name": "ServiceDown", "query": "up == 0",
        "severity": "critical", "for_seconds": 120, "labels": {"severity": "critical"},
        "annotations": {},
    }  # fmt: skip


@pytest.mark.parametrize("stream", ["alerts", "rules"])
@pytest.mark.parametrize(
    "body",
    [
        [],
        {"status": "success"},
        {"status": "success", "data": None},
        {"status": "success", "data": {"result": {}, "groups": {}}},
        {"status": "error", "data": {"result": [], "groups": []}},
        _success({"result": [], "groups": []}, warnings=["a store is out of reach"]),
        _success({"result": [{"metric": {}}], "groups": [{"rules": [{"type": "alerting"}]}]}),
        _success({"result": ["x"], "groups": ["x"]}),
    ],
)
def test_what_is_not_documented_or_partial_is_an_error_and_no_silence(
    body: Any, stream: str
) -> None:
    with pytest.raises(UnexpectedShape) as caught:
        read(_connector(), stream, Script(json_reply(body)))
    assert caught.value.body


def test_a_query_that_is_refused_stops_the_run_before_its_cursor_moves() -> None:
    refused = json_reply({"status": "error", "errorType": "execution", "error": "too many"}, 422)
    with pytest.raises(BadRequest):
        read(_connector(), "alerts", Script(refused))


@pytest.mark.parametrize("more", [{"step_seconds": 0}, {"history_days": 0}, {"colour": "red"}])
def test_settings_that_cannot_be_meant_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _connector(**more)
