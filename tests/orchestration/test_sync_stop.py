"""A run that waits for a source's limit ends when it is told to, and asks nothing more."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors import github
from orchestration.lake import Lake
from orchestration.sync import sync

WAIT_SECONDS = 20


@dataclass
class Limited:
    """A server that wants everybody to come back later."""

    address: str
    asked: list[str] = field(default_factory=list)
    is_asked: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def limited() -> Iterator[Limited]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append(self.path)
            self.send_response(429)
            self.send_header("Retry-After", str(WAIT_SECONDS))
            self.send_header("Content-Length", "0")
            self.end_headers()
            here.is_asked.set()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Limited(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_stop_ends_the_wait_for_a_limit_and_asks_nothing_more(
    limited: Limited, tmp_path: Path
) -> None:
    config = github.Config(
        token=SecretStr("secret"), base_url=limited.address, repositories=("acme/a", "acme/b")
    )
    source, stop = github.connect(config, name="github"), threading.Event()

    def stop_when_asked() -> None:
        limited.is_asked.wait(10)
        time.sleep(0.1)
        stop.set()

    stopper = threading.Thread(target=stop_when_asked)
    stopper.start()
    begun = time.monotonic()
    report = sync([source], Lake(tmp_path / "lake"), lambda: datetime.now(UTC), stop=stop,
                  private_hosts=("127.0.0.1",))  # fmt: skip
    stopper.join()
    assert time.monotonic() - begun < WAIT_SECONDS / 2
    assert {one.error_class for one in report.streams} == {"Stopped"}
    assert {one.status for one in report.streams} == {"incomplete"}
    assert len(limited.asked) == 1


INTERRUPTED = """
    import sys
    from pathlib import Path
    from orchestration import run
    from orchestration.process import run_command
    from orchestration.settings import Environment, read_settings
    from transforms.home import Home

    folder = Path(sys.argv[1])
    context = run.Context(home=Home(root=folder / "home"), environment=Environment(_env_file=None))
    settings = read_settings(folder / "leadline.yml")
    run_command(lambda: run.sync_sources(context, settings=settings))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_wait_for_a_limit_and_leaves_a_run_to_take_up(
    number: signal.Signals, limited: Limited, tmp_path: Path
) -> None:
    (tmp_path / "leadline.yml").write_text(
        "network: {private_hosts: [127.0.0.1]}\n"
        "sources:\n  github:\n    token: ${GITHUB_TOKEN}\n"
        f"    base_url: {limited.address}\n    repositories: [acme/a]\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(tmp_path)],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "GITHUB_TOKEN": "secret",
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    assert limited.is_asked.wait(60), process.communicate(timeout=5)
    time.sleep(0.2)
    begun = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=WAIT_SECONDS * 2)
    assert process.returncode == 130, said
    assert time.monotonic() - begun < 5
    assert len(limited.asked) == 1
    lines = list(Lake(tmp_path / "home" / "lake").journal("github", "repositories"))
    assert [line["event"] for line in lines] == ["run_started", "run_finished"]
    assert lines[-1]["error"]["class"] == "Stopped"
