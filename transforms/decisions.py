"""What people decide, kept as data: one append-only file of lines that are chained by hashes.

Each line holds one decision as JSON, the hash of the line before and a hash over both, so that a
line that was changed, removed or put in between is found. What the chain cannot show is that lines
are missing at its end; keep a copy of the last hash elsewhere where that matters.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "decisions.jsonl"
FIRST_HASH = "0" * 64
WITHDRAWN = "withdrawn"
# A verdict judges a deployment; an attribution judges what caused an incident.
VERDICT = "verdict"
ATTRIBUTION = "attribution"
# What numbers rest on.
JUDGEMENTS = (VERDICT, ATTRIBUTION)
# Somebody lifted a control for a while, approved that, or vouched for a release.
EXEMPTION, EXEMPTION_APPROVAL = "exemption", "exemption_approval"
OVERRIDE_APPROVAL, SIGN_OFF = "override_approval", "sign_off"
# The contact of a vendor knows of a planned change.
VENDOR_ACKNOWLEDGEMENT = "vendor_acknowledgement"
GRANTS = (
    EXEMPTION, EXEMPTION_APPROVAL, OVERRIDE_APPROVAL, SIGN_OFF, VENDOR_ACKNOWLEDGEMENT,
)  # fmt: skip
# Leadline itself said or made something: a gate's verdict, a new policy, a package of evidence.
GATE, POLICY, EVIDENCE = "gate", "policy", "evidence"
RECORDS = (GATE, POLICY, EVIDENCE)
# Somebody signed in to the pages, or took rows away.
ACCESS, EXPORT = "access", "export"
CONFIRMED, REJECTED, NO_DEPLOYMENT = "confirmed", "rejected", "no_deployment"


class DecisionsAltered(Exception):
    """The file of decisions is not what was written; the message names the line and the remedy."""


@dataclass(frozen=True)
class Decision:
    """One decision of a person, as it stands in the file.

    Units: `decided_at` is aware, UTC.
    """

    sequence: int
    decision_id: str
    kind: str
    subject: str
    verdict: str
    reason: str
    who: str
    decided_at: datetime
    incident_ids: tuple[str, ...]
    supersedes: str | None
    prev_hash: str
    hash: str


def decisions_file(lake: Path) -> Path:
    """Return the file of decisions of a lake; it exists from the first decision on."""
    return lake / "decisions" / FILE


def append_decision(
    lake: Path,
    *,
    kind: str,
    subject: str,
    verdict: str,
    reason: str,
    who: str,
    decided_at: datetime,
    incident_ids: Sequence[str] = (),
    supersedes: str | None = None,
) -> Decision:
    """Write one decision behind all others and return it; who writes at the same time waits.

    Errors: DecisionsAltered, ValueError for an instant without zone; OSError of the disk.
    """
    if decided_at.tzinfo is None:
        raise ValueError("decided_at needs a zone")
    file = decisions_file(lake)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        content = _read_all(descriptor)
        whole = content.rfind(b"\n") + 1
        known = _parse(content[:whole], file=file)
        if whole < len(content):
            # A line that a power cut tore was never confirmed to anybody.
            os.ftruncate(descriptor, whole)
        sequence = len(known) + 1
        fields: dict[str, Any] = {
            "sequence": sequence,
            "id": f"{kind}-{sequence}",
            "kind": kind,
            "subject": subject,
            "verdict": verdict,
            "reason": reason,
            "who": who,
            "decided_at": decided_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "incident_ids": list(incident_ids),
            "supersedes": supersedes,
            "prev_hash": known[-1].hash if known else FIRST_HASH,
        }
        line = json.dumps(fields | {"hash": _hash(fields)}, ensure_ascii=False, sort_keys=True)
        _write_all(descriptor, line.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _sync_directory(file.parent)
    return _decision(json.loads(line))


def append_export(
    lake: Path,
    *,
    name: str,
    format: str,
    row_count: int,
    build_id: str,
    filters: Mapping[str, str],
    who: str,
    exported_at: datetime,
) -> Decision:
    """Write that rows of a build are about to leave in a file, and return the entry.

    Shape: subject `export:NAME`, verdict is the format, reason is JSON of build_id, filters and
    row_count.
    Errors: as append_decision.
    """
    details = {"build_id": build_id, "filters": dict(filters), "row_count": row_count}
    return append_details(
        lake,
        kind=EXPORT,
        subject=f"export:{name}",
        verdict=format,
        details=details,
        who=who,
        decided_at=exported_at,
    )


def append_details(
    lake: Path,
    *,
    kind: str,
    subject: str,
    verdict: str,
    details: Mapping[str, Any],
    who: str,
    decided_at: datetime,
    supersedes: str | None = None,
) -> Decision:
    """Write an entry whose reason is a JSON object, and return it.

    Errors: as append_decision.
    """
    return append_decision(
        lake,
        kind=kind,
        subject=subject,
        verdict=verdict,
        reason=json.dumps(details, ensure_ascii=False, sort_keys=True),
        who=who,
        decided_at=decided_at,
        supersedes=supersedes,
    )


def deciding(decisions: Sequence[Decision]) -> list[Decision]:
    """Return what people decided about the organisation: judgements and grants."""
    return [one for one in decisions if one.kind in (*JUDGEMENTS, *GRANTS)]


def built_in(decisions: Sequence[Decision]) -> list[Decision]:
    """Return what a build reads: everything but who signed in or took rows away."""
    return [one for one in decisions if one.kind in (*JUDGEMENTS, *GRANTS, *RECORDS)]


def judging(decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that numbers may rest on: not who signed in or took rows away."""
    return [one for one in decisions if one.kind in JUDGEMENTS]


def read_decisions(lake: Path) -> list[Decision]:
    """Return every decision, oldest first, after checking the chain.

    Errors: DecisionsAltered.
    """
    file = decisions_file(lake)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return []
    return _parse(content[: content.rfind(b"\n") + 1], file=file)


def verify(lake: Path) -> str:
    """Return the hash of the last decision after checking all of them.

    Errors: DecisionsAltered.
    """
    known = read_decisions(lake)
    return known[-1].hash if known else FIRST_HASH


def verdict_subject(deployment_id: str) -> str:
    """Return the subject of a verdict on a deployment."""
    return f"deployment:{deployment_id}"


def attribution_subject(incident_id: str, deployment_id: str | None) -> str:
    """Return the subject of a decision on a cause; without a deployment it says that none is it."""
    cause = "none" if deployment_id is None else verdict_subject(deployment_id)
    return f"incident:{incident_id} cause:{cause}"


def endings(decisions: Sequence[Decision]) -> dict[str, Decision]:
    """Return what ended each decision that no longer stands: the first later one against it.

    Ids count as they were given; that two may name one deployment is known to a build only.
    Source: the same rules in SQL, models/canonical/verdicts.sql and attribution_verdicts.sql
    """
    ordered = sorted(judging(decisions), key=lambda one: (one.decided_at, one.sequence))
    ended: dict[str, Decision] = {}
    for place, one in enumerate(ordered):
        after = ordered[place + 1 :]
        by = next((later for later in after if _ends(one, later)), None)
        if by is not None:
            ended[one.decision_id] = by
    return ended


def _ends(one: Decision, later: Decision) -> bool:
    """Whether a later decision replaces, withdraws or contradicts one."""
    if one.kind == later.kind and one.subject == later.subject:
        return True
    former, new = _claims(one), _claims(later)
    if one.kind == VERDICT:
        denied = one.subject if one.verdict == "not_failed" else None
        return later.kind == ATTRIBUTION and any(
            says == CONFIRMED and cause == denied for (_, cause), says in new.items()
        )
    for (incident, cause), says in former.items():
        if (incident, cause) in new:
            return True
        if says == CONFIRMED and (
            new.get((incident, "none")) == NO_DEPLOYMENT
            or (later.verdict == "not_failed" and later.subject == cause)
        ):
            return True
        if says == NO_DEPLOYMENT and any(
            named == incident and claim == CONFIRMED for (named, _), claim in new.items()
        ):
            return True
    return False


def _claims(one: Decision) -> dict[tuple[str, str], str]:
    """Return what a decision says of pairs of an incident and a cause."""
    if one.kind == ATTRIBUTION:
        incident, _, cause = one.subject.rpartition(" cause:")
        return {(incident, cause): one.verdict}
    if one.kind == VERDICT and one.verdict == "failed":
        return {(f"incident:{name}", one.subject): CONFIRMED for name in one.incident_ids}
    return {}


def _parse(content: bytes, *, file: Path) -> list[Decision]:
    decisions: list[Decision] = []
    previous = FIRST_HASH
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            fields = json.loads(line)
            expected = fields.pop("hash")
            is_sound = (
                fields["prev_hash"] == previous
                and fields["sequence"] == number
                and _hash(fields) == expected
            )
            decision = _decision(fields | {"hash": expected})
        except (ValueError, KeyError, TypeError, AttributeError):
            is_sound = False
        if not is_sound:
            raise DecisionsAltered(
                f"line {number} of {file} is not what was written; "
                "restore the file from a backup, decisions are never edited"
            )
        decisions.append(decision)
        previous = decision.hash
    return decisions


def _decision(fields: dict[str, Any]) -> Decision:
    return Decision(
        sequence=int(fields["sequence"]),
        decision_id=str(fields["id"]),
        kind=str(fields["kind"]),
        subject=str(fields["subject"]),
        verdict=str(fields["verdict"]),
        reason=str(fields["reason"]),
        who=str(fields["who"]),
        decided_at=datetime.fromisoformat(fields["decided_at"]),
        incident_ids=tuple(str(one) for one in fields["incident_ids"]),
        supersedes=fields["supersedes"],
        prev_hash=str(fields["prev_hash"]),
        hash=str(fields["hash"]),
    )


def _hash(fields: dict[str, Any]) -> str:
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _read_all(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
