"""The commands calendar and override: what may be deployed when, from the published build."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.commands.deciding import decided_now, readable_decisions
from orchestration.commands.terminal import open_context, printable, say, show_table
from orchestration.commands.who import decider
from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.run import Context
from transforms.calendars.decisions import next_slots
from transforms.calendars.published_windows import Binding, binding, binds
from transforms.decisions import OVERRIDE_APPROVAL, append_details
from transforms.judgements import Rule
from transforms.judging import candidate_of, rules_of
from transforms.published import NothingPublished, Published, UnknownTable, open_published

TABLE = "window_occurrences"
EFFECTS = ("deny", "allow", "vendor")
CONTROLS = ("freeze_violations", "authorised_hours")
REACH = timedelta(days=366)


@dataclass(frozen=True)
class _Question:
    """What is asked of which build; the instant is aware, UTC."""

    published: Published
    service_id: str
    environment_id: str
    at: datetime
    known_at: datetime
    windows: tuple[Mapping[str, Any], ...]

    @property
    def binding(self) -> Binding:
        """Return what denies or allows something, as the build knows it."""
        rows = [row for row in self.windows if row["effect"] in ("deny", "allow")]
        return binding(
            rows,
            service_id=self.service_id,
            environment_id=self.environment_id,
            known_at=self.known_at,
        )


def check(service: str, *, environment: str, at: datetime | None, length_minutes: int) -> bool:
    """Say whether a deployment may begin at an instant, and when else; return whether it may.

    Errors: ConfigurationError for an unknown service or environment or an instant beyond the
    calendar, NothingToRead when nothing is published.
    """
    asked = _ask(service, environment, at)
    rules = _judged(asked)
    denials = [rule for rule in rules if rule.verdict not in ("pass", "exempt", "not_applicable")]
    word = "denied" if denials else "allowed"
    say(f"{service} to {environment} at {asked.at:%Y-%m-%d %H:%M:%S} UTC: {word}.")
    for rule in denials or rules:
        lifted = f" Lifted by {rule.exemption_id}." if rule.exemption_id else ""
        say(f"  {printable(rule.reason)}{lifted}")
    if any(rule.reason_code.startswith(("off_hours", "override")) for rule in denials):
        _say_who_may_approve(asked)
    if denials:
        _say_slots(asked, length_minutes)
    return not denials


def slots(service: str, *, environment: str, at: datetime | None, length_minutes: int) -> None:
    """Show the next three stretches that no freeze denies and allowed times let through.

    Errors: as check.
    """
    _say_slots(_ask(service, environment, at), length_minutes)


def show(service: str, *, environment: str, at: datetime | None, days: int) -> None:
    """Show what the calendar has for a service in the next days.

    Errors: as check.
    """
    asked = _ask(service, environment, at)
    first = asked.at.replace(tzinfo=None)
    known = asked.known_at.replace(tzinfo=None)
    rows = [
        (
            row["kind"],
            printable(row["title"] or ""),
            f"{row['starts_at']:%a %Y-%m-%d %H:%M}",
            f"{row['ends_at']:%a %Y-%m-%d %H:%M}",
            "may finish" if row["allows_overrun"] else "",
        )
        for row in sorted(asked.windows, key=lambda row: row["starts_at"])
        if row["ends_at"] > first
        and row["starts_at"] < first + timedelta(days=days)
        and row["known_from"] <= known
        and (row["known_to"] is None or row["known_to"] > known)
        and binds(row, service_id=asked.service_id, environment_id=asked.environment_id)
    ]
    if not rows:
        say(f"The calendar has nothing for {service} in the next {days} days.")
        return
    show_table(("kind", "for", "from (UTC)", "to (UTC)", "what runs"), rows)


def add_override(
    service: str, *, environment: str, reason: str, link: str, who: str | None
) -> None:
    """Keep that somebody approves a deployment outside of the allowed hours.

    Errors: ConfigurationError without words or link or for what is not known; LeadlineError when
    the decisions were altered or cannot be written.
    """
    for text, option in ((reason, "--reason"), (link, "--link")):
        if not text.strip():
            raise ConfigurationError(f"{option} is empty; say why, and what it is about.")
    context = open_context()
    _known(build_of(context), service, environment)
    details = {
        "service_id": service,
        "environment_id": environment,
        "reason": reason.strip(),
        "link": link.strip(),
    }
    with readable_decisions():
        entry = append_details(
            context.home.lake,
            kind=OVERRIDE_APPROVAL,
            subject=f"service:{service} environment:{environment}",
            verdict="approved",
            details=details,
            who=decider(who),
            decided_at=decided_now(context),
        )
    say(f"Kept {entry.decision_id}; the next `leadline build` counts it.")


def _ask(service: str, environment: str, at: datetime | None) -> _Question:
    context = open_context()
    published = build_of(context)
    _known(published, service, environment)
    try:
        rows = published.rows(TABLE, filters={"effect": list(EFFECTS)})
    except UnknownTable:
        raise NothingToRead(
            "The published build is older than the calendar; run `leadline build`."
        ) from None
    as_of = published.build.as_of.astimezone(UTC)
    asked = decided_now(context) if at is None else at.replace(tzinfo=UTC)
    if asked > as_of + REACH:
        raise ConfigurationError(
            f"The calendar is written out for a year from {as_of:%Y-%m-%d}; ask for an earlier day."
        )
    return _Question(
        published=published,
        service_id=service,
        environment_id=environment,
        at=asked,
        known_at=asked,
        windows=tuple(rows.iter_rows(named=True)),
    )


def _judged(asked: _Question) -> list[Rule]:
    """Return what the controls say of it, exemptions laid over; no artifact is known yet."""
    candidate = candidate_of(
        asked.published,
        service=asked.service_id,
        digest="",
        environment=asked.environment_id,
        at=asked.at,
    )
    return rules_of(asked.published, candidate, CONTROLS)


def build_of(context: Context) -> Published:
    """Return the published build; NothingToRead without one."""
    try:
        return open_published(context.home)
    except NothingPublished:
        raise NothingToRead(
            f"Nothing is published in {context.home.published}; run `leadline run` or "
            "`leadline demo`."
        ) from None


def _known(published: Published, service: str, environment: str) -> None:
    for table, key, value in (
        ("services", "service_id", service),
        ("environments", "environment_id", environment),
    ):
        if published.rows(table, filters={key: value}, limit=1).is_empty():
            raise ConfigurationError(
                f"There is no {key.removesuffix('_id')} {value!r} in the published build; "
                f'`leadline sql "select {key} from {table}"` lists them.'
            )


def _say_slots(asked: _Question, length_minutes: int) -> None:
    bound = asked.binding
    found = next_slots(
        bound.openings,
        asked.at,
        asked.at + REACH,
        length=timedelta(minutes=length_minutes),
        has_allow=bound.has_allow,
    )
    if not found:
        say(f"No stretch of {length_minutes} minutes is free within a year.")
        return
    say(f"The next stretches of at least {length_minutes} minutes, in UTC:")
    show_table(
        ("from", "to"),
        [(f"{begins:%a %Y-%m-%d %H:%M}", f"{ends:%a %Y-%m-%d %H:%M}") for begins, ends in found],
    )


def _say_who_may_approve(asked: _Question) -> None:
    roles = asked.published.rows("approver_roles", filters={"role_name": "override"})
    people = ", ".join(sorted(roles.filter(roles["held_to_at"].is_null())["person_id"].to_list()))
    if people:
        say(f"  Two of these may approve it with `leadline override add`: {people}.")
    else:
        say("  Nobody may approve it: policy.yml names no approvers with the role override.")
