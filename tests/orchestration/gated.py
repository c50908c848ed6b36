"""A published home whose gate can be asked, made from a build of the models that a gate reads."""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from tests.checkout import ROOT
from tests.transforms.estate import Estate, at
from tests.transforms.gates import HOUR, digest, run, six_deployments
from tests.transforms.models import build_models
from transforms.decisions import append_details
from transforms.home import Home

READ_AT = at("2026-04-08 00:00")
READ_BY_A_GATE = (
    "control_results",
    "control_definitions",
    "control_deployables",
    "exemptions",
    "gate_runs",
    "gate_verdicts",
    "readiness_items",
    "source_health",
    "thresholds",
)
SILENT, LIFTED = digest("d"), digest("e")
# What the estate is made for; all other controls are lifted, so that new ones change nothing here.
ASKED = ("deployment_identified", "gate_coverage", "readiness_review")
OTHERS = sorted(
    name
    for file in (ROOT / "transforms" / "models" / "controls").glob("control_*.sql")
    if (name := file.stem.removeprefix("control_")) not in ASKED
)
ASKED_BEFORE = {
    "service_id": "silent", "artifact_key": SILENT, "environment_id": "production",
    "judged_at": "2026-04-07T23:00:00Z", "build_id": "b0", "exit_code": 3, "rule_count": 2,
    "is_dry_run": True, "failing_controls": ["gate_coverage"], "late_sources": [],
}  # fmt: skip


def gated_home(root: Path) -> Home:
    """Return a home with six deployments of `pay`, a service without gates and an exempt one."""
    home, estate = Home(root=root), Estate()
    six_deployments(estate)
    for service, artifact in (("silent", SILENT), ("lifted", LIFTED)):
        estate.service(service)
        estate.catalogue[-1]["tier"] = 1
        sha = estate.commit(service, at("2026-04-06 08:00"))
        estate.deploy(service, sha, at("2026-04-06 10:00"), artifact_digest=artifact)
    run(estate, "lifted", sha, {"unit": ("failure", at("2026-04-06 09:00"))}, conclusion="failure")
    _checklist(estate)
    estate.write(home.lake, read_at=READ_AT)
    _exempt(home, OTHERS, granted=at("2026-04-01 00:00"), hours=24 * 30, subject_type="all", of="")
    _exempt(home, ["gate_coverage"], granted=READ_AT - 2 * HOUR, hours=20, of="lifted")
    append_details(
        home.lake, kind="gate", subject=f"artifact:{SILENT}", verdict="no_data",
        details=ASKED_BEFORE, who="ci", decided_at=READ_AT - HOUR,
    )  # fmt: skip
    build_models(home, *READ_BY_A_GATE, now=READ_AT)
    publish_as(home, "20260408T000000Z-aaaaaaaa", of=home, built_at=READ_AT)
    return home


def _checklist(estate: Estate) -> None:
    """Ask a readiness review of tier 3, which no service here is of."""
    for item, judged_by in (("runbook", "evidence"), ("drill", "sign_off")):
        settings = {"title": item.title(), "judged_by": judged_by, "tiers": [3]}
        estate.policy("readiness", item, settings)
    settings = {"title": "Known", "judged_by": "control", "control": "gate_coverage", "tiers": [3]}
    estate.policy("readiness", "gates", settings)
    estate.policy("readiness_roles", "ops", {"tiers": [3]})


def _exempt(
    home: Home,
    controls: list[str],
    *,
    granted: datetime,
    hours: int,
    of: str,
    subject_type: str = "service",
) -> None:
    details = {
        "control_ids": controls,
        "subject_type": subject_type,
        "subject_id": of,
        "reason": "The runner is broken",
        "expires_at": (granted + timedelta(hours=hours)).isoformat(),
    }
    one = append_details(
        home.lake, kind="exemption", subject=f"exemption:{controls[0]}", verdict="granted",
        details=details, who="grace", decided_at=granted,
    )  # fmt: skip
    append_details(
        home.lake, kind="exemption_approval", subject=f"exemption:{one.decision_id}",
        verdict="approved", details={}, who="linus", decided_at=granted + HOUR / 60,
    )  # fmt: skip


def publish_as(
    home: Home, build_id: str, *, of: Home, built_at: datetime, sample_data: bool = False
) -> None:
    """Put the work file of a home where readers of another look, as a build of a time."""
    folder = home.builds / build_id
    folder.mkdir(parents=True)
    shutil.copy(of.warehouse_file, folder / "warehouse.duckdb")
    write_manifest(folder, built_at=built_at, sample_data=sample_data)
    point_at(home, build_id)


def point_at(home: Home, build_id: str) -> None:
    """Make a build the current one."""
    home.current.unlink(missing_ok=True)
    home.current.symlink_to(Path("builds") / build_id)


def write_manifest(
    folder: Path, *, built_at: datetime, sample_data: bool = False, moves_current: bool = True
) -> None:
    """Write what a reader asks of a build's manifest."""
    manifest = {
        "build_id": folder.name,
        "as_of": built_at.isoformat(),
        "built_at": built_at.isoformat(),
        "sample_data": sample_data,
        "moves_current": moves_current,
        "report_timezone": "UTC",
        "definition_version": "1",
        "code_version": "1",
        "fingerprint": "f",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
