"""The command exemption: lift a control for a while, with a reason, an end and a second person."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.commands.deciding import (
    decided_now,
    readable_decisions,
    require_words,
)
from orchestration.commands.exemption_checks import Known, known_build, refuse_author
from orchestration.commands.terminal import open_context, printable, say, show_table
from orchestration.commands.who import decider
from orchestration.errors import ConfigurationError
from orchestration.exemptions import (
    APPROVED,
    EVERY_CONTROL,
    GRANTED,
    SUBJECT_TYPES,
    Exemption,
    approval_subject,
    exemptions_of,
)
from orchestration.run import Context
from transforms.decisions import (
    EXEMPTION,
    EXEMPTION_APPROVAL,
    WITHDRAWN,
    append_details,
    read_decisions,
)

REMEDY = "the next `leadline build` knows it"
APPROVERS, LONGEST = "exemption_approvers_min", "exemption_hours_max"


def add(
    subject: str,
    *,
    controls: Sequence[str],
    hours: float | None,
    until: datetime | None,
    reason: str,
    incident: str | None,
    who: str | None,
    is_unchecked: bool,
) -> None:
    """Grant an exemption; it lifts nothing before somebody else has approved it.

    Errors: ConfigurationError for what is not allowed or not known, NothingToRead when nothing is
    published to check it against; LeadlineError when the decisions were altered.
    """
    context = open_context()
    now, granter = decided_now(context), decider(who)
    subject_type, subject_id = _subject(subject)
    control_ids = _controls(controls)
    reason = require_words(reason, "--reason")
    known = known_build(context, is_unchecked=is_unchecked)
    expires_at = _expiry(now, hours=hours, until=until, longest=known.threshold(LONGEST))
    known.require(control_ids, subject_type, subject_id)
    refuse_author(known, subject_type, subject_id, who=granter, deed="grant")
    details: dict[str, Any] = {
        "control_ids": list(control_ids),
        "subject_type": subject_type,
        "subject_id": subject_id,
        "reason": reason,
        "expires_at": expires_at.isoformat(),
        "incident_id": incident,
    }
    with readable_decisions():
        kept = append_details(
            context.home.lake,
            kind=EXEMPTION,
            subject=f"exemption:{subject}",
            verdict=GRANTED,
            details={key: value for key, value in details.items() if value is not None},
            who=granter,
            decided_at=now,
        )
    say(
        f"Kept {kept.decision_id}, until {expires_at:%Y-%m-%d %H:%M}Z. It lifts nothing until "
        f"somebody else approves it: `leadline exemption approve {kept.decision_id}`."
    )


def approve(exemption_id: str, *, who: str | None, is_unchecked: bool) -> None:
    """Approve an exemption that somebody else granted.

    Errors: ConfigurationError when it is over, or the person may not approve it.
    """
    context = open_context()
    now, approver = decided_now(context), decider(who)
    known = known_build(context, is_unchecked=is_unchecked)
    one = _standing(context, exemption_id, now=now, known=known)
    person = known.person(approver)
    if person == known.person(one.granted_by):
        raise ConfigurationError(
            f"{printable(approver)} granted {exemption_id} and cannot approve it; ask a second "
            "person."
        )
    if person in {known.person(name) for name in one.approvers}:
        raise ConfigurationError(f"{printable(approver)} has approved {exemption_id} already.")
    if not known.may_approve(person):
        raise ConfigurationError(
            f"{printable(approver)} is not among the approvers of exemptions; policy.yml names "
            "them under approvers: exemption."
        )
    refuse_author(known, one.subject_type, one.subject_id, who=approver, deed="approve")
    _append(context, one, verdict=APPROVED, details={}, who=approver, now=now)
    needed = known.threshold(APPROVERS) - len(one.approvers) - 1
    if needed > 0:
        say(f"Approved {exemption_id}; {needed:.0f} more must approve it.")
    else:
        say(f"Approved {exemption_id}; {REMEDY}.")


def revoke(exemption_id: str, *, reason: str, who: str | None) -> None:
    """End an exemption now; what it lifted before stays lifted.

    Errors: ConfigurationError when it is over already.
    """
    context = open_context()
    now = decided_now(context)
    reason = require_words(reason, "--reason")
    known = known_build(context, is_unchecked=True)
    one = _standing(context, exemption_id, now=now, known=known)
    details = {"reason": reason}
    _append(context, one, verdict=WITHDRAWN, details=details, who=decider(who), now=now)
    say(f"Revoked {exemption_id}; {REMEDY}.")


def show() -> None:
    """Show every exemption that was granted here, and whether it lifts anything now.

    Errors: LeadlineError when the decisions were altered.
    """
    context = open_context()
    with readable_decisions():
        granted = exemptions_of(read_decisions(context.home.lake))
    if not granted:
        say("No exemption was granted yet; `leadline exemption add` grants one.")
        return
    known = known_build(context, is_unchecked=True)
    now, needed = decided_now(context), known.threshold(APPROVERS)
    built = known.exemption_states()
    rows = []
    for one in granted:
        state = one.state(now, approvers_needed=needed)
        told = state if built.get(one.exemption_id) == state else f"{state}, not built in yet"
        rows.append(
            (
                one.exemption_id,
                ", ".join(one.control_ids),
                one.subject,
                one.reason,
                one.granted_by,
                f"{one.granted_at:%Y-%m-%d %H:%MZ}",
                f"{one.expires_at:%Y-%m-%d %H:%MZ}",
                ", ".join(one.approvers),
                told,
            )
        )
    columns = (
        "exemption", "controls", "for", "reason", "by", "granted", "expires", "approved by", "state"
    )  # fmt: skip
    show_table(columns, [[printable(value) for value in row] for row in rows])


def _subject(text: str) -> tuple[str, str | None]:
    if text == "all":
        return "all", None
    subject_type, _, subject_id = text.partition(":")
    if subject_type not in SUBJECT_TYPES or not subject_id.strip():
        forms = ", ".join(f"{one}:ID" for one in SUBJECT_TYPES)
        raise ConfigurationError(f"{text!r} is no subject; write it as {forms}, or all.")
    return subject_type, subject_id


def _controls(names: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(EVERY_CONTROL if one == "all" else one for one in names))
    if not found:
        raise ConfigurationError("Name at least one --control, or --control all.")
    return found


def _expiry(
    now: datetime, *, hours: float | None, until: datetime | None, longest: float
) -> datetime:
    if (hours is None) == (until is None):
        raise ConfigurationError("Say when it ends: either --hours or --until.")
    if hours is not None:
        # A number of hours may be none at all, or more than a calendar holds.
        hours = min(hours, longest + 1) if hours > 0 else 0.0
    expires_at = now + timedelta(hours=hours) if hours is not None else until
    if expires_at is None or expires_at <= now:
        raise ConfigurationError("An exemption ends in the future; give a later end.")
    if expires_at > now + timedelta(hours=longest):
        raise ConfigurationError(
            f"An exemption holds {longest:g} hours at most (exemption_hours_max); grant it again "
            "when it is still needed."
        )
    return expires_at.astimezone(UTC)


def _standing(context: Context, exemption_id: str, *, now: datetime, known: Known) -> Exemption:
    with readable_decisions():
        granted = {
            one.exemption_id: one for one in exemptions_of(read_decisions(context.home.lake))
        }
    one = granted.get(exemption_id)
    if one is None:
        raise ConfigurationError(
            f"There is no exemption {exemption_id!r}; `leadline exemption list` shows them."
        )
    state = one.state(now, approvers_needed=known.threshold(APPROVERS))
    if state in ("expired", WITHDRAWN):
        raise ConfigurationError(f"{exemption_id} is {state}; grant a new one.")
    return one


def _append(
    context: Context, one: Exemption, *, verdict: str, details: dict[str, Any], who: str,
    now: datetime,
) -> None:  # fmt: skip
    with readable_decisions():
        append_details(
            context.home.lake,
            kind=EXEMPTION_APPROVAL,
            subject=approval_subject(one.exemption_id),
            verdict=verdict,
            details=details,
            who=who,
            decided_at=now,
        )
