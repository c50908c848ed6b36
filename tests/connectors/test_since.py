"""The instant a source is read from means the same on every machine."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import github, pagerduty, servicenow
from connectors._contract import Connector
from tests.connectors.fakes import Script, json_reply, read


@pytest.fixture(autouse=True)
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    "text", ["2026-11-01T00:00:00", "2026-11-01T00:00:00Z", "2026-11-01T02:00:00+02:00"]
)
def test_an_instant_without_a_zone_is_utc(text: str) -> None:
    token: dict[str, Any] = {"token": SecretStr("secret-token"), "since": text}
    for config in (
        github.Config(repositories=("acme/a",), **token),
        pagerduty.Config(**token),
        servicenow.Config(base_url="https://acme.service-now.test", **token),
    ):
        assert config.since == datetime(2026, 11, 1, tzinfo=UTC)


def test_every_source_is_asked_from_that_instant_on() -> None:
    token: dict[str, Any] = {"token": SecretStr("secret-token"), "since": "2026-11-01T00:00:00"}
    instance = servicenow.Config(base_url="https://acme.service-now.test", **token)
    sources: list[tuple[Connector, str, Any]] = [
        (pagerduty.connect(pagerduty.Config(**token), name="p"), "incidents", "incidents"),
        (servicenow.connect(instance, name="s"), "incident", "result"),
    ]
    for connector, stream, key in sources:
        script = Script(json_reply({key: [], "more": False}))
        read(connector, stream, script)
        (request,) = script.requests
        assert "2026-11-01" in str(request.url)
