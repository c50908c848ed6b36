"""Which policy a build used: a change of it between builds is an entry of the audit log."""

from collections import Counter
from datetime import datetime
from typing import Any

from orchestration.lake import Lake
from orchestration.origin import read_catalogue
from orchestration.policy import records_digest
from orchestration.sample import read_sample
from transforms.decisions import POLICY, Decision, append_details, read_decisions
from transforms.home import Home

SUBJECT, USED, USER = "policy", "used", "leadline"
Record = dict[str, Any]


def policy_of_lake(lake: Lake, *, as_of: datetime) -> list[Record]:
    """Return the records of the policy that a build as of an instant sees."""
    return [row for row in read_catalogue(lake, as_of=as_of) if row["record_type"] == "policy"]


def last_digest(home: Home) -> str | None:
    """Return the digest of the policy that was noted last; none before there was one."""
    noted = [one.verdict for one in read_decisions(home.lake) if one.kind == POLICY]
    return noted[-1].removeprefix(f"{USED} ") if noted else None


def note_policy(home: Home, *, as_of: datetime, build_id: str, now: datetime) -> Decision | None:
    """Write which policy a build is the first to use; nothing when the last one used it too.

    Errors: DecisionsAltered, OSError of the disk.
    """
    records = policy_of_lake(Lake(home.lake), as_of=as_of)
    digest, former = records_digest(records), last_digest(home)
    if digest == former or (former is None and not records):
        return None
    sample = read_sample(home)
    return append_details(
        home.lake,
        kind=POLICY,
        subject=SUBJECT,
        verdict=f"{USED} {digest}",
        details={
            "build_id": build_id,
            "former_digest": former,
            "entries": dict(Counter(str(row["name"]) for row in records)),
        },
        who=USER,
        decided_at=sample.as_of if sample else now,
    )
