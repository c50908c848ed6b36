"""Leadline asks the systems it was told to ask, and nobody else."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.checkout import ROOT

LEADLINE = [sys.executable, "-m", "orchestration.cli"]
# What the command leaves running ends with it.
SHUT = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
if os.geteuid() != 0:
    SHUT.append("--map-root-user")
DAGSTER = [sys.executable, "-m", "dagster"]


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which nothing is switched off but by Leadline itself."""
    switches = ("DBT_", "DAGSTER_", "GX_", "STREAMLIT_", "DO_NOT_TRACK", "LEADLINE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(switches)}
    return kept | {"LEADLINE_HOME": str(home / "home"), "HOME": str(home), "PYTHONPATH": str(ROOT)}


def outside(folder: Path, command: list[str], *, seconds: float) -> tuple[list[str], str]:
    """Return what a command tried to reach outside this machine, and what it said.

    Errors: the test fails when the command does.
    """
    report = folder / "outside.json"
    ended = subprocess.run(
        [*SHUT, sys.executable, "-m", "tests.outside", str(report), *command],
        cwd=ROOT,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:]
    return json.loads(report.read_text(encoding="utf-8")), ended.stdout


def repository(folder: Path) -> Path:
    """Return a small repository with two releases."""
    path = folder / "checkout"
    git = ["git", "-C", str(path), "-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    for tag in ("1.0.0", "1.1.0"):
        for number in range(2):
            message = f"Change {number} of {tag}"
            subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", message], check=True)
        subprocess.run([*git, "tag", tag], check=True)
    return path


def test_telemetry_is_off_before_any_library_is_imported() -> None:
    code = "import orchestration, os, sys; print(*(f'{k}={v}' for k, v in os.environ.items()))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(ROOT),
        capture_output=True,
        text=True,
        check=True,
    )
    for setting in (
        "DBT_SEND_ANONYMOUS_USAGE_STATS=false",
        "DO_NOT_TRACK=1",
        "DAGSTER_DISABLE_TELEMETRY=1",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS=false",
    ):
        assert setting in ended.stdout.split()


def test_dbt_run_by_hand_sends_nothing_either() -> None:
    document = yaml.safe_load((ROOT / "transforms/dbt_project.yml").read_text(encoding="utf-8"))
    assert document["flags"]["send_anonymous_usage_stats"] is False


def test_streamlit_run_by_hand_sends_nothing_either() -> None:
    files = list(ROOT.glob("dashboards/.streamlit/config.toml"))
    assert len(files) == 1
    settings = tomllib.loads(files[0].read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"]["headless"] is True


@pytest.mark.system
def test_an_attempt_to_leave_this_machine_would_be_seen(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "for host in ('198.51.100.7', 'telemetry.example'):\n"
        "    try: socket.create_connection((host, 443), timeout=1)\n"
        "    except OSError: pass\n"
    )
    reached, _ = outside(tmp_path, [sys.executable, "-c", code], seconds=60)
    assert reached == ["tcp 198.51.100.7:443", "udp 192.0.2.53:53 telemetry.example"]


@pytest.mark.system
@pytest.mark.slow
def test_the_whole_demo_opens_no_outside_connection(tmp_path: Path) -> None:
    reached, said = outside(tmp_path, [*LEADLINE, "demo", "--no-dashboard"], seconds=900)
    assert reached == [], said


@pytest.mark.system
def test_a_run_on_a_repository_and_a_visit_to_its_dashboard_open_no_outside_connection(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "tests.visit", str(repository(tmp_path))]
    reached, said = outside(tmp_path, command, seconds=300)
    assert "visited" in said
    assert reached == [], said


@pytest.mark.system
def test_dagster_loads_the_definitions_without_asking_anybody(tmp_path: Path) -> None:
    command = [*DAGSTER, "definitions", "validate", "-m", "orchestration.definitions"]
    reached, said = outside(tmp_path, command, seconds=300)
    assert reached == [], said
