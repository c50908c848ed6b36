"""Signed heads of the decisions: what the chain of hashes alone cannot show, that its end is gone.

Every publish signs how many decisions there are and the hash of the last one (Ed25519, the key in
keys/). Who can read that key can sign another head; keep a copy of `leadline audit verify`'s last
line elsewhere where that matters.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestration.errors import LeadlineError
from orchestration.keys import kept_key
from transforms.decisions import Decision, DecisionsAltered, decisions_file, read_decisions
from transforms.home import Home

FILE = "heads.jsonl"
KEY = "audit.key"
# Clocks of one machine may be set by so much without anybody meaning harm.
TOLERANCE = timedelta(seconds=120)


@dataclass(frozen=True)
class Head:
    """How many decisions there were at an instant, and the hash of the last of them."""

    sequence: int
    hash: str
    signed_at: datetime

    @property
    def text(self) -> str:
        """Return what is signed."""
        return f"{self.sequence} {self.hash} {self.signed_at.astimezone(UTC).isoformat()}"


class LogAltered(LeadlineError):
    """The audit log is not what was written; the message names the first bad row."""


def heads_file(lake: Path) -> Path:
    """Return the file of signed heads; it exists from the first publish with a decision on."""
    return decisions_file(lake).with_name(FILE)


def sign_head(home: Home, *, now: datetime) -> Head | None:
    """Sign the present end of the decisions and keep it; None when nothing is new since the last.

    Errors: LogAltered, ConfigurationError for the key, OSError of the disk.
    """
    known = _decisions(home)
    if not known:
        return None
    heads = read_heads(home)
    if heads and heads[-1].hash == known[-1].hash:
        return None
    head = Head(sequence=known[-1].sequence, hash=known[-1].hash, signed_at=now)
    line = json.dumps(
        {
            "sequence": head.sequence,
            "hash": head.hash,
            "signed_at": head.signed_at.astimezone(UTC).isoformat(),
            "signature": _key(home).sign(head.text.encode()).hex(),
        }
    )
    descriptor = os.open(heads_file(home.lake), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as opened:
        opened.write(line + "\n")
        opened.flush()
        os.fsync(descriptor)
    return head


def read_heads(home: Home) -> list[Head]:
    """Return every signed head, oldest first. Errors: LogAltered for one that nobody signed."""
    try:
        lines = heads_file(home.lake).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    key = _key(home).public_key()
    heads = []
    for number, line in enumerate(lines, start=1):
        try:
            fields = json.loads(line)
            head = Head(
                sequence=int(fields["sequence"]),
                hash=str(fields["hash"]),
                signed_at=datetime.fromisoformat(fields["signed_at"]),
            )
            key.verify(bytes.fromhex(fields["signature"]), head.text.encode())
        except (ValueError, KeyError, TypeError, InvalidSignature):
            raise LogAltered(
                f"Line {number} of {heads_file(home.lake)} is not what was signed here; restore "
                "the file and keys/audit.key from a backup."
            ) from None
        heads.append(head)
    return heads


def verify_log(home: Home, *, follows_clock: bool = True) -> tuple[int, str]:
    """Return how many decisions there are and the last hash, after checking all of them.

    Without `follows_clock` instants may go back, as in the sample company, which has its own.
    Errors: LogAltered, which names the first bad row.
    """
    known = _decisions(home)
    by_sequence = {one.sequence: one.hash for one in known}
    for head in read_heads(home):
        found = by_sequence.get(head.sequence)
        if found is None:
            raise LogAltered(
                f"Row {len(known) + 1} of {decisions_file(home.lake)} is gone: "
                f"{head.sequence} rows were signed, {len(known)} are there; restore a backup."
            )
        if found != head.hash:
            raise LogAltered(
                f"Row {head.sequence} of {decisions_file(home.lake)} is not the one that was "
                "signed; restore a backup."
            )
    if follows_clock:
        _refuse_clock_back(known)
    return len(known), known[-1].hash if known else ""


def _refuse_clock_back(known: Sequence[Decision]) -> None:
    latest: datetime | None = None
    for one in known:
        if latest is not None and one.decided_at < latest - TOLERANCE:
            raise LogAltered(
                f"Row {one.sequence} says an earlier instant than a row before it: a clock was "
                "put back, or the row was written for another time."
            )
        latest = one.decided_at if latest is None else max(latest, one.decided_at)


def _decisions(home: Home) -> list[Decision]:
    try:
        return read_decisions(home.lake)
    except DecisionsAltered as exc:
        raise LogAltered(f"{str(exc)[:1].upper()}{str(exc)[1:]}.") from exc


def _key(home: Home) -> Ed25519PrivateKey:
    seed = bytes.fromhex(kept_key(home, KEY).get_secret_value())
    return Ed25519PrivateKey.from_private_bytes(seed)
