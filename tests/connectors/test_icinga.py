"""Icinga 2 as it behaves: its state in one list, an empty list or 404, an authority of its own."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import icinga
from connectors._errors import BadRequest, PermissionMissing, UnexpectedShape
from tests.connectors.fakes import CANARY, Script, json_reply, next_cursor, pages_of, read

PROBLEM = {
    "name": "web-1!http",
    "attrs": {"name": "http", "host_name": "web-1", "state": 2, "last_hard_state_change": 1.5},
}


def _connector(**more: Any) -> icinga.IcingaConnector:
    settings = {
        "base_url": "https://icinga.example.org:5665",
        "username": "reader",
        "password": SecretStr(CANARY),
        **more,
    }
    return icinga.connect(icinga.Config(**settings), name="icinga")


def test_only_hard_problems_and_fresh_recoveries_are_asked_for() -> None:
    script = Script(json_reply({"results": [PROBLEM]}))
    items = read(_connector(), "services", script)
    (page,) = pages_of(items, "services")
    assert page.row_count == 1
    (request,) = script.requests
    assert request.url.path == "/v1/objects/services"
    assert request.url.params["filter"] == (
        "service.state_type==1&&(service.state!=0||service.last_hard_state_change>=1795338000)"
    )
    assert "+" not in request.url.query.decode()


def test_the_next_run_asks_for_what_recovered_since_an_hour_before_the_last() -> None:
    script, connector = Script(json_reply({"results": []})), _connector()
    cursor = next_cursor(connector, "hosts", read(connector, "hosts", script))
    assert cursor == {"read_at": "2026-11-22T10:00:00+00:00"}
    read(connector, "hosts", script, cursor=cursor)
    assert script.requests[1].url.params["filter"].endswith(">=1795338000)")


def test_an_empty_list_is_a_page_too() -> None:
    script = Script(json_reply({"results": []}))
    (page,) = pages_of(read(_connector(), "downtimes", script), "downtimes")
    assert page.row_count == 0
    assert script.requests[0].url.params["filter"] == "true"


def test_variables_which_may_hold_passwords_come_only_when_one_names_the_service() -> None:
    without, wanted = Script(json_reply({"results": []})), Script(json_reply({"results": []}))
    read(_connector(), "services", without)
    read(_connector(service_variable="service"), "services", wanted)
    assert "vars" not in str(without.requests[0].url)
    params = wanted.requests[0].url.params
    assert "vars" in params.get_list("attrs")
    assert params.get_list("joins") == ["host.groups", "host.vars"]


def test_a_missing_permission_is_said_although_it_looks_like_nothing_found() -> None:
    script = Script(json_reply({"error": 404, "status": "No objects found."}, 404))
    with pytest.raises(PermissionMissing, match="objects/query/Host"):
        read(_connector(), "hosts", script)
    with pytest.raises(BadRequest):
        read(_connector(), "hosts", Script(httpx.Response(400)))


@pytest.mark.parametrize("body", [{"results": {}}, [], {"results": ["web-1"]}, {}])
def test_what_is_no_list_is_an_error_and_no_empty_list(body: Any) -> None:
    with pytest.raises(UnexpectedShape):
        read(_connector(), "services", Script(json_reply(body)))


def test_credentials_travel_in_the_header_only() -> None:
    script, connector = Script(json_reply({"results": []})), _connector()
    read(connector, "hosts", script)
    assert script.requests[0].headers["authorization"].startswith("Basic ")
    assert CANARY not in str(script.requests[0].url) + repr(connector) + repr(connector.access)


@pytest.mark.parametrize("settings", [{"username": "", "password": None}, {"token": "t"}])
def test_settings_without_an_account_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _connector(**settings)
