"""The command dashboard: serve the pages on this machine and say where."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

from orchestration.builds import read_pointer
from orchestration.commands.terminal import TerminalSteps, open_context, say
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from orchestration.process import serving
from orchestration.settings import child_environment
from transforms.home import Home

HOST = "127.0.0.1"
APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
START_SECONDS = 30


def dashboard(*, port: int | None, opens_browser: bool) -> None:
    """Serve the pages until interrupted.

    Errors: NothingToRead when nothing is published; ConfigurationError when the port is taken;
    LeadlineError when the server does not start or ends by itself.
    """
    context = open_context()
    if read_pointer(context.home.current) is None:
        raise NothingToRead(
            f"Nothing is published in {context.home.published}; run `leadline run` or "
            "`leadline demo`."
        )
    chosen = port or context.environment.port
    if not is_free(chosen):
        raise ConfigurationError(
            f"Port {chosen} is taken; choose another with `leadline dashboard --port {chosen + 1}`."
        )
    with start(chosen, home=context.home) as server:
        code = 0
        try:
            url = f"http://{HOST}:{chosen}"
            with TerminalSteps().step("Starting the dashboard"):
                wait_until_ready(url, server=server)
            say(f"Dashboard: {url}  (Ctrl+C stops it)")
            if opens_browser and sys.stdout.isatty():
                webbrowser.open(url)
            with serving():
                code = server.wait()
        finally:
            server.terminate()
    if code:
        raise LeadlineError(
            f"The dashboard ended by itself (exit code {code}); see its messages, or run "
            "`leadline doctor`."
        )


def is_free(port: int) -> bool:
    """Say whether nothing listens on a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def start(port: int, *, home: Home) -> subprocess.Popen[bytes]:
    """Start the server of the pages as a child process."""
    line = [sys.executable, "-m", "streamlit", "run", str(APP)]
    line += ["--server.address", HOST, "--server.port", str(port), "--server.headless", "true"]
    line += ["--browser.gatherUsageStats", "false", "--logger.level", "error"]
    root = str(APP.parent.parent)
    environment = child_environment(home) | {"PYTHONPATH": root}
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, env=environment)


def wait_until_ready(url: str, *, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers.

    Errors: LeadlineError when it ends or takes too long.
    """
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise LeadlineError("The dashboard did not start; see its messages, or `leadline doctor`.")
