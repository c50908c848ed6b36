"""The templates for pipelines are run as they are shipped: open, shut and stale."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from connectors._test_formats import decode_report
from tests.checkout import ROOT
from tests.orchestration.gated import READ_AT, publish_as
from tests.transforms.gates import digest
from transforms.home import Home

TEMPLATES = ROOT / "orchestration" / "gate" / "templates"


def _github() -> list[str]:
    document = yaml.safe_load((TEMPLATES / "action.yml").read_text(encoding="utf-8"))
    (step,) = document["runs"]["steps"]
    assert step["shell"] == "bash"
    return ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]


def _gitlab() -> list[str]:
    document = yaml.safe_load((TEMPLATES / "leadline.gitlab-ci.yml").read_text(encoding="utf-8"))
    (script,) = document[".leadline-gate"]["script"]
    return ["sh", "-ec", script]


def _jenkins() -> list[str]:
    text = (TEMPLATES / "vars" / "leadlineGate.groovy").read_text(encoding="utf-8")
    (script,) = re.findall(r"script: '''(.*?)'''", text, flags=re.DOTALL)
    return ["sh", "-xec", script.replace("\\\\", "\\")]


SHELLS = {"github": _github, "gitlab": _gitlab, "jenkins": _jenkins}
by_template = pytest.mark.parametrize("template", SHELLS)


@dataclass(frozen=True)
class Ran:
    """How a template ended, and the folder that it ran in."""

    code: int
    said: str
    folder: Path


@pytest.fixture(scope="session")
def fresh(gated: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home of sample data, whose time stands still, so that its sources are never late."""
    home = Home(root=tmp_path_factory.mktemp("fresh"))
    publish_as(home, "b1", of=gated, built_at=READ_AT, sample_data=True)
    return home


def run(template: str, home: Home, folder: Path, artifact: str, *, dry_run: str = "false") -> Ran:
    """Run the script of a template in a folder."""
    command = folder / "leadline"
    command.write_text(
        "#!/bin/sh\n"
        f"exec {sys.executable} -c 'from orchestration.cli import main; main()' \"$@\"\n",
        encoding="utf-8",
    )
    command.chmod(0o755)
    (folder / "leadline-gate.xml").write_text("left by an earlier run", encoding="utf-8")
    environment = {
        "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LEADLINE_HOME": str(home.root),
        "USER": "ci", "LOGNAME": "ci", "LANG": "C.UTF-8",
        "GATE_SERVICE": "pay", "GATE_DIGEST": artifact, "GATE_ENVIRONMENT": "production",
        "GATE_DRY_RUN": dry_run, "GATE_LEADLINE": str(command),
        "GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }  # fmt: skip
    done = subprocess.run(
        SHELLS[template](), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return Ran(done.returncode, done.stdout + done.stderr, folder)


@by_template
def test_an_open_gate_lets_the_pipeline_go_on(template: str, fresh: Home, tmp_path: Path) -> None:
    ran = run(template, fresh, tmp_path, digest("6"))
    assert ran.code == 0, ran.said
    assert "The gate is open for pay" in ran.said


@by_template
def test_a_shut_gate_stops_the_pipeline(template: str, fresh: Home, tmp_path: Path) -> None:
    ran = run(template, fresh, tmp_path, digest("2"))
    assert ran.code == 1, ran.said
    assert "sast failed but was allowed to" in ran.said


@by_template
def test_stale_sources_stop_the_pipeline(template: str, gated: Home, tmp_path: Path) -> None:
    ran = run(template, gated, tmp_path, digest("6"))
    assert ran.code == 4, ran.said


@by_template
def test_a_dry_run_goes_on_and_says_what_it_would_have_done(
    template: str, fresh: Home, tmp_path: Path
) -> None:
    ran = run(template, fresh, tmp_path, digest("2"), dry_run="true")
    assert ran.code == 0, ran.said
    assert "would end with 1" in ran.said


@by_template
def test_a_text_that_would_be_a_command_is_an_argument(
    template: str, fresh: Home, tmp_path: Path
) -> None:
    ran = run(template, fresh, tmp_path, "$(touch pwned); touch pwned")
    assert ran.code == 2, ran.said
    assert not (tmp_path / "pwned").exists()
    assert not (tmp_path / "leadline-gate.xml").exists(), "a report of an earlier run was left"


def test_github_gets_a_summary_a_report_and_the_exit_code(fresh: Home, tmp_path: Path) -> None:
    run("github", fresh, tmp_path, digest("2"))
    assert "exit-code=1" in (tmp_path / "output").read_text(encoding="utf-8")
    assert "The gate is shut" in (tmp_path / "summary").read_text(encoding="utf-8")
    assert '"ruleId": "gate_coverage"' in (tmp_path / "leadline-gate.sarif").read_text("utf-8")


@pytest.mark.parametrize("template", ["gitlab", "jenkins"])
def test_a_test_report_is_left_for_the_pipeline(template: str, fresh: Home, tmp_path: Path) -> None:
    run(template, fresh, tmp_path, digest("2"))
    report = decode_report((tmp_path / "leadline-gate.xml").read_bytes(), report_file="gate.xml")
    assert {case["name"]: case["status"] for case in report.cases}["gate_coverage"] == "failed"
