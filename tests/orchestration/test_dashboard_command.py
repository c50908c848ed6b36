"""The command dashboard: how its server ends is how the command ends."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from orchestration.commands import dashboard as command
from orchestration.errors import LeadlineError
from tests.orchestration.conftest import Publisher
from transforms.home import Home

Started = list[subprocess.Popen[bytes]]


@pytest.fixture
def serve(
    home: Home, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Started]:
    """Return a function that makes the command start the given code as its server."""
    publisher(1, second=1)
    monkeypatch.setenv("LEADLINE_HOME", str(home.root))
    monkeypatch.setattr(command, "is_free", lambda _port, **_: True)

    def prepare(code: str) -> Started:
        started: Started = []

        def start(_door: command.Door, *, home: Home) -> subprocess.Popen[bytes]:
            started.append(subprocess.Popen([sys.executable, "-c", code]))
            return started[-1]

        monkeypatch.setattr(command, "start", start)
        return started

    return prepare


@pytest.mark.parametrize("code", [0, 3])
def test_a_server_that_ends_with_an_error_is_an_error(
    serve: Callable[[str], Started], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    serve(f"raise SystemExit({code})")
    monkeypatch.setattr(command, "wait_until_ready", lambda *_, **__: None)
    if code == 0:
        command.dashboard(port=8601, opens_browser=False)
        return
    with pytest.raises(LeadlineError, match="exit code 3") as caught:
        command.dashboard(port=8601, opens_browser=False)
    assert caught.value.exit_code == 1


def test_a_stop_while_the_server_starts_stops_the_server(
    serve: Callable[[str], Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = serve("import time; time.sleep(60)")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "wait_until_ready", interrupted)
    with pytest.raises(KeyboardInterrupt):
        command.dashboard(port=8601, opens_browser=False)
    assert started[0].returncode == -15
