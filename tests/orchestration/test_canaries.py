"""No credential is left anywhere: not on disk, not in a log, not in what is said or raised."""

import logging
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
import zstandard

from connectors import discover
from connectors._contract import Access
from connectors._errors import ConnectorError
from connectors._http import HttpClient
from orchestration import run as chain
from orchestration.commands.doctor import run_checks
from orchestration.definitions import defs
from orchestration.errors import LeadlineError
from orchestration.lake import Lake
from orchestration.progress import describe_failures
from orchestration.quarantine import set_aside
from orchestration.run import Context
from orchestration.settings import Environment, Settings, parse_settings
from orchestration.sources import connect_sources
from orchestration.sync import sync
from tests.connectors.fakes import START
from tests.connectors.test_contract import SETTINGS
from transforms.home import Home

MARK = "CANARY_"
OVER_HTTP = sorted(
    kind for kind, module in discover().items() if "base_url" in module.Config.model_fields
)
FAULTS = ("401", "403", "404", "429", "500", "login page", "redirect", "broken", "cut", "odd")


@dataclass
class Server:
    """Answer every request with one fault, and echo what the request carried."""

    address: str = ""
    fault: str = "401"
    requests: int = 0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.requests += 1
            echo = " ".join(str(value) for value in self.headers.values())
            status, kind, body, length = _answer(told.fault, echo)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(length))
            if told.fault == "redirect":
                self.send_header("location", f"http://elsewhere.invalid/?echo={echo[:20]}")
            if told.fault == "429":
                self.send_header("retry-after", "86400")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        told.address = f"http://127.0.0.1:{running.server_address[1]}"
        yield told
        running.shutdown()


def _answer(fault: str, echo: str) -> tuple[int, str, bytes, int]:
    said = f'{{"message": "you sent {echo}", "error": "{echo}"}}'.encode()
    if fault.isdigit():
        return int(fault), "application/json", said, len(said)
    if fault == "login page":
        page = f"<html><body>log in, {echo}</body></html>".encode()
        return 200, "text/html", page, len(page)
    if fault == "redirect":
        return 302, "application/json", b"", 0
    if fault == "broken":
        torn = said[:-5]
        return 200, "application/json", torn, len(torn)
    if fault == "cut":
        return 200, "application/json", said, len(said) + 100
    odd = b'{"surprise": 1}'
    return 200, "application/json", odd, len(odd)


def _document(address: str) -> dict[str, Any]:
    """Return settings with one source of each kind, every secret a variable of its own."""
    sources: dict[str, Any] = {}
    for kind in OVER_HTTP:
        fields = discover()[kind].Config.model_fields
        section: dict[str, Any] = {"kind": kind}
        for name, value in SETTINGS[kind].items():
            is_secret = "Secret" in str(fields[name].annotation)
            section[name] = f"${{{MARK}{kind}_{name}}}" if is_secret else value
        section["base_url"] = address
        if "plain_http_hosts" in fields:
            section["plain_http_hosts"] = ["127.0.0.1"]
        section.pop("audit_log", None)
        sources[kind] = section
    return {"network": {"private_hosts": ["127.0.0.1"]}, "sources": sources}


@pytest.fixture(scope="module")
def settings(server: Server) -> Settings:
    return parse_settings(yaml.safe_dump(_document(server.address)))


@pytest.fixture
def environ(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Set every secret, and return their values."""
    names = [
        value[2:-1]
        for source in settings.sources
        for value in source.section.values()
        if str(value).startswith("${")
    ]
    values = [f"{name}_5eC4e7f00d" for name in names]
    for name, value in zip(names, values, strict=True):
        monkeypatch.setenv(name, value)
    return values


def _open_client(access: Access, source: str) -> HttpClient:
    return HttpClient(
        access,
        source=source,
        clock=lambda: START,
        sleep=lambda _: None,
        monotonic=time.monotonic,
        jitter=lambda: 0.5,
    )


def _marks(settings: Settings) -> list[str]:
    """Return what no text may hold: the end of every secret, and each header as it is sent."""
    headers = [
        word
        for connector in connect_sources(settings)
        if connector.access is not None
        for secret in connector.access.headers.values()
        for word in secret.get_secret_value().split()
        if len(word) > 16
    ]
    assert headers
    return ["5eC4e7f00d", *headers]


def _leaks(texts: list[str], marks: list[str]) -> list[str]:
    return [text[:300] for text in texts if any(mark in text for mark in marks)]


def _found_on_disk(folder: Path, marks: list[str]) -> list[str]:
    found = []
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        content = file.read_bytes()
        if file.suffix == ".zst":
            content = zstandard.ZstdDecompressor().decompress(content, max_output_size=1 << 26)
        if any(mark.encode() in content for mark in marks):
            found.append(str(file))
    return found


def test_every_kind_that_needs_a_secret_has_a_canary(environ: list[str]) -> None:
    assert len(OVER_HTTP) >= 5
    for kind in OVER_HTTP:
        fields = discover()[kind].Config.model_fields
        if any("Secret" in str(one.annotation) and one.is_required() for one in fields.values()):
            assert [value for value in environ if value.startswith(f"{MARK}{kind}_")], kind


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sync_that_fails_leaves_no_secret_behind(
    server: Server,
    settings: Settings,
    environ: list[str],
    fault: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.fault, server.requests = fault, 0
    lake = Lake(tmp_path / "lake")
    report = sync(
        connect_sources(settings), lake=lake, clock=lambda: START, open_client=_open_client
    )
    assert server.requests >= len(OVER_HTTP)
    said = capfd.readouterr()
    told = [describe_failures(report), repr(report), caplog.text, said.out, said.err]
    told += [repr(connect_sources(settings)), repr(settings)]
    assert _leaks(told, _marks(settings)) == []
    assert _found_on_disk(tmp_path, _marks(settings)) == []


def test_an_error_of_a_client_shows_no_secret_in_its_traceback(
    server: Server, settings: Settings, environ: list[str]
) -> None:
    for connector in connect_sources(settings):
        assert connector.access is not None
        for fault in FAULTS:
            server.fault = fault
            client = _open_client(connector.access, connector.name)
            try:
                client.fetch("/items", stream="items")
            except ConnectorError as exc:
                text = "".join(traceback.format_exception(exc))
                assert _leaks([text], _marks(settings)) == [], (connector.name, fault)


def test_doctor_dagster_and_the_quarantine_show_no_secret(
    server: Server,
    settings: Settings,
    environ: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    server.fault = "401"
    home = Home(root=tmp_path / "data")
    file = tmp_path / "leadline.yml"
    file.write_text(yaml.safe_dump(_document(server.address)), encoding="utf-8")
    monkeypatch.setenv("LEADLINE_HOME", str(home.root))
    monkeypatch.setenv("LEADLINE_CONFIG", str(file))
    context = Context(home=home, environment=Environment(), clock=lambda: START)
    checks = list(run_checks(context, file=file))
    assert len([check for check in checks if check.name.startswith("Access to")]) == len(OVER_HTTP)
    definitions = defs()
    assert isinstance(definitions, dg.Definitions)
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        done = definitions.resolve_job_def("refresh").execute_in_process(
            instance=instance, raise_on_error=False
        )
        events = "".join(str(one) for one in instance.all_logs(done.run_id))
    assert not done.success
    with pytest.raises(LeadlineError) as caught:
        chain.sync_sources(context, settings=settings)
    said = capfd.readouterr()
    told = [repr(checks), events, said.out, said.err, repr(set_aside(home))]
    told += ["".join(traceback.format_exception(caught.value))]
    assert _leaks(told, _marks(settings)) == []
    assert _found_on_disk(tmp_path, _marks(settings)) == []


def test_a_planted_secret_would_be_found(
    settings: Settings, environ: list[str], tmp_path: Path
) -> None:
    content = zstandard.ZstdCompressor().compress(environ[0].encode())
    (tmp_path / "page.zst").write_bytes(content)
    assert len(_found_on_disk(tmp_path, _marks(settings))) == 1
