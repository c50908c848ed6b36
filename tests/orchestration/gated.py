"""A published home whose gate can be asked, made from a build of the models that a gate reads."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

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
LIFTED = digest("e")
Change = Callable[[Estate], None]


def gated_home(root: Path) -> Home:
    """Return a home with six deployments of `pay`, a service without gates and an exempt one."""
    home, estate = Home(root=root), Estate()
    six_deployments(estate)
    for service in ("silent", "lifted"):
        estate.service(service)
        estate.catalogue[-1]["tier"] = 1
        sha = estate.commit(service, at("2026-04-06 08:00"))
        estate.deploy(service, sha, at("2026-04-06 10:00"), artifact_digest=LIFTED)
    run(estate, "lifted", sha, {"unit": ("failure", at("2026-04-06 09:00"))}, conclusion="failure")
    estate.write(home.lake, read_at=READ_AT)
    _exempt(home, "lifted", granted=READ_AT - 2 * HOUR)
    build_models(home, *READ_BY_A_GATE, now=READ_AT)
    publish_as(home, "20260408T000000Z-aaaaaaaa", of=home, built_at=READ_AT)
    return home


def _exempt(home: Home, service: str, *, granted: datetime) -> None:
    details = {
        "control_ids": ["gate_coverage"],
        "subject_type": "service",
        "subject_id": service,
        "reason": "The runner is broken",
        "expires_at": (granted + timedelta(hours=20)).isoformat(),
    }
    one = append_details(
        home.lake, kind="exemption", subject="exemption:gate_coverage", verdict="granted",
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
