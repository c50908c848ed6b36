"""A small release with its controls, evidence and deployments, as a package is made of."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dashboards.spreadsheets import csv_bytes
from orchestration.evidence.inputs import Inputs, Scope
from orchestration.evidence.package import Package, Predecessor, build_package
from orchestration.evidence.redact import redacted
from transforms.current import Build

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
SHA, DIGEST = "a" * 40, "sha256:" + "b" * 64
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
AS_OF = datetime(2026, 11, 22, 8, tzinfo=UTC)

CONTROLS = [
    ("approval_evidence", "Every change is approved", "CM-3(2)"),
    ("test_evidence", "Every requirement has its tests", "SA-11"),
    ("no_freeze", "Nobody deploys in a freeze", "CM-3"),
]
# control, subject, verdict, reason, evidence
RESULTS = [
    ("approval_evidence", "github:1", "pass", "It was approved.", ["approvals:servicenow:a1"]),
    ("approval_evidence", "github:2", "fail", "Nobody approved it.", ["fct_deployments:github:2"]),
    ("test_evidence", "github:1", "no_data", "No test is known.", []),
    ("no_freeze", "github:1", "exempt", "=cmd() it was let through", ["approvals:gone"]),
    ("no_freeze", "github:2", "not_applicable", "No freeze binds it.", None),
]


def inputs(**changes: object) -> Inputs:
    """Return the inputs of a package; named fields are replaced."""
    made = Inputs(
        build=Build(
            build_id="20261122T080000Z-one", path=Path(), as_of=AS_OF,
            built_at=AS_OF, sample_data=False,
            report_timezone="UTC", definition_version="1.0.0", code_version="1",
            fingerprint="f" * 64, previous_build=None,
        ),
        scope=Scope(release="1.4.0", service="checkout"),
        results=results(),
        declared=declared(),
        deployments=deployments(),
        extracts=extracts(),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def results(rows: list[tuple[str, str, str, str, list[str] | None]] | None = None) -> pl.DataFrame:
    """Return results as the published table has them."""
    return pl.DataFrame(
        [
            {
                "control_id": control, "subject_type": "deployment", "subject_id": subject,
                "service_id": "checkout", "occurred_at": AT, "verdict": verdict,
                "reason": reason, "evidence": evidence,
            }
            for control, subject, verdict, reason, evidence in rows or RESULTS
        ],
        schema_overrides={"evidence": pl.List(pl.String)},
    )  # fmt: skip


def declared() -> dict[str, pl.DataFrame]:
    """Return what is declared of controls, limits and exemptions."""
    definitions = [
        {"control_id": name, "title": title, "question": f"{title}?"} for name, title, _ in CONTROLS
    ]
    frameworks = [
        {"control_id": name, "framework": "NIST 800-53", "requirement_id": identifier}
        for name, _, identifier in CONTROLS
    ]
    limits = [{"threshold_key": "freeze_violations_max", "value": 0.5, "effective_from": AT}]
    exemptions = [{"exemption_id": "x1", "reason": "regulator", "approver_ids": ["p1", "p2"]}]
    return {
        "control_definitions": pl.DataFrame(definitions),
        "control_frameworks": pl.DataFrame(frameworks),
        "thresholds": pl.DataFrame(limits),
        "exemptions": pl.DataFrame(exemptions),
    }


def deployments() -> pl.DataFrame:
    """Return two deployments, one of which is of an artifact that is known."""
    return pl.DataFrame(
        {
            "deployment_id": ["github:1", "github:2"], "service_id": ["checkout", "checkout"],
            "version": ["1.4.0", "1.4.0"], "commit_sha": [SHA, SHA],
            "artifact_key": [f"{DIGEST}|config", None],
        }
    )  # fmt: skip


def extracts() -> dict[str, pl.DataFrame]:
    """Return the rows behind the results."""
    tests = [
        ("api", "test_accepts", "passed"),
        ("api", "test_refuses", "failed"),
        ("domain", "test_adds", "passed"),
    ]
    return {
        "approvals": pl.DataFrame(
            {"approval_id": ["servicenow:a1"], "approver_id": ["p1"], "state": ["approved"]}
        ),
        "fct_deployments": deployments(),
        "ingest_runs": pl.DataFrame({"ingest_run_id": ["r1"], "pages_sha256": ["c" * 64]}),
        "test_results": pl.DataFrame(
            [
                {
                    "commit_sha": SHA, "service_id": "checkout", "pipeline_run_id": "7",
                    "report_file": "one.xml", "suite": suite, "attempt": 1,
                    "class_name": "checkout", "test_name": name, "status": status,
                }
                for suite, name, status in tests
            ]
        ),
    }  # fmt: skip


def package(
    made: Inputs | None = None,
    *,
    previous: Predecessor | None = None,
    key: Ed25519PrivateKey = KEY,
) -> Package:
    """Return a package that follows another one, or is the first."""
    return build_package(
        made or inputs(), key=key, follows=lambda contents: previous, as_csv=csv_bytes
    )


def with_secret() -> Inputs:
    """Return inputs of which one reason once held a password."""
    rows = [(*RESULTS[0][:3], "It said password=hunter2 in its log.", RESULTS[0][4]), *RESULTS[1:]]
    frame, found = redacted(results(rows), item="results.csv")
    return inputs(results=frame, redactions=tuple(found))
