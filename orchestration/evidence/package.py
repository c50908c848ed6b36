"""Make a package: the same inputs, key and predecessor give the same bytes.

Source: RFC 8785 for JSON, DSSE for the signature, in-toto and OSCAL for what is inside.
"""

import hashlib
import inspect
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestration.evidence import verify
from orchestration.evidence.attest import attestations, envelope, public_key
from orchestration.evidence.inputs import Inputs
from orchestration.evidence.oscal import assessment_results
from orchestration.evidence.policy import policy_document
from orchestration.evidence.report import report_html
from orchestration.evidence.retention import retention, signature_records
from orchestration.evidence.verify import (
    ATTESTATIONS,
    ENVELOPE,
    EXTRACTS,
    MANIFEST,
    MANIFEST_TYPE,
    OSCAL,
    POLICY,
    RESULTS,
    canonical,
    recount,
    render,
)

SCHEMA = "leadline-evidence/1"
REPORT, VERIFIER, SIGNATURES = "report.html", "verify.py", "signatures.csv"
MEDIA = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".html": "text/html",
    ".py": "text/x-python",
}
AsCsv = Callable[[pl.DataFrame], bytes]
Follows = Callable[[str], "Predecessor | None"]


@dataclass(frozen=True)
class Predecessor:
    """The package before this one, and the one of the same scope that this one replaces."""

    sha256: str
    supersedes: str = ""


@dataclass(frozen=True)
class Package:
    """A package and what it says of itself."""

    content: bytes
    manifest: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """Return the digest by which the next package names this one."""
        return hashlib.sha256(self.content).hexdigest()


def build_package(
    inputs: Inputs, *, key: Ed25519PrivateKey, follows: Follows, as_csv: AsCsv
) -> Package:
    """Return the package of some inputs.

    `follows` is asked with the digest of all that is in it, so that what is made again follows
    the same package again; `as_csv` writes rows so that no spreadsheet runs them.
    """
    members = {
        f"{EXTRACTS}{name}.csv": as_csv(frame) for name, frame in sorted(inputs.extracts.items())
    }
    members[RESULTS] = as_csv(inputs.results)
    members[SIGNATURES] = as_csv(signature_records(inputs))
    members[POLICY] = rfc8785.dumps(policy_document(inputs))
    policy = _sha256(members[POLICY])
    members[ATTESTATIONS], kinds = attestations(inputs, policy_sha256=policy, key=key)
    counts = recount(members)
    members[OSCAL] = rfc8785.dumps(assessment_results(inputs, counts=counts))
    members[VERIFIER] = inspect.getsource(verify).encode()
    contents = _sha256(b"".join(hashlib.sha256(members[name]).digest() for name in sorted(members)))
    manifest = _manifest(inputs, counts=counts, key=key, previous=follows(contents))
    manifest["contents_sha256"] = contents
    manifest["attestations"] = {"count": sum(kinds.values()), "by_type": kinds}
    manifest["policy"] = {"path": POLICY, "sha256": policy}
    members[REPORT] = report_html(inputs, manifest, members).encode()
    manifest["files"] = [
        _file(name, members[name], inputs=inputs, policy=policy) for name in sorted(members)
    ]
    members[MANIFEST] = rfc8785.dumps(manifest)
    assert members[MANIFEST] == canonical(manifest)
    members[ENVELOPE] = rfc8785.dumps(envelope(members[MANIFEST], MANIFEST_TYPE, key=key))
    return Package(content=render(members), manifest=manifest)


def _manifest(
    inputs: Inputs,
    *,
    counts: Mapping[str, Mapping[str, Any]],
    key: Ed25519PrivateKey,
    previous: Predecessor | None,
) -> dict[str, Any]:
    controls = [
        {"control_id": one["control_id"], "title": one["title"], **counts[one["control_id"]]}
        for one in inputs.controls
        if one["control_id"] in counts
    ]
    filled = sum(one["filled"] for one in controls)
    required = sum(one["required"] for one in controls)
    return {
        "schema": SCHEMA,
        "scope": inputs.scope.as_json(),
        "as_of": inputs.as_of,
        "fingerprint": inputs.build.fingerprint,
        "definition_version": inputs.build.definition_version,
        "is_sample_data": inputs.build.sample_data,
        "public_key": public_key(key),
        "controls": controls,
        "completeness": {
            "filled": filled, "required": required, "is_complete": filled == required > 0,
        },
        "retention": retention(inputs),
        "redactions": [asdict(one) for one in inputs.redactions],
        "previous": None if previous is None else {"sha256": previous.sha256},
        "supersedes": (previous.supersedes or None) if previous else None,
    }  # fmt: skip


def _file(name: str, content: bytes, *, inputs: Inputs, policy: str) -> dict[str, Any]:
    ending = name[name.rindex(".") :]
    table = name.removeprefix(EXTRACTS).removesuffix(".csv")
    source = {RESULTS: "v1.control_results"}.get(name, "leadline")
    return {
        "path": name,
        "sha256": _sha256(content),
        "size": len(content),
        "media_type": MEDIA.get(ending) or mimetypes.guess_type(name)[0] or "text/plain",
        "source": f"v1.{table}" if name.startswith(EXTRACTS) else source,
        "as_of": inputs.as_of,
        "policy_sha256": policy,
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
