"""Faults of real connections on loopback: refused, cut short, not trusted."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors._contract import Access
from connectors._errors import SourceUnreachable, TlsRejected
from connectors._http import HttpClient
from tests.connectors.fakes import START

WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n[{"id": 1}]'
SHORT = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n[{"id"'


def _client(base_url: str, *, ca_bundle: Path | None = None) -> HttpClient:
    return HttpClient(
        Access(base_url=base_url, ca_bundle=ca_bundle),
        source="acme",
        clock=lambda: START,
        sleep=lambda _: None,
        monotonic=time.monotonic,
        jitter=lambda: 0.5,
    )


@contextmanager
def _server(*answers: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answer one connection after the other with prepared bytes, then close each."""

    def serve(listener: socket.socket) -> None:
        for answer in answers:
            connection, _ = listener.accept()
            try:
                wrapped = (
                    context.wrap_socket(connection, server_side=True) if context else connection
                )
                with wrapped:
                    wrapped.recv(65536)
                    wrapped.sendall(answer)
            except OSError:
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=5)


def test_a_body_shorter_than_announced_is_asked_for_again() -> None:
    with _server(SHORT, WHOLE) as port:
        client = _client(f"http://127.0.0.1:{port}")
        assert client.fetch("/items", stream="items").data == [{"id": 1}]
        assert client.calls == 2


def test_a_refused_connection_is_tried_three_times() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = _client(f"http://127.0.0.1:{port}")
    with pytest.raises(SourceUnreachable, match="check base_url"):
        client.fetch("/items", stream="items")
    assert client.calls == 3


def test_an_unknown_host_is_unreachable() -> None:
    with pytest.raises(SourceUnreachable):
        _client("https://nothing.invalid").fetch("/items", stream="items")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed, so there is no certificate to distrust")
    folder = tmp_path_factory.mktemp("tls")
    key, own = folder / "key.pem", folder / "own.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run(
        [openssl, "req", *made, "-keyout", str(key), "-out", str(own)],
        check=True,
        capture_output=True,
    )
    return own, key


def _context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_a_self_signed_certificate_is_refused_once_and_names_the_remedy(
    certificate: tuple[Path, Path],
) -> None:
    with _server(WHOLE, context=_context(certificate)) as port:
        client = _client(f"https://127.0.0.1:{port}")
        with pytest.raises(TlsRejected, match="ca_bundle") as caught:
            client.fetch("/items", stream="items")
    assert client.calls == 1
    assert "verif" not in str(caught.value)


def test_an_own_authority_is_trusted_when_the_settings_name_it(
    certificate: tuple[Path, Path],
) -> None:
    with _server(WHOLE, context=_context(certificate)) as port:
        client = _client(f"https://127.0.0.1:{port}", ca_bundle=certificate[0])
        assert client.fetch("/items", stream="items").data == [{"id": 1}]


def test_a_certificate_for_another_host_is_refused(certificate: tuple[Path, Path]) -> None:
    with _server(WHOLE, context=_context(certificate)) as port:
        client = _client(f"https://localhost:{port}", ca_bundle=certificate[0])
        with pytest.raises(TlsRejected):
            client.fetch("/items", stream="items")
