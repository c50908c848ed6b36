"""Where a source may lead: public addresses, and private ones that the settings name."""

import socket
import time
from pathlib import Path

import httpx
import pytest

from connectors._addresses import AddressBlocked, AddressGuard
from connectors._contract import Access
from connectors._errors import AddressForbidden, RedirectBlocked
from connectors._http import HttpClient
from orchestration.errors import ConfigurationError
from orchestration.settings import parse_settings
from orchestration.sources import connect_sources
from tests.connectors.fakes import CANARY, START, Script, open_client
from tests.connectors.test_connections import WHOLE, _server

PRIVATE = [
    "169.254.169.254",  # a cloud's metadata
    "127.0.0.1",
    "[::1]",
    "0x7f000001",  # the same address, written so that a filter of texts does not know it
    "2130706433",
    "127.1",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "10.0.0.7",
    "0.0.0.0",
    "localhost",
]


def _client(base_url: str, *allowed: str) -> HttpClient:
    return HttpClient(
        Access(base_url=base_url),
        source="acme",
        clock=lambda: START,
        sleep=lambda _: None,
        monotonic=time.monotonic,
        jitter=lambda: 0.5,
        guard=AddressGuard(allowed),
    )


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_not_connected_to_however_it_is_written(host: str) -> None:
    with pytest.raises(AddressForbidden, match="private_hosts"):
        _client(f"http://{host}:9").fetch("/items", stream="items")


def test_a_name_that_leads_to_a_private_address_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.1.5", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(AddressBlocked):
        AddressGuard().choose("innocent.example", 443)


def test_of_several_addresses_the_public_one_is_taken_and_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [("10.0.0.1", 443), ("93.184.215.14", 443)]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in answers],
    )
    assert AddressGuard().choose("example.org", 443) == "93.184.215.14"


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8"])
def test_an_address_or_network_that_is_named_is_connected_to(allowed: str) -> None:
    with _server(WHOLE) as port:
        reply = _client(f"http://127.0.0.1:{port}", allowed).fetch("/items", stream="items")
    assert reply.data == [{"id": 1}]


def test_a_host_that_is_named_is_connected_to_whatever_its_address() -> None:
    with _server(WHOLE) as port:
        client = _client(f"http://localhost:{port}", "LOCALHOST")
        assert client.fetch("/items", stream="items").data == [{"id": 1}]


def test_a_redirect_to_a_private_address_is_not_followed_and_takes_no_token_along() -> None:
    away = httpx.Response(302, headers={"location": "http://169.254.169.254/latest/meta-data"})
    script = Script(away)
    client = open_client(Access(base_url="https://acme.test"), script)
    with pytest.raises(RedirectBlocked, match=r"acme\.test.*169\.254\.169\.254"):
        client.fetch("/items", stream="items")
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "gopher://acme.test", "https://user:pass@acme.test", "acme"]
)
def test_an_address_that_is_no_plain_web_address_is_refused_with_its_line(
    address: str, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(CANARY, encoding="utf-8")
    text = f"sources:\n  github:\n    organisation: acme\n    token: file:{tmp_path / 'token'}\n"
    text += f"    base_url: {address}\n"
    with pytest.raises(ConfigurationError, match="line") as caught:
        connect_sources(parse_settings(text))
    assert CANARY not in str(caught.value)
