"""Which packages were made, as the audit log keeps them: each names the one before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestration.evidence.inputs import Inputs
from orchestration.evidence.package import Package, Predecessor
from orchestration.evidence.report import missing_slots
from orchestration.keys import kept_key
from transforms.decisions import EVIDENCE, append_details, read_decisions
from transforms.home import Home

KEY = "evidence.key"
FIRST = ""
# The audit log names the first of what is missing; the report in the package has more.
MOST_MISSING = 50


@dataclass(frozen=True)
class Kept:
    """One package that was made.

    Units: `made_at` is aware, UTC.
    """

    sha256: str
    contents_sha256: str
    scope: Mapping[str, str]
    previous: str
    supersedes: str
    filled: int
    required: int
    as_of: str
    build_id: str
    controls: list[dict[str, Any]]
    missing: list[str]
    missing_count: int
    who: str
    made_at: datetime


def signing_key(home: Home) -> Ed25519PrivateKey:
    """Return the key that packages are signed with; it is made once and kept beside the lake."""
    seed = bytes.fromhex(kept_key(home, KEY).get_secret_value())
    return Ed25519PrivateKey.from_private_bytes(seed)


def read_kept(home: Home) -> list[Kept]:
    """Return every package that was made, oldest first. Errors: DecisionsAltered."""
    found = []
    for one in read_decisions(home.lake):
        if one.kind != EVIDENCE or not one.subject.startswith(f"{EVIDENCE}:"):
            continue
        fields: dict[str, Any] = json.loads(one.reason)
        found.append(Kept(**fields, who=one.who, made_at=one.decided_at))
    return found


def predecessor(kept: list[Kept], inputs: Inputs, *, contents: str) -> Predecessor | None:
    """Return the package that one of these inputs follows; made again it follows the same one."""
    scope = inputs.scope.as_json()
    again = next(
        (one for one in kept if (one.contents_sha256, dict(one.scope)) == (contents, scope)), None
    )
    if again is not None:
        return Predecessor(again.previous, again.supersedes) if again.previous else None
    if not kept:
        return None
    same = [one.sha256 for one in kept if dict(one.scope) == scope]
    return Predecessor(kept[-1].sha256, same[-1] if same else "")


def keep(home: Home, package: Package, *, inputs: Inputs, who: str, made_at: datetime) -> None:
    """Write into the audit log that a package was made, once for the same package.

    Shape: subject `evidence:SHA256`, verdict complete or incomplete, reason JSON of Kept.
    Errors: DecisionsAltered, OSError of the disk.
    """
    if any(one.sha256 == package.sha256 for one in read_kept(home)):
        return
    manifest = package.manifest
    done = manifest["completeness"]
    missing = missing_slots(inputs)
    details = {
        "sha256": package.sha256,
        "contents_sha256": manifest["contents_sha256"],
        "scope": manifest["scope"],
        "previous": (manifest["previous"] or {}).get("sha256", FIRST),
        "supersedes": manifest["supersedes"] or "",
        "filled": done["filled"],
        "required": done["required"],
        "as_of": manifest["as_of"],
        "build_id": inputs.build.build_id,
        "controls": manifest["controls"],
        "missing": [" · ".join(one) for one in missing[:MOST_MISSING]],
        "missing_count": len(missing),
    }
    append_details(
        home.lake,
        kind=EVIDENCE,
        subject=f"{EVIDENCE}:{package.sha256}",
        verdict="complete" if done["is_complete"] else "incomplete",
        details=details,
        who=who,
        decided_at=made_at,
    )
