"""in-toto statements of what was tested, released and judged, each bound to a digest and signed.

Source: in-toto Statement v1, test-result v0.1, release v0.1; SLSA verification summary v1; DSSE.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import polars as pl
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orchestration.evidence.inputs import Inputs, stamp
from orchestration.evidence.verify import STATEMENT_TYPE, SUMMARY, pae, sealed

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
RELEASE = "https://in-toto.io/attestation/release/v0.1"
VERIFIER = "https://leadline.example/evidence"
# A level of our own: SLSA keeps names that begin with SLSA_ for what it defines.
LEVEL = "LEADLINE_CONTROLS_PASS"
Sign = Callable[[bytes, str], dict[str, Any]]
FAILED, WARNED, PASSED = ("failed", "error"), ("skipped", "flaky"), ("passed",)


def public_key(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key in hexadecimal digits."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def envelope(payload: bytes, payload_type: str, *, key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return a DSSE envelope around a payload, signed with Ed25519."""
    signature = key.sign(pae(payload_type, payload))
    return sealed(payload, payload_type=payload_type, signature=signature, key=public_key(key))


def attestations(
    inputs: Inputs, *, policy_sha256: str, key: Ed25519PrivateKey
) -> tuple[bytes, dict[str, int]]:
    """Return the signed statements, one a line, and how many there are of each type."""
    statements = [
        *test_statements(inputs),
        *release_statements(inputs),
        *summary_statements(inputs, policy_sha256=policy_sha256),
    ]
    lines, counts = [], dict[str, int]()
    for one in statements:
        signed = envelope(rfc8785.dumps(one), STATEMENT_TYPE, key=key)
        lines.append(rfc8785.dumps(signed) + b"\n")
        counts[one["predicateType"]] = counts.get(one["predicateType"], 0) + 1
    return b"".join(lines), dict(sorted(counts.items()))


def test_statements(inputs: Inputs) -> Iterator[dict[str, Any]]:
    """Yield one statement for each run of a suite, bound to its commit and what was built of it."""
    frame = inputs.extracts["test_results"]
    keys = ["commit_sha", "service_id", "pipeline_run_id", "report_file", "suite", "attempt"]
    for run in frame.sort([*keys, "class_name", "test_name"]).partition_by(keys):
        first = run.row(0, named=True)
        names = {
            word: run.filter(pl.col("status").is_in(statuses))
            for word, statuses in (("passed", PASSED), ("warned", WARNED), ("failed", FAILED))
        }
        found = [word.upper() for word in ("failed", "warned") if names[word].height]
        predicate: dict[str, Any] = {
            "result": found[0] if found else "PASSED",
            "configuration": [
                {"name": first["suite"] or "suite", "digest": {"gitCommit": first["commit_sha"]}}
            ],
        }
        for word, rows in names.items():
            predicate[f"{word}Tests"] = [
                ".".join(filter(None, (one["class_name"], one["test_name"])))
                for one in rows.iter_rows(named=True)
            ]
        yield _statement(TEST_RESULT, _built_of(inputs, first["commit_sha"]), predicate)


def release_statements(inputs: Inputs) -> Iterator[dict[str, Any]]:
    """Yield one statement for each artifact that was deployed under a version."""
    frame = inputs.deployments.filter(pl.col("artifact_key").is_not_null())
    released = frame.select("service_id", "version", "artifact_key").unique().sort(pl.all())
    for one in released.drop_nulls().iter_rows(named=True):
        purl = f"pkg:generic/{quote(one['service_id'], safe='')}@{quote(one['version'], safe='')}"
        subject = [_artifact(one["service_id"], one["artifact_key"])]
        predicate = {"purl": purl, "releaseId": f"{one['service_id']}@{one['version']}"}
        if subject[0]["digest"]:
            yield _statement(RELEASE, subject, predicate)


def summary_statements(inputs: Inputs, *, policy_sha256: str) -> Iterator[dict[str, Any]]:
    """Yield one SLSA summary for each deployment of a known digest: did its controls pass."""
    judged = dict(
        inputs.results.filter(pl.col("verdict") != "not_applicable")
        .group_by("subject_id")
        .agg(pl.col("verdict"))
        .iter_rows()
    )
    for one in inputs.deployments.sort("deployment_id").iter_rows(named=True):
        verdicts = judged.get(one["deployment_id"])
        subject = _artifact(one["service_id"], one["artifact_key"] or "")
        if verdicts is None or not subject["digest"]:
            continue
        is_passed = all(verdict in ("pass", "warn", "exempt") for verdict in verdicts)
        predicate = {
            "verifier": {"id": VERIFIER},
            "timeVerified": stamp(inputs.build.as_of),
            "resourceUri": f"deployment:{one['deployment_id']}",
            "policy": {"uri": "policy.json", "digest": {"sha256": policy_sha256}},
            "verificationResult": "PASSED" if is_passed else "FAILED",
            "verifiedLevels": [LEVEL] if is_passed else ["FAILED"],
        }
        yield _statement(SUMMARY, [subject], predicate)


def _statement(kind: str, subject: list[dict[str, Any]], predicate: Any) -> dict[str, Any]:
    return {
        "_type": STATEMENT, "subject": subject, "predicateType": kind, "predicate": predicate,
    }  # fmt: skip


def _built_of(inputs: Inputs, commit_sha: str) -> list[dict[str, Any]]:
    """Return a commit and the artifacts that were deployed from it, as subjects."""
    rows = inputs.deployments.filter(
        (pl.col("commit_sha") == commit_sha) & pl.col("artifact_key").is_not_null()
    )
    built = rows.select("service_id", "artifact_key").unique().sort(pl.all()).iter_rows()
    artifacts = [_artifact(*one) for one in built]
    commit = {"name": f"commit:{commit_sha}", "digest": {"gitCommit": commit_sha}}
    return [commit, *(one for one in artifacts if one["digest"])]


def _artifact(service_id: str | None, artifact_key: str) -> dict[str, Any]:
    algorithm, _, digest = artifact_key.partition("|")[0].partition(":")
    is_digest = algorithm == "sha256" and len(digest) == 64
    return {"name": service_id or "", "digest": {"sha256": digest} if is_digest else {}}
