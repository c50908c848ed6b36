"""The command dashboard: serve the pages on this machine and say where."""

import errno
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.access import is_loopback, read_access
from orchestration.builds import read_pointer
from orchestration.commands.terminal import TerminalSteps, open_context, say
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from orchestration.process import serving
from orchestration.settings import child_environment, process_variables
from orchestration.sign_in import secrets_file
from transforms.home import Home

HOST = "127.0.0.1"
APP = Path(__file__).resolve().parents[2] / "dashboards" / "app.py"
START_SECONDS = 30


@dataclass(frozen=True)
class Door:
    """Where the server listens, under which names, and how people sign in (None: they do not)."""

    address: str = HOST
    port: int = 8501
    names: tuple[str, ...] = (HOST, "localhost")
    secrets: Path | None = None

    @property
    def local_url(self) -> str:
        """Return where this machine itself reaches the server."""
        host = HOST if is_any(self.address) else self.address
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def dashboard(*, port: int | None, opens_browser: bool, host: str | None = None) -> None:
    """Serve the pages until interrupted; with roles.yml people sign in first.

    Errors: NothingToRead when nothing is published; ConfigurationError when the port is taken,
    roles.yml cannot be used, or the pages would leave this machine without sign-in; LeadlineError
    when the server does not start or ends by itself.
    """
    context = open_context()
    address = HOST if host is None or host == "localhost" else host
    read = read_access(context.environment.roles)
    refuse_open_door(address, has_sign_in=read is not None, file=context.environment.roles)
    if read_pointer(context.home.current) is None:
        raise NothingToRead(
            f"Nothing is published in {context.home.published}; run `leadline run` or "
            "`leadline demo`."
        )
    chosen = port or context.environment.port
    if not is_free(chosen, host=address):
        raise ConfigurationError(
            f"Port {chosen} is taken; choose another with `leadline dashboard --port {chosen + 1}`."
        )
    door = Door(address=address, port=chosen)
    if read is None:
        serve(door, home=context.home, opens_browser=opens_browser)
        return
    access, document = read
    own_names = () if is_any(address) else (address,)
    names = tuple(dict.fromkeys((*door.names, access.sign_in.host, *own_names)))
    with secrets_file(context.home, access, document, environ=process_variables()) as file:
        door = replace(door, names=names, secrets=file)
        serve(door, home=context.home, opens_browser=opens_browser, url=access.sign_in.public_url)


def serve(door: Door, *, home: Home, opens_browser: bool, url: str = "") -> None:
    """Start the server, say where it is, and wait for its end.

    Errors: LeadlineError when it does not start or ends by itself.
    """
    with start(door, home=home) as server:
        code = 0
        try:
            with TerminalSteps().step("Starting the dashboard"):
                wait_until_ready(door.local_url, server=server)
            said = url or door.local_url
            say(f"Dashboard: {said}  (Ctrl+C stops it)")
            if opens_browser and sys.stdout.isatty():
                webbrowser.open(said)
            with serving():
                code = server.wait()
        finally:
            server.terminate()
    if code:
        raise LeadlineError(
            f"The dashboard ended by itself (exit code {code}); see its messages, or run "
            "`leadline doctor`."
        )


def refuse_open_door(address: str, *, has_sign_in: bool, file: Path) -> None:
    """Refuse to serve beyond this machine where nobody signs in.

    Errors: ConfigurationError, which says how sign-in is set up.
    """
    if has_sign_in or is_loopback(address):
        return
    raise ConfigurationError(
        f"Without sign-in the pages are served on this machine only, not at {address}; write "
        f"{file} with `leadline init --roles` and fill it in, or leave --host out."
    )


def is_any(address: str) -> bool:
    """Say whether an address stands for all of this machine's addresses."""
    return address in ("0.0.0.0", "::")


def is_free(port: int, *, host: str = HOST) -> bool:
    """Say whether nothing listens on a port of this machine.

    Errors: ConfigurationError for an address that this machine does not have.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                return False
            raise ConfigurationError(
                f"The pages cannot be served at {host} port {port} ({exc.strerror}); give "
                "another --host or --port."
            ) from exc
    return True


def start(door: Door, *, home: Home) -> subprocess.Popen[bytes]:
    """Start the server of the pages as a child process."""
    line = [sys.executable, "-m", "streamlit", "run", str(APP)]
    line += ["--server.address", door.address, "--server.port", str(door.port)]
    line += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    line += [part for name in door.names for part in ("--server.allowedHosts", name)]
    line += ["--logger.level", "error"]
    root = str(APP.parent.parent)
    environment = child_environment(home) | {"PYTHONPATH": root}
    if door.secrets is not None:
        line += ["--secrets.files", str(door.secrets)]
        environment["LEADLINE_SIGN_IN"] = "required"
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
