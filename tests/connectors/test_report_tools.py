"""Reports that real tools make here and now: what they wrote is what is read."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connectors._report_formats import decode_document
from connectors._test_formats import decode_report

pytestmark = pytest.mark.system

CODE = """
def f(value):
    if value:
        return 2
    return 1

def test_f():
    assert f(0) == 1

def test_g():
    assert f(0) == 2
"""
COVERED = 1 - 1 / 8
Row = dict[str, Any]


def _tool(name: str) -> str:
    """Return a program of the peers' folder, or skip."""
    peers = Path(os.environ.get("LEADLINE_PEERS", ".cache/peers")).absolute()
    program = peers / "quality" / "bin" / name
    if not program.exists():
        pytest.skip(f"{program} is missing: it is made with uv venv and uv pip install")
    return str(program)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "test_a.py").write_text(CODE)
    return tmp_path


def _run(folder: Path, *command: str, is_failing: bool = False) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) is is_failing, done.stderr
    return done.stdout


def _rows(path: Path, stream: str) -> list[Row]:
    return decode_document(path.read_bytes()).rows[stream]


def test_coverage_says_the_same_in_three_formats(folder: Path) -> None:
    coverage = _tool("coverage")
    _run(folder, coverage, "run", "--branch", "-m", "pytest", "test_a.py", is_failing=True)
    for kind, name in (("xml", "a.xml"), ("json", "a.json"), ("lcov", "a.info")):
        _run(folder, coverage, kind, "-o", name)
        told = {row["metric"]: row["value"] for row in _rows(folder / name, "quality_measures")}
        assert told["line_coverage"] == COVERED
        assert told["branch_coverage"] == 0.5


def test_pytest_says_the_same_in_xml_and_in_json(folder: Path) -> None:
    options = ("--junitxml=a.xml", "--json-report", "--json-report-file=a.json")
    _run(folder, _tool("python"), "-m", "pytest", "test_a.py", *options, is_failing=True)
    read = [
        decode_report((folder / name).read_bytes(), report_file=name)
        for name in ("a.xml", "a.json")
    ]
    told = [[(case["name"], case["status"]) for case in report.cases] for report in read]
    assert told[0] == told[1] == [("test_f", "passed"), ("test_g", "failed")]


def test_a_bill_of_an_environment_lists_what_is_installed(folder: Path) -> None:
    program = _tool("cyclonedx-py")
    _run(folder, program, "environment", "-o", "a.json")
    _run(folder, program, "environment", "--of", "XML", "-o", "a.xml")
    found = [
        {(row["name"], row["version"]) for row in _rows(folder / name, "components")}
        for name in ("a.json", "a.xml")
    ]
    listing = "import importlib.metadata as m; print(len(list(m.distributions())))"
    installed = int(_run(folder, _tool("python"), "-c", listing))
    assert found[0] == found[1]
    assert len(found[0]) == installed


def test_npm_lists_what_is_installed_in_both_formats(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    packages = {
        "": {"name": "shop", "version": "1.0.0", "dependencies": {"dep": "2.0.0"}},
        "node_modules/dep": {"version": "2.0.0", "license": "MIT"},
    }
    lock = {"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    (folder / "package-lock.json").write_text(json.dumps(lock))
    (folder / "package.json").write_text(json.dumps(packages[""]))
    for kind in ("cyclonedx", "spdx"):
        said = _run(folder, npm, "sbom", "--package-lock-only", "--sbom-format", kind)
        rows = decode_document(said.encode()).rows["components"]
        assert [(row["name"], row["version"]) for row in rows] == [("dep", "2.0.0")]


def test_trivy_finds_the_same_in_json_and_in_sarif(folder: Path) -> None:
    trivy = _tool("trivy")
    (folder / "Dockerfile").write_text("FROM ubuntu:latest\nRUN apt-get install curl\n")
    quiet = ("-q", "--scanners", "misconfig", "--skip-check-update", "--offline-scan")
    found = []
    for kind in ("json", "sarif"):
        _run(folder, trivy, "fs", *quiet, "--format", kind, "-o", f"a.{kind}", ".")
        rows = _rows(folder / f"a.{kind}", "findings")
        found.append({(row["rule_id"], row["file_path"], row["category"]) for row in rows})
    assert found[0] == found[1]
    assert len(found[0]) > 1
