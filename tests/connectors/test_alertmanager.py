"""Alertmanager: the whole list of active alerts in every read, and credentials kept safe."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors import alertmanager
from connectors._errors import UnexpectedShape
from connectors._monitoring import fingerprint
from tests.connectors.fakes import CANARY, Script, json_reply, next_cursor, pages_of, read

LABELS = {"alertname": "ServiceDown", "service": "pay", "severity": "critical"}


def alert(labels: dict[str, str], started: str, **more: Any) -> dict[str, Any]:
    """Return an active alert in the shape of GET /api/v2/alerts."""
    return {
        "annotations": {"summary": "It is down"},
        "endsAt": "2026-11-22T10:04:00.000Z",
        "fingerprint": fingerprint(labels),
        "receivers": [{"name": "hook"}],
        "startsAt": started,
        "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
        "updatedAt": "2026-11-22T10:00:00.000Z",
        "generatorURL": "https://prometheus.example.org/graph",
        "labels": labels,
        **more,
    }


def _connector(**more: Any) -> alertmanager.AlertmanagerConnector:
    settings = {"base_url": "https://alerts.example.org", **more}
    return alertmanager.connect(alertmanager.Config(**settings), name="alertmanager")


def test_every_read_is_of_the_whole_list_with_what_is_silenced() -> None:
    script = Script(json_reply([alert(LABELS, "2026-11-22T09:50:00.000Z")]))
    items = read(_connector(), "alerts", script)
    (page,) = pages_of(items, "alerts")
    assert (page.row_count, page.format, page.checkpoint) == (1, "array", None)
    (request,) = script.requests
    assert request.url.path == "/api/v2/alerts"
    assert dict(request.url.params) == {
        "active": "true", "silenced": "true", "inhibited": "true", "unprocessed": "true",
    }  # fmt: skip
    assert next_cursor(_connector(), "alerts", items) is None


def test_an_empty_list_is_a_page_too() -> None:
    (page,) = pages_of(read(_connector(), "alerts", Script(json_reply([]))), "alerts")
    assert (page.row_count, page.body) == (0, b"[]")


def test_a_path_before_the_interface_is_kept() -> None:
    script = Script(json_reply([]))
    read(_connector(base_url="https://acme.test/alertmanager/"), "alerts", script)
    assert script.requests[0].url.path == "/alertmanager/api/v2/alerts"


@pytest.mark.parametrize("body", [{"alerts": []}, "down", [1], None])
def test_what_is_no_list_of_alerts_is_an_error_and_no_empty_list(body: Any) -> None:
    with pytest.raises(UnexpectedShape):
        read(_connector(), "alerts", Script(json_reply(body)))


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        ({}, None),
        ({"token": CANARY}, f"Bearer {CANARY}"),
        ({"username": "ada", "password": "p:w"}, "Basic YWRhOnA6dw=="),
    ],
)
def test_credentials_travel_in_the_header_only(settings: Any, header: str | None) -> None:
    script, connector = Script(json_reply([])), _connector(**settings)
    read(connector, "alerts", script)
    assert script.requests[0].headers.get("authorization") == header
    assert CANARY not in str(script.requests[0].url)
    assert CANARY not in repr(connector) + repr(connector.access)


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "http://alerts.example.org"},
        {"base_url": "http://alerts.example.org", "plain_http_hosts": ["example.org"]},
        {"base_url": f"https://ada:{CANARY}@alerts.example.org"},
        {"base_url": "ftp://alerts.example.org"},
        {"base_url": "alerts.example.org"},
        {"username": "ada"},
        {"password": CANARY},
        {"token": CANARY, "username": "ada", "password": CANARY},
    ],
)
def test_settings_that_would_leak_or_contradict_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        _connector(**settings)
    assert CANARY not in str(caught.value)


def test_plain_http_is_used_where_the_host_is_allowed_by_name() -> None:
    connector = _connector(base_url="http://Localhost:9093", plain_http_hosts=["localhost"])
    assert connector.access.base_url == "http://Localhost:9093"


def test_the_fingerprint_is_the_one_that_both_servers_compute() -> None:
    # The second is prometheus/common's own (model/signature_test.go).
    assert fingerprint({}) == "cbf29ce484222325"
    assert int(fingerprint({"name": "garland, briggs", "fear": "love is not enough"}), 16) == (
        5799056148416392346
    )
