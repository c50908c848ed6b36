"""The command dagster: Dagster's own server, on this machine, in Leadline's folder."""

import subprocess
import sys
from collections.abc import Sequence

from orchestration.commands.terminal import open_context, say
from orchestration.dagster_home import prepare_dagster_home
from orchestration.errors import LeadlineError
from orchestration.process import serving
from orchestration.settings import child_environment
from orchestration.versions import TRANSFORMS

HOST, PORT = "127.0.0.1", 3000


def dagster(arguments: Sequence[str]) -> None:
    """Run `dagster dev`, or the dagster command given, with Leadline's settings.

    Errors: LeadlineError when it ends badly.
    """
    context = open_context()
    folder = prepare_dagster_home(context.home)
    line = list(arguments) or ["dev", "-h", HOST, "-p", str(PORT)]
    if "-m" not in line:
        line += ["-m", "orchestration.definitions"]
    if not arguments:
        say(f"Dagster: http://{HOST}:{PORT}  (Ctrl+C stops it)")
    environment = child_environment(context.home) | {
        "DAGSTER_HOME": str(folder),
        "PYTHONPATH": str(TRANSFORMS.parent),
    }
    code = 0
    with subprocess.Popen([sys.executable, "-m", "dagster", *line], env=environment) as server:
        with serving():
            code = server.wait()
        if server.poll() is None:
            server.terminate()
    if code:
        raise LeadlineError(f"dagster {line[0]} ended with {code}; see its messages above.")
