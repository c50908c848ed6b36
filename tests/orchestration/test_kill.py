"""Killed at any moment: readers see a whole build, and the next run ends as an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.builds import WAREHOUSE, read_pointer
from orchestration.publish import verify
from orchestration.warehouse import warehouse
from transforms.home import Home

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "2026-11-22T08:00:00+00:00", "2026-11-22T09:00:00+00:00"
COMMITTED = "2026-11-02T10:00:00+00:00"
KILLS = int(os.environ.get("KILLS", "3"))


def git(repository: Path, *arguments: str) -> None:
    dates = {"GIT_AUTHOR_DATE": COMMITTED, "GIT_COMMITTER_DATE": COMMITTED}
    subprocess.run(
        ["git", "-c", "user.name=Dev", "-c", "user.email=dev@example.org", *arguments],
        cwd=repository,
        env={**os.environ, **dates},
        check=True,
        capture_output=True,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for number in range(1, 8):
        git(folder, "commit", "-q", "--allow-empty", "-m", f"change {number}")
        git(folder, "tag", f"1.{number}.0")
    return folder


def start(home: Home, repository: Path, instant: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.orchestration.killed_run", str(repository), instant],
        env={
            **os.environ,
            "LEADLINE_HOME": str(home.root),
            "LEADLINE_PSEUDONYM_KEY": "key",
            "PYTHONPATH": str(ROOT),
        },
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def finish(home: Home, repository: Path, instant: str) -> str:
    running = start(home, repository, instant)
    output, _ = running.communicate(timeout=300)
    assert running.returncode == 0
    return output.strip()


def failed_blocking_checks(build: Path) -> list[str]:
    with warehouse(build / WAREHOUSE) as connection:
        checks = connection.execute("select count(*) from v1.audit_results").fetchall()
        failed = connection.execute(
            "select expectation from v1.audit_results where severity = 'block' and not is_success"
        ).fetchall()
    assert checks[0][0] > 0
    return [str(row[0]) for row in failed]


@pytest.mark.slow
def test_killed_runs_harm_nobody_and_the_next_one_ends_as_if_undisturbed(
    tmp_path: Path, repository: Path
) -> None:
    calm, rough = Home(root=tmp_path / "calm"), Home(root=tmp_path / "rough")
    finish(calm, repository, FIRST)
    began = time.monotonic()
    expected = finish(calm, repository, SECOND)
    seconds = time.monotonic() - began
    finish(rough, repository, FIRST)
    shown = read_pointer(rough.current)
    assert shown is not None
    moments = random.Random(20261122)
    for _ in range(KILLS):
        running = start(rough, repository, SECOND)
        time.sleep(moments.uniform(0.2, seconds))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        current = read_pointer(rough.current)
        assert current is not None
        verify(current)
        assert failed_blocking_checks(current) == []
    assert finish(rough, repository, SECOND) == expected
