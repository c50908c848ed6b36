"""The real servers, where they are installed: what we read is what they were given."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import alertmanager, prometheus
from connectors._contract import Connector, Page, Resume
from connectors._http import HttpClient
from connectors._monitoring import fingerprint
from tests.connectors import monitoring_servers as servers

pytestmark = pytest.mark.system

PAY = {"alertname": "ServiceDown", "service": "pay", "severity": "critical"}
ODD = {"alertname": "Straße", "job": 'a "quoted" \\ name'}
ALWAYS = {"alertname": "AlwaysFiring", "service": "pay", "severity": "info"}
RULES = """
groups:
  - name: pay
    rules:
      - {record: one, expr: vector(1)}
      - alert: AlwaysFiring
        expr: one == 1
        labels: {service: pay, severity: info}
        annotations: {summary: It is what it says}
"""
OUTAGE = timedelta(minutes=25)
WAIT_SECONDS = 30


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


@pytest.fixture(scope="module")
def alertmanager_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.alertmanager(tmp_path_factory.mktemp("alertmanager")) as url:
        yield url


@pytest.fixture(scope="module")
def prometheus_url(
    tmp_path_factory: pytest.TempPathFactory, alertmanager_url: str, now: datetime
) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with servers.prometheus(
        folder, history=_history(now), rules=RULES, tells=alertmanager_url
    ) as url:
        yield url


def _outages(now: datetime) -> list[datetime]:
    midnight = now.replace(hour=0, minute=0)
    return [midnight - timedelta(days=days, minutes=10) for days in (20, 10, 3)]


def _history(now: datetime) -> str:
    """Return outages of 25 minutes, each over midnight, where slices of a day may be cut."""
    label_text = ",".join(f'{name}="{value}"' for name, value in PAY.items())
    lines = [
        f'ALERTS{{alertstate="{state}",{label_text}}} 1 {(began + shift).timestamp() + at * 60:.0f}'
        for began in _outages(now)
        for state, shift, count in (("pending", -5 * OUTAGE / 25, 5), ("firing", 0 * OUTAGE, 26))
        for at in range(count)
    ]
    return "\n".join(["# TYPE ALERTS gauge", *lines, "# EOF\n"])


def _read(connector: Connector, stream: str) -> list[Page]:
    assert connector.access is not None
    client = HttpClient(
        connector.access,
        source=connector.name,
        clock=lambda: datetime.now(UTC),
        sleep=time.sleep,
        monotonic=time.monotonic,
        jitter=lambda: 0.5,
    )
    named = next(one for one in connector.streams if one.name == stream)
    pages = connector.pages(
        named, cursor=None, resume=Resume(), client=client, now=datetime.now(UTC)
    )
    try:
        return [page for page in pages if isinstance(page, Page)]
    finally:
        client.close()


def _settings(url: str, **more: Any) -> dict[str, Any]:
    return {"base_url": url, "plain_http_hosts": ["127.0.0.1"], **more}


def _active(url: str) -> dict[str, dict[str, Any]]:
    config = alertmanager.Config(**_settings(url))
    (page,) = _read(alertmanager.connect(config, name="alertmanager"), "alerts")
    rows = json.loads(page.body)
    assert page.row_count == len(rows)
    return {row["labels"]["alertname"]: row for row in rows}


def _fired(url: str, **more: Any) -> list[dict[str, Any]]:
    config = prometheus.Config(**_settings(url, **more))
    pages = _read(prometheus.connect(config, name="prometheus"), "alerts")
    return [json.loads(line) for page in pages for line in (page.decoded or b"").splitlines()]


def _wait_for(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + WAIT_SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.2)
    return found


def test_an_alert_is_there_while_it_is_active_and_gone_when_it_is_resolved(
    alertmanager_url: str, now: datetime
) -> None:
    began = (now - timedelta(minutes=5)).isoformat()
    url = f"{alertmanager_url}/api/v2/alerts"
    servers.post(url, [{"labels": labels, "startsAt": began} for labels in (PAY, ODD)])
    found = _wait_for(lambda: {"ServiceDown", "Straße"} <= set(_active(alertmanager_url)))
    assert found
    active = _active(alertmanager_url)
    for labels in (PAY, ODD):
        row = active[labels["alertname"]]
        assert row["fingerprint"] == fingerprint(labels)
        assert datetime.fromisoformat(row["startsAt"]) == datetime.fromisoformat(began)
        assert datetime.fromisoformat(row["endsAt"]) > datetime.now(UTC)
    ended = datetime.now(UTC).isoformat()
    servers.post(url, [{"labels": PAY, "startsAt": began, "endsAt": ended}])
    _wait_for(lambda: "ServiceDown" not in _active(alertmanager_url))
    assert "Straße" in _active(alertmanager_url)


def test_what_is_silenced_is_read_nevertheless(alertmanager_url: str) -> None:
    labels = {"alertname": "Silenced"}
    servers.post(f"{alertmanager_url}/api/v2/alerts", [{"labels": labels}])
    moment = datetime.now(UTC)
    servers.post(
        f"{alertmanager_url}/api/v2/silences",
        {
            "matchers": [{"name": "alertname", "value": "Silenced", "isRegex": False}],
            "startsAt": moment.isoformat(),
            "endsAt": (moment + timedelta(hours=1)).isoformat(),
            "createdBy": "test",
            "comment": "test",
        },
    )
    _wait_for(
        lambda: (
            _active(alertmanager_url).get("Silenced", {}).get("status", {}).get("state")
            == "suppressed"
        )
    )


def test_the_outages_of_a_month_are_found_to_the_minute(prometheus_url: str, now: datetime) -> None:
    rows = [row for row in _fired(prometheus_url, history_days=30) if row["labels"] == PAY]
    minutes = {
        datetime.fromisoformat(row["first_at"]) + timedelta(minutes=step)
        for row in rows
        for step in range(
            (datetime.fromisoformat(row["last_at"]) - datetime.fromisoformat(row["first_at"]))
            // timedelta(minutes=1)
            + 1
        )
    }
    assert minutes == {
        began + timedelta(minutes=step) for began in _outages(now) for step in range(26)
    }


def test_both_servers_know_a_live_alert_by_our_fingerprint(
    prometheus_url: str, alertmanager_url: str
) -> None:
    row = _wait_for(
        lambda: [
            row
            for row in _fired(prometheus_url, history_days=1, step_seconds=1)
            if row["labels"] == ALWAYS
        ]
    )[0]
    active = _wait_for(lambda: _active(alertmanager_url).get("AlwaysFiring"))
    assert row["fingerprint"] == active["fingerprint"] == fingerprint(ALWAYS)
    began = datetime.fromisoformat(active["startsAt"])
    assert abs(datetime.fromisoformat(row["first_at"]) - began) <= timedelta(seconds=3)


def test_the_rules_are_those_of_the_file(prometheus_url: str) -> None:
    config = prometheus.Config(**_settings(prometheus_url))
    (page,) = _read(prometheus.connect(config, name="prometheus"), "rules")
    (row,) = [json.loads(line) for line in (page.decoded or b"").splitlines()]
    assert (row["group"], row["name"], row["severity"]) == ("pay", "AlwaysFiring", "info")
    assert row["annotations"] == {"summary": "It is what it says"}
