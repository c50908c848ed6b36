"""The command verdict: what a person knows about a deployment, kept as a decision."""

import contextlib
import getpass
from collections.abc import Iterator, Sequence
from datetime import datetime

from orchestration.commands.terminal import open_context, say, show_table
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from orchestration.run import Context
from orchestration.sample import read_sample
from transforms.decisions import (
    WITHDRAWN,
    Decision,
    DecisionsAltered,
    append_decision,
    newest_by_subject,
    read_decisions,
)
from transforms.home import Home
from transforms.published import NothingPublished, Published, UnknownTable, open_published

KIND = "verdict"
PREFIX = "deployment:"
REMEDY = "the next `leadline build` counts it"


def add(
    subject: str,
    *,
    is_failed: bool,
    incidents: Sequence[str],
    reason: str,
    who: str | None,
    is_unchecked: bool,
) -> None:
    """Keep the verdict that a deployment failed or did not.

    Errors: ConfigurationError for an argument that names nothing, NothingToRead when nothing is
    published to check it against; LeadlineError when the decisions were altered.
    """
    context = open_context()
    deployment_id = subject.removeprefix(PREFIX)
    if not subject.startswith(PREFIX) or not deployment_id:
        raise ConfigurationError(f"{subject!r} is no subject; write it as deployment:ID.")
    if incidents and not is_failed:
        raise ConfigurationError("--incident says what a failed deployment caused; leave it out.")
    _require_words(reason, "--reason")
    if not is_unchecked:
        _require_known(context.home, deployment_id, incidents)
    with _readable():
        known = newest_by_subject(read_decisions(context.home.lake), kind=KIND).get(subject)
        former = known.decision_id if known and known.verdict != WITHDRAWN else None
        decision = append_decision(
            context.home.lake,
            kind=KIND,
            subject=subject,
            verdict="failed" if is_failed else "not_failed",
            reason=reason.strip(),
            who=_name(who),
            decided_at=_now(context),
            incident_ids=sorted(set(incidents)),
            supersedes=former,
        )
    instead = f" instead of {former}" if former else ""
    say(f"Kept {decision.decision_id}{instead}; {REMEDY}.")


def withdraw(verdict_id: str, *, reason: str, who: str | None) -> None:
    """End a verdict; what the records say counts again.

    Errors: ConfigurationError when it does not stand; LeadlineError when decisions were altered.
    """
    context = open_context()
    _require_words(reason, "--reason")
    with _readable():
        decisions = read_decisions(context.home.lake)
        given = {one.decision_id: one for one in decisions if one.kind == KIND}
        if verdict_id not in given or given[verdict_id].verdict == WITHDRAWN:
            raise ConfigurationError(
                f"There is no verdict {verdict_id!r}; `leadline verdict list` shows them."
            )
        newest = newest_by_subject(decisions, kind=KIND)[given[verdict_id].subject]
        if newest.decision_id != verdict_id:
            how = (
                "withdrawn" if newest.verdict == WITHDRAWN else f"replaced by {newest.decision_id}"
            )
            raise ConfigurationError(
                f"{verdict_id} was already {how}; nothing is left to withdraw."
            )
        append_decision(
            context.home.lake,
            kind=KIND,
            subject=newest.subject,
            verdict=WITHDRAWN,
            reason=reason.strip(),
            who=_name(who),
            decided_at=_now(context),
            supersedes=verdict_id,
        )
    say(f"Withdrew {verdict_id}; {REMEDY}.")


def show() -> None:
    """Show every verdict with what became of it.

    Errors: LeadlineError when the decisions were altered.
    """
    home = open_context().home
    with _readable():
        decisions = [one for one in read_decisions(home.lake) if one.kind == KIND]
    if not decisions:
        say("No verdict was given yet; `leadline verdict add deployment:ID` gives one.")
        return
    counted = _published_verdicts(home)
    newest = newest_by_subject(decisions, kind=KIND)
    rows = [
        (
            one.decision_id,
            one.subject,
            one.verdict,
            ", ".join(one.incident_ids),
            one.reason,
            one.who,
            f"{one.decided_at:%Y-%m-%d %H:%MZ}",
            _state(one, newest[one.subject], counted),
        )
        for one in decisions
        if one.verdict != WITHDRAWN
    ]
    show_table(("verdict", "subject", "says", "incidents", "reason", "by", "given", "state"), rows)


def _state(one: Decision, newest: Decision, counted: dict[str, str]) -> str:
    """Return what became of a verdict, and whether the published build knows that yet."""
    if newest.decision_id == one.decision_id:
        state = "current"
    elif newest.verdict == WITHDRAWN and newest.supersedes == one.decision_id:
        state = "withdrawn"
    else:
        state = "superseded"
    is_pending = counted.get(one.decision_id) != state
    return f"{state}, pending until the next build" if is_pending else state


def _published_verdicts(home: Home) -> dict[str, str]:
    try:
        rows = open_published(home).rows("verdicts")
    except (NothingPublished, UnknownTable):
        return {}
    return dict(zip(rows["verdict_id"], rows["state"], strict=True))


def _require_known(home: Home, deployment_id: str, incidents: Sequence[str]) -> None:
    try:
        published = open_published(home)
    except NothingPublished:
        raise NothingToRead(
            f"Nothing is published in {home.published} to check the verdict against; run "
            "`leadline build`, or give --unchecked."
        ) from None
    _require_row(published, "deployments", "deployment_id", deployment_id)
    for incident in incidents:
        _require_row(published, "incidents", "incident_id", incident)
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


def _require_words(text: str, option: str) -> None:
    if not text.strip():
        raise ConfigurationError(f"{option} is empty; say in words why.")


def _name(who: str | None) -> str:
    return (who or "").strip() or getpass.getuser()


def _now(context: Context) -> datetime:
    """Return the present instant; in the sample company it is the company's last one."""
    sample = read_sample(context.home)
    return sample.as_of if sample else context.clock()


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Turn an altered or unwritable file of decisions into one sentence."""
    try:
        yield
    except DecisionsAltered as exc:
        raise LeadlineError(f"The decisions cannot be used: {exc}.") from exc
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise LeadlineError(
            f"The decisions could not be written ({reason}); make the lake writable."
        ) from exc
