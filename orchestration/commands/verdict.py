"""The command verdict: what people know about deployments and causes, kept as decisions."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.commands.deciding import (
    decided_now,
    readable_decisions,
    require_words,
)
from orchestration.commands.terminal import open_context, say, show_table
from orchestration.commands.who import decider
from orchestration.errors import ConfigurationError, NothingToRead
from transforms.decisions import (
    ATTRIBUTION,
    CONFIRMED,
    NO_DEPLOYMENT,
    REJECTED,
    VERDICT,
    WITHDRAWN,
    Decision,
    append_decision,
    attribution_subject,
    endings,
    read_decisions,
    verdict_subject,
)
from transforms.home import Home
from transforms.published import NothingPublished, Published, UnknownTable, open_published

KINDS = (VERDICT, ATTRIBUTION)
DEPLOYMENT, INCIDENT = "deployment:", "incident:"
REMEDY = "the next `leadline build` counts it"


@dataclass(frozen=True)
class Cause:
    """What somebody says about the cause of an incident: one of the three."""

    caused_by: str | None = None
    not_caused_by: str | None = None
    is_no_deployment: bool = False

    @property
    def is_said(self) -> bool:
        """Whether anything is said at all."""
        return self.is_no_deployment or self.caused_by is not None or self.not_caused_by is not None


@dataclass(frozen=True)
class _Statement:
    """A decision before it is kept, and the ids that must be known for it."""

    kind: str
    subject: str
    verdict: str
    deployment_id: str | None
    incident_ids: tuple[str, ...]


def add(
    subject: str,
    *,
    is_failed: bool | None = None,
    incidents: Sequence[str] = (),
    cause: Cause | None = None,
    reason: str,
    who: str | None,
    is_unchecked: bool,
) -> None:
    """Keep the verdict that a deployment failed or not, or what caused an incident and what not.

    Errors: ConfigurationError for an argument that names nothing, NothingToRead when nothing is
    published to check it against; LeadlineError when the decisions were altered.
    """
    context = open_context()
    cause = cause or Cause()
    if subject.startswith(INCIDENT):
        if is_failed is not None or incidents:
            raise ConfigurationError(
                "--failed, --not-failed and --incident judge a deployment; for an incident give "
                "--caused-by, --not-caused-by or --no-deployment."
            )
        stated = _of_incident(subject, cause)
    else:
        if cause.is_said:
            raise ConfigurationError(
                f"{subject!r} is no incident; write it as incident:ID to say what caused it."
            )
        stated = _of_deployment(subject, is_failed, incidents)
    require_words(reason, "--reason")
    if not is_unchecked:
        _require_known(context.home, stated.deployment_id, stated.incident_ids)
    with readable_decisions():
        decisions = read_decisions(context.home.lake)
        decision = append_decision(
            context.home.lake,
            kind=stated.kind,
            subject=stated.subject,
            verdict=stated.verdict,
            reason=reason.strip(),
            who=decider(who),
            decided_at=decided_now(context),
            incident_ids=stated.incident_ids if stated.kind == VERDICT else (),
            supersedes=_standing(decisions, stated),
        )
    instead = f" instead of {decision.supersedes}" if decision.supersedes else ""
    say(f"Kept {decision.decision_id}{instead}; {REMEDY}.")


def _of_deployment(subject: str, is_failed: bool | None, incidents: Sequence[str]) -> _Statement:
    deployment_id = _id(subject, DEPLOYMENT, f"{DEPLOYMENT}ID or {INCIDENT}ID")
    if is_failed is None:
        raise ConfigurationError("Say what you know: --failed or --not-failed.")
    if incidents and not is_failed:
        raise ConfigurationError("--incident says what a failed deployment caused; leave it out.")
    return _Statement(
        kind=VERDICT,
        subject=verdict_subject(deployment_id),
        verdict="failed" if is_failed else "not_failed",
        deployment_id=deployment_id,
        incident_ids=tuple(sorted(set(incidents))),
    )


def _of_incident(subject: str, cause: Cause) -> _Statement:
    incident_id = _id(subject, INCIDENT, f"{INCIDENT}ID")
    given = [cause.caused_by is not None, cause.not_caused_by is not None, cause.is_no_deployment]
    if sum(given) != 1:
        raise ConfigurationError(
            "Say one thing of an incident: --caused-by deployment:ID, "
            "--not-caused-by deployment:ID or --no-deployment."
        )
    named = cause.caused_by if cause.caused_by is not None else cause.not_caused_by
    deployment_id = None if named is None else _id(named, DEPLOYMENT, f"{DEPLOYMENT}ID")
    return _Statement(
        kind=ATTRIBUTION,
        subject=attribution_subject(incident_id, deployment_id),
        verdict=(CONFIRMED, REJECTED, NO_DEPLOYMENT)[given.index(True)],
        deployment_id=deployment_id,
        incident_ids=(incident_id,),
    )


def _id(text: str, prefix: str, form: str) -> str:
    name = text.removeprefix(prefix)
    if not text.startswith(prefix) or not name.strip():
        raise ConfigurationError(f"{text!r} is no subject; write it as {form}.")
    return name


def _standing(decisions: Sequence[Decision], stated: _Statement) -> str | None:
    """Return the id of the decision on the same subject that still stands."""
    ended = endings(decisions)
    former = (
        one.decision_id
        for one in decisions
        if (one.kind, one.subject) == (stated.kind, stated.subject)
        and one.verdict != WITHDRAWN
        and one.decision_id not in ended
    )
    return next(former, None)


def withdraw(verdict_id: str, *, reason: str, who: str | None) -> None:
    """End a verdict; what the records say counts again.

    Errors: ConfigurationError when it does not stand; LeadlineError when decisions were altered.
    """
    context = open_context()
    require_words(reason, "--reason")
    with readable_decisions():
        decisions = read_decisions(context.home.lake)
        given = {one.decision_id: one for one in decisions if one.kind in KINDS}
        if verdict_id not in given or given[verdict_id].verdict == WITHDRAWN:
            raise ConfigurationError(
                f"There is no verdict {verdict_id!r}; `leadline verdict list` shows them."
            )
        by = endings(decisions).get(verdict_id)
        if by is not None:
            how = "withdrawn" if by.verdict == WITHDRAWN else f"replaced by {by.decision_id}"
            raise ConfigurationError(
                f"{verdict_id} was already {how}; nothing is left to withdraw."
            )
        append_decision(
            context.home.lake,
            kind=given[verdict_id].kind,
            subject=given[verdict_id].subject,
            verdict=WITHDRAWN,
            reason=reason.strip(),
            who=decider(who),
            decided_at=decided_now(context),
            supersedes=verdict_id,
        )
    say(f"Withdrew {verdict_id}; {REMEDY}.")


def show() -> None:
    """Show every verdict with what became of it.

    Errors: LeadlineError when the decisions were altered.
    """
    home = open_context().home
    with readable_decisions():
        decisions = [one for one in read_decisions(home.lake) if one.kind in KINDS]
    if not decisions:
        say(
            "No verdict was given yet; `leadline verdict add deployment:ID` judges a deployment, "
            "`leadline verdict add incident:ID` says what caused an incident."
        )
        return
    counted = _published_verdicts(home)
    ended = endings(decisions)
    rows = [
        (
            one.decision_id,
            one.subject,
            one.verdict,
            ", ".join(one.incident_ids),
            one.reason,
            one.who,
            f"{one.decided_at:%Y-%m-%d %H:%MZ}",
            _state(one, ended.get(one.decision_id), counted),
        )
        for one in decisions
        if one.verdict != WITHDRAWN
    ]
    show_table(("verdict", "subject", "says", "incidents", "reason", "by", "given", "state"), rows)


def _state(one: Decision, by: Decision | None, counted: dict[str, str]) -> str:
    """Return what became of a verdict, and whether the published build knows that yet."""
    state = "current"
    if by is not None:
        state = "withdrawn" if by.verdict == WITHDRAWN else "superseded"
    is_pending = counted.get(one.decision_id) != state
    return f"{state}, pending until the next build" if is_pending else state


def _published_verdicts(home: Home) -> dict[str, str]:
    """Return the states that the published build knows, by decision.

    A verdict on a deployment has its own table; in the other it stands once an incident.
    """
    states: dict[str, str] = {}
    for table in ("attribution_verdicts", "verdicts"):
        try:
            rows = open_published(home).rows(table)
        except (NothingPublished, UnknownTable):
            continue
        states |= dict(zip(rows["verdict_id"], rows["state"], strict=True))
    return states


def _require_known(home: Home, deployment_id: str | None, incidents: Sequence[str]) -> None:
    try:
        published = open_published(home)
    except NothingPublished:
        raise NothingToRead(
            f"Nothing is published in {home.published} to check the verdict against; run "
            "`leadline build`, or give --unchecked."
        ) from None
    for incident in incidents:
        _require_row(published, "incidents", "incident_id", incident)
    if deployment_id is None:
        return
    _require_row(published, "deployments", "deployment_id", deployment_id)
    facts = published.rows("fct_deployments", filters={"deployment_id": deployment_id}, limit=1)
    for row in facts.iter_rows(named=True):
        is_counted = row["environment_tier"] == "production" and row["reached_production"]
        if not is_counted or not row["is_change"]:
            say(f"{deployment_id} is no change that reached production; it counts nowhere as one.")


def _require_row(published: Published, table: str, key: str, value: str) -> None:
    if published.rows(table, filters={key: value}, limit=1).is_empty():
        thing = key.removesuffix("_id")
        raise ConfigurationError(
            f"There is no {thing} {value!r} in the published build; "
            f'`leadline sql "select {key} from {table}"` lists them, --unchecked keeps it anyway.'
        )
