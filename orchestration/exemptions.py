"""Exemptions from controls as they stand in the decisions, before any build has read them.

Source: the same rules in SQL, models/governance/exemptions.sql
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from transforms.decisions import EXEMPTION, EXEMPTION_APPROVAL, WITHDRAWN, Decision

APPROVED, GRANTED, EVERY_CONTROL = "approved", "granted", "*"
SUBJECT_TYPES = ("deployment", "change_request", "artifact", "service")


@dataclass(frozen=True)
class Exemption:
    """What is lifted for whom, by whom and until when.

    Units: instants are aware, UTC. `approvers` are in the order in which they approved.
    """

    exemption_id: str
    control_ids: tuple[str, ...]
    subject_type: str
    subject_id: str | None
    reason: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime
    incident_id: str | None
    approvers: tuple[str, ...]
    is_withdrawn: bool

    @property
    def subject(self) -> str:
        """Return what it is for, as the command line takes it."""
        return f"{self.subject_type}:{self.subject_id}" if self.subject_id else self.subject_type

    def state(self, now: datetime, *, approvers_needed: float) -> str:
        """Return whether it lifts anything now: live, pending, expired or withdrawn."""
        if self.is_withdrawn:
            return WITHDRAWN
        if self.expires_at <= now:
            return "expired"
        return "live" if len(self.approvers) >= approvers_needed else "pending"


def approval_subject(exemption_id: str) -> str:
    """Return the subject of whatever is decided on an exemption."""
    return f"exemption:{exemption_id}"


def exemptions_of(decisions: Sequence[Decision]) -> list[Exemption]:
    """Return every exemption that was granted, oldest first, with what was decided on it."""
    later: dict[str, list[Decision]] = {}
    for one in decisions:
        if one.kind == EXEMPTION_APPROVAL:
            later.setdefault(one.subject, []).append(one)
    return [
        _exemption(one, later.get(approval_subject(one.decision_id), []))
        for one in decisions
        if one.kind == EXEMPTION
    ]


def _exemption(granted: Decision, later: Sequence[Decision]) -> Exemption:
    details: dict[str, Any] = json.loads(granted.reason)
    approved = (one.who for one in later if one.verdict == APPROVED and one.who != granted.who)
    return Exemption(
        exemption_id=granted.decision_id,
        control_ids=tuple(details["control_ids"]),
        subject_type=details["subject_type"],
        subject_id=details.get("subject_id"),
        reason=details["reason"],
        granted_by=granted.who,
        granted_at=granted.decided_at,
        expires_at=datetime.fromisoformat(details["expires_at"]).astimezone(UTC),
        incident_id=details.get("incident_id"),
        approvers=tuple(dict.fromkeys(approved)),
        is_withdrawn=any(one.verdict == WITHDRAWN for one in later),
    )
