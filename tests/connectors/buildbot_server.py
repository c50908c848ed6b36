"""Start a real Buildbot where it is installed; else skip."""

import json
import os
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import ROOT
from tests.connectors.monitoring_servers import free_address

READY_SECONDS = 60
MASTER = """
from buildbot.plugins import schedulers, steps, util, worker

def builder(name, *commands):
    factory = util.BuildFactory(
        [steps.ShellCommand(name=step, command=command) for step, command in commands]
    )
    return util.BuilderConfig(name=name, workernames=["local"], factory=factory)

code = util.CodebaseParameter(
    "",
    branch=util.StringParameter(name="branch", default="main"),
    revision=util.StringParameter(name="revision", default=""),
    repository=util.FixedParameter(
        name="repository", default="https://git.example.test/acme/pay.git"
    ),
    project=util.FixedParameter(name="project", default=""),
)
BuildmasterConfig = {
    "protocols": {"null": {}},
    "workers": [worker.LocalWorker("local", max_builds=1)],
    "builders": [
        builder("unit tests", ("test", ["false"])),
        builder("deploy pay to prod", ("deploy", ["true"]), ("smoke test", ["true"])),
        builder("slow", ("wait", ["sleep", "2"])),
    ],
    "schedulers": [
        schedulers.ForceScheduler(
            name="force",
            builderNames=["unit tests", "deploy pay to prod", "slow"],
            codebases=[code],
            properties=[
                util.StringParameter(name="version", default=""),
                util.StringParameter(name="service", default=""),
            ],
        )
    ],
    "buildbotURL": "http://ADDRESS/",
    "www": {"port": "tcp:PORT:interface=127.0.0.1", "plugins": {}},
    "db": {"db_url": "sqlite:///state.sqlite"},
    "buildbotNetUsageData": None,
}
"""


@dataclass(frozen=True)
class Buildbot:
    """A master that runs, with its folder."""

    url: str
    folder: Path

    def force(self, builder: str, **fields: str) -> None:
        """Ask for a build."""
        (found,) = [one for one in self.get("builders")["builders"] if one["name"] == builder]
        params = {"builderid": str(found["builderid"]), "owner": "ada@example.test", **fields}
        _post(
            f"{self.url}/api/v2/forceschedulers/force",
            {"id": 1, "jsonrpc": "2.0", "method": "force", "params": params},
        )

    def get(self, path: str) -> Any:
        """Return what the master says of itself."""
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}", headers={"accept": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read())

    def await_requests(self, count: int) -> list[dict[str, Any]]:
        """Return all build requests once so many have ended."""
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            requests: list[dict[str, Any]] = self.get("buildrequests")["buildrequests"]
            builds = self.get("builds")["builds"]
            ended = [one for one in requests if one["complete"]]
            if len(ended) >= count and all(build["complete"] for build in builds):
                return requests
            time.sleep(0.1)
        raise AssertionError(f"fewer than {count} build requests ended")

    def make_older(self, number: int, *, seconds: int) -> None:
        """Move a build into the past, as if the master had been running for long."""
        with closing(sqlite3.connect(self.folder / "state.sqlite", timeout=10)) as state, state:
            state.execute(
                "update builds set started_at = started_at - ?, complete_at = complete_at - ? "
                "where id = ?",
                (seconds, seconds, number),
            )


def _post(url: str, data: Any) -> None:
    request = urllib.request.Request(
        url, data=json.dumps(data).encode(), headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        answer = json.loads(reply.read())
    assert "error" not in answer, answer


def _installed() -> Path:
    peers = Path(os.environ.get("LEADLINE_PEERS", str(ROOT / ".cache" / "peers")))
    program = peers / "buildbot" / "bin" / "buildbot"
    if not program.exists():
        pytest.skip(
            "Buildbot is not installed in a virtual environment of its own "
            "(LEADLINE_PEERS/buildbot with buildbot, buildbot-worker, buildbot-www, setuptools)"
        )
    return program


@contextmanager
def buildbot(folder: Path) -> Iterator[Buildbot]:
    """Run a master with one worker until the body ends."""
    program, address = _installed(), free_address()
    text = MASTER.replace("ADDRESS", address).replace("PORT", address.rpartition(":")[2])
    master = folder / "master"
    create = [str(program), "create-master", "--relocatable", str(master)]
    subprocess.run(create, check=True, capture_output=True, cwd=folder)
    (master / "master.cfg").write_text(text)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [str(program), "start", "--nodaemon", str(master)], stdout=log, stderr=log, cwd=folder
        )
        try:
            running = Buildbot(f"http://{address}", master)
            _await_ready(running, server, folder / "server.log")
            yield running
        finally:
            server.terminate()
            server.wait(timeout=READY_SECONDS)


def _await_ready(running: Buildbot, server: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            if running.get("builders")["builders"] and running.get("forceschedulers"):
                return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"the server did not become ready: {log.read_text(errors='replace')}")
