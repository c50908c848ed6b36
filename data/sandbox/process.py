"""The sample company's systems in a process of their own, so that they do not slow their readers.

Run as a module it serves until its input ends: it prints its address, and for every instant that
it reads from its input it moves the simulated clock and answers with the same line.
"""

import subprocess
import sys
from datetime import datetime
from functools import cached_property
from typing import Self

from data.sandbox.server import SandboxServer
from data.sandbox.world import open_world


class ServerProcess:
    """A context manager that serves a world from a child process."""

    def __init__(self, *, seed: int, end: datetime) -> None:
        """Prepare to serve the world that this seed and end give."""
        self._arguments = [str(seed), end.isoformat()]

    def __enter__(self) -> Self:
        """Start the process; it draws its world while the caller goes on."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    @cached_property
    def base_url(self) -> str:
        """Wait for the address of the systems. Errors: RuntimeError when the process ended."""
        return self._answer()

    def __exit__(self, *_: object) -> None:
        """End the process by ending its input."""
        self._process.communicate(timeout=10)

    def set_time(self, at: datetime) -> None:
        """Move the simulated clock of all systems. Errors: RuntimeError when the process ended."""
        _ = self.base_url
        if self._process.stdin is None:
            message = "the sample company's systems have no input"
            raise RuntimeError(message)
        self._process.stdin.write(at.isoformat() + "\n")
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        line = self._process.stdout.readline().strip() if self._process.stdout else ""
        if not line:
            message = "the sample company's systems ended before they answered"
            raise RuntimeError(message)
        return line


def main(seed: str, end: str) -> None:
    """Serve until the input ends."""
    with SandboxServer(open_world(seed=int(seed), end=datetime.fromisoformat(end))) as server:
        _say(server.base_url)
        for line in sys.stdin:
            server.set_time(datetime.fromisoformat(line.strip()))
            _say(line.strip())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
