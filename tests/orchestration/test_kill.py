"""Killed at any moment: readers see a whole build, and the next run ends as an undisturbed one."""

import os
import random
import shutil
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


def start(home: Home, instant: str, *repository: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.orchestration.killed_run", instant, *map(str, repository)],
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


def finish(home: Home, instant: str, *repository: Path) -> tuple[str, float]:
    """Return the fingerprint that an undisturbed run ends with, and how many seconds it took."""
    began = time.monotonic()
    running = start(home, instant, *repository)
    output, _ = running.communicate(timeout=300)
    assert running.returncode == 0
    return output.strip(), time.monotonic() - began


def kill(home: Home, instant: str, *repository: Path, after_seconds: float) -> None:
    """Kill a run; what readers see afterwards is whole."""
    running = start(home, instant, *repository)
    time.sleep(after_seconds)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    current = read_pointer(home.current)
    assert current is not None
    verify(current)
    assert failed_blocking_checks(current) == []


def failed_blocking_checks(build: Path) -> list[str]:
    with warehouse(build / WAREHOUSE) as connection:
        checks = connection.execute("select count(*) from v1.audit_results").fetchall()
        failed = connection.execute(
            "select expectation from v1.audit_results where severity = 'block' and not is_success"
        ).fetchall()
    assert checks[0][0] > 0
    return [str(row[0]) for row in failed]


@pytest.mark.system
def test_runs_killed_while_they_publish_harm_nobody_and_the_next_one_ends_as_if_undisturbed(
    tmp_path: Path, repository: Path
) -> None:
    home = Home(root=tmp_path / "home")
    finish(home, FIRST, repository)
    expected, seconds = finish(home, SECOND)
    kill_often(home, seconds=seconds, kills=3, expected=expected)


@pytest.mark.slow
def test_twenty_runs_killed_at_any_moment_harm_nobody_either(
    tmp_path: Path, repository: Path
) -> None:
    calm, rough = Home(root=tmp_path / "calm"), Home(root=tmp_path / "rough")
    finish(calm, FIRST, repository)
    shutil.copytree(calm.root, rough.root, symlinks=True)
    expected, seconds = finish(calm, SECOND, repository)
    kill_often(rough, repository, seconds=seconds, kills=7, expected=expected)
    _, seconds = finish(rough, SECOND)
    kill_often(rough, seconds=seconds, kills=13, expected=expected)


def kill_often(home: Home, *repository: Path, seconds: float, kills: int, expected: str) -> None:
    """Kill runs that would take so many seconds; the one after them ends as expected."""
    moments = random.Random(20261122)
    for _ in range(kills):
        kill(home, SECOND, *repository, after_seconds=moments.uniform(0.2, seconds))
    assert finish(home, SECOND, *repository)[0] == expected
