"""The command signoff: who vouches for what is to be released, bound to one artifact."""

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import datetime

from orchestration.commands.terminal import open_context, say, show_table
from orchestration.commands.who import decider
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from orchestration.run import Context
from orchestration.sample import read_sample
from transforms.decisions import (
    SIGN_OFF,
    WITHDRAWN,
    Decision,
    DecisionsAltered,
    append_details,
    read_decisions,
)
from transforms.published import NothingPublished, Published, UnknownTable, open_published

ARTIFACT = re.compile(r"[a-z0-9][a-z0-9+._-]*:[0-9a-zA-Z=_+./-]{6,}|[0-9a-f]{7,64}")
REMEDY = "the next `leadline build` counts it"


def score(
    *,
    service: str,
    digest: str,
    item: str,
    score: str,
    evidence: str | None,
    words: str,
    who: str | None,
) -> None:
    """Keep how an item of the checklist is fulfilled for an artifact.

    Errors: ConfigurationError for an item or service that the build does not know, or an item
    that needs evidence and has none; NothingToRead when nothing is published.
    """
    context = open_context()
    published = _published(context)
    asked = {row["item"]: row for row in _checklist(published, kind="item")}
    if item not in asked:
        raise _unknown("item", item, asked)
    if asked[item]["judged_by"] not in ("sign_off", "evidence"):
        raise ConfigurationError(
            f"{item!r} is judged by {asked[item]['judged_by'].replace('_', ' ')}; nobody signs it."
        )
    if asked[item]["judged_by"] == "evidence" and not (evidence or "").strip():
        raise ConfigurationError(f"{item!r} counts with evidence only; give its --evidence.")
    details = {"item": item, "evidence": (evidence or "").strip() or None}
    _keep(context, published, service, digest, score, details, words=words, who=who)


def approve(
    *, service: str, digest: str, role: str, is_refused: bool, words: str, who: str | None
) -> None:
    """Keep that a role approves an artifact, or refuses it; errors as score."""
    context = open_context()
    published = _published(context)
    asked = {row["item"]: row for row in _checklist(published, kind="role")}
    if role not in asked:
        raise _unknown("role", role, asked)
    verdict = "refused" if is_refused else "approved"
    _keep(context, published, service, digest, verdict, {"role": role}, words=words, who=who)


def withdraw(sign_off: str, *, who: str | None) -> None:
    """Take a sign-off back. Errors: ConfigurationError when it does not stand."""
    context = open_context()
    with _readable():
        given = [one for one in read_decisions(context.home.lake) if one.kind == SIGN_OFF]
        standing = {one.decision_id: one for one in given if one.verdict != WITHDRAWN}
        for one in given:
            if one.verdict == WITHDRAWN and one.supersedes:
                standing.pop(one.supersedes, None)
        if sign_off not in standing:
            raise ConfigurationError(
                f"No sign-off {sign_off!r} stands; `leadline signoff list` shows them."
            )
        append_details(
            context.home.lake,
            kind=SIGN_OFF,
            subject=standing[sign_off].subject,
            verdict=WITHDRAWN,
            details={"sign_off_id": sign_off},
            who=decider(who),
            decided_at=_now(context),
            supersedes=sign_off,
        )
    say(f"Withdrew {sign_off}; {REMEDY}.")


def show(*, service: str | None) -> None:
    """Show every sign-off, newest first, and whether it was withdrawn."""
    context = open_context()
    with _readable():
        given = [one for one in read_decisions(context.home.lake) if one.kind == SIGN_OFF]
    withdrawn = {one.supersedes for one in given if one.verdict == WITHDRAWN}
    told = [(one, json.loads(one.reason)) for one in reversed(given) if one.verdict != WITHDRAWN]
    rows = [
        _row(one, details, is_withdrawn=one.decision_id in withdrawn)
        for one, details in told
        if service in (None, details["service_id"])
    ]
    if not rows:
        say("Nothing was signed off yet; `leadline signoff add --help` says how.")
        return
    columns = (
        "sign-off",
        "service",
        "artifact",
        "what",
        "says",
        "evidence",
        "by",
        "given",
        "state",
    )
    show_table(columns, rows)


def _row(one: Decision, details: dict[str, str], *, is_withdrawn: bool) -> tuple[str, ...]:
    return (
        one.decision_id,
        details["service_id"],
        details["artifact_key"][:19],
        details.get("item") or f"approval of {details['role']}",
        one.verdict.replace("_", " "),
        details.get("evidence") or "",
        one.who,
        f"{one.decided_at:%Y-%m-%d %H:%MZ}",
        "withdrawn" if is_withdrawn else "stands",
    )


def _keep(
    context: Context,
    published: Published,
    service: str,
    digest: str,
    verdict: str,
    details: dict[str, str | None],
    *,
    words: str,
    who: str | None,
) -> None:
    if not ARTIFACT.fullmatch(digest.strip()):
        raise ConfigurationError(
            f"{digest!r} is no digest; write it as sha256:HEX, or give the commit where nothing "
            "has a digest."
        )
    known = published.rows("services")
    if service not in known["service_id"].to_list():
        raise _unknown("service", service, known["service_id"].to_list())
    stated = {"service_id": service, "artifact_key": digest.strip(), "words": words.strip() or None}
    with _readable():
        decision = append_details(
            context.home.lake,
            kind=SIGN_OFF,
            subject=f"artifact:{digest.strip()}",
            verdict=verdict,
            details={key: value for key, value in (stated | details).items() if value},
            who=decider(who),
            decided_at=_now(context),
        )
    say(f"Kept {decision.decision_id}; {REMEDY}.")


def _published(context: Context) -> Published:
    try:
        return open_published(context.home)
    except NothingPublished:
        raise NothingToRead(
            "Nothing is published to check the sign-off against; run `leadline build`."
        ) from None


def _checklist(published: Published, *, kind: str) -> list[dict[str, str]]:
    try:
        rows = published.rows("readiness_checklist", filters={"kind": kind})
    except UnknownTable:
        raise NothingToRead(
            "The published build is older than readiness reviews; run `leadline build`."
        ) from None
    return list(rows.iter_rows(named=True))


def _unknown(thing: str, name: str, known: object) -> ConfigurationError:
    assert isinstance(known, dict | list)
    there = ", ".join(sorted(known)) or "none; name them in policy.yml and run `leadline run`"
    return ConfigurationError(f"There is no {thing} {name!r}; known are: {there}.")


def _now(context: Context) -> datetime:
    """Return the present instant; in the sample company it is the company's last one."""
    sample = read_sample(context.home)
    return sample.as_of if sample else context.clock()


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Turn an altered file of decisions into one sentence."""
    try:
        yield
    except DecisionsAltered as exc:
        raise LeadlineError(f"{exc}.") from exc
