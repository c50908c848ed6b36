"""Start real Prometheus and Alertmanager servers where they are installed; else skip."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

READY_SECONDS = 30


def program(*names: str) -> str:
    """Return the path of the first program that is installed, or skip."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"{names[0]} is not installed (Debian: prometheus, prometheus-alertmanager)")


def free_address() -> str:
    """Return a loopback address whose port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def running(command: Sequence[str], address: str, folder: Path) -> Iterator[str]:
    """Run a server until the body ends; give its URL once it says that it is ready."""
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            _await_ready(f"http://{address}/-/ready", server, folder / "server.log")
            yield f"http://{address}"
        finally:
            server.terminate()
            server.wait(timeout=READY_SECONDS)


def _await_ready(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"the server did not become ready: {log.read_text(errors='replace')}")


@contextmanager
def alertmanager(folder: Path) -> Iterator[str]:
    """Run an Alertmanager that notifies nobody; give its URL."""
    address = free_address()
    config = folder / "alertmanager.yml"
    config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    command = [
        program("prometheus-alertmanager", "alertmanager"), f"--config.file={config}",
        f"--storage.path={folder / 'state'}", f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]  # fmt: skip
    with running(command, address, folder) as url:
        yield url


@contextmanager
def prometheus(folder: Path, *, history: str, rules: str, tells: str) -> Iterator[str]:
    """Run a Prometheus that scrapes nothing over a history in OpenMetrics text; give its URL.

    `tells` is the URL of the Alertmanager that it sends its alerts to.
    """
    address = free_address()
    text, state = folder / "history.om", folder / "state"
    text.write_text(history)
    (folder / "rules.yml").write_text(rules)
    config = folder / "prometheus.yml"
    target = tells.removeprefix("http://")
    config.write_text(
        "global: {evaluation_interval: 1s}\nrule_files: [rules.yml]\nscrape_configs: []\n"
        f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{target}']}}]}}]}}\n"
    )
    fill = [
        program("promtool"), "tsdb", "create-blocks-from", "openmetrics",
        "--max-block-duration=720h", str(text), str(state),
    ]  # fmt: skip
    command = [
        program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={state}",
        f"--web.listen-address={address}", "--storage.tsdb.retention.time=3650d",
        # What is back-filled has no marks of an end; without them a sample would be repeated.
        "--query.lookback-delta=59s",
        "--rules.alert.resend-delay=1s",
    ]  # fmt: skip
    subprocess.run(fill, check=True, capture_output=True, cwd=folder)
    with running(command, address, folder) as url:
        yield url


def post(url: str, data: Any) -> None:
    """Send JSON to a server."""
    request = urllib.request.Request(
        url, data=json.dumps(data).encode(), headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        reply.read()
