"""The command gate: may this artifact be deployed there now, by every control that a gate asks.

It fails closed: what it cannot keep, it does not answer. Nothing heavy is imported, so that a
pipeline waits for the answer and not for Python.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import typer

from orchestration.commands.who import decider
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from orchestration.gate.formats import FORMATS
from orchestration.gate.retained import build_at
from transforms.decisions import GATE, Decision, DecisionsAltered, append_details, read_decisions
from transforms.home import Home, resolve_home
from transforms.judgement_words import MARKS, headline, limits_words, notes
from transforms.judgements import Judgement
from transforms.judging import UnknownCandidate, candidate_of, judge
from transforms.published import NothingPublished, UnknownTable, open_build

Output = Literal["table", "json", "sarif", "junit", "markdown"]
ARTIFACT = re.compile(r"[a-z0-9][a-z0-9+._-]*:[0-9a-zA-Z=_+./-]{6,}|[0-9a-f]{7,64}")


def gate(
    *,
    service: str,
    digest: str,
    environment: str,
    at: datetime | None = None,
    is_dry_run: bool = False,
    output: Output = "table",
    reports: Sequence[tuple[str, Path]] = (),
    who: str | None = None,
    home: Home | None = None,
    now: datetime | None = None,
) -> int:
    """Write the verdict, keep it, and return how the command ends; a dry run always ends with 0.

    Errors: ConfigurationError for an unknown service, environment or form of digest;
    NothingToRead when nothing is published; LeadlineError when the verdict cannot be kept.
    """
    home, now = home or resolve_home(), now or datetime.now(UTC)
    judgement = judgement_of(
        home, service=service, digest=digest, environment=environment, at=at, now=now
    )
    _keep(home, judgement, who=who, is_dry_run=is_dry_run, now=now)
    for kind, file in reports:
        file.write_text(FORMATS[kind](judgement), encoding="utf-8")
    typer.echo(_table(judgement) if output == "table" else FORMATS[output](judgement))
    said = headline(judgement)
    if output != "table":
        typer.echo(said, err=True)
    if is_dry_run and judgement.exit_code:
        typer.echo(
            f"Dry run: kept as it is, and not held against you (would end with "
            f"{int(judgement.exit_code)}).",
            err=True,
        )
    return 0 if is_dry_run else int(judgement.exit_code)


def judgement_of(
    home: Home,
    *,
    service: str,
    digest: str,
    environment: str,
    at: datetime | None,
    now: datetime,
) -> Judgement:
    """Return what the build that was current at an instant says; errors as gate."""
    if not ARTIFACT.fullmatch(digest):
        raise ConfigurationError(
            f"{digest!r} is no digest; write it as sha256:HEX, or give the commit where nothing "
            "has a digest."
        )
    build, is_later = build_at(home, at)
    instant = at or (build.as_of if build.sample_data else now)
    try:
        published = open_build(build)
        candidate = candidate_of(
            published, service=service, digest=digest, environment=environment, at=instant
        )
        return judge(published, candidate, is_build_later=is_later)
    except UnknownCandidate as exc:
        raise ConfigurationError(f"{exc}.") from exc
    except UnknownTable as exc:
        raise NothingToRead(
            f"Build {build.build_id} is older than the gate ({exc}); run `leadline build`."
        ) from exc
    except NothingPublished as exc:
        raise NothingToRead(f"{exc}.") from exc


def history(
    *,
    service: str | None = None,
    limit: int = 50,
    is_json: bool = False,
    home: Home | None = None,
) -> None:
    """Show what the gate said, newest first, with the true verdict of dry runs.

    Errors: LeadlineError when the entries were altered.
    """
    from orchestration.commands.terminal import say, show_table  # rich is not quick to import

    home = home or resolve_home()
    try:
        kept = [one for one in read_decisions(home.lake) if one.kind == GATE]
    except DecisionsAltered as exc:
        raise LeadlineError(f"{exc}.") from exc
    told = [_told(one) for one in reversed(kept)]
    told = [one for one in told if service in (None, one["service_id"])][:limit]
    if is_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if not told:
        say("The gate was not asked yet; `leadline gate --help` says how.")
        return
    columns = ("asked_at", "service_id", "artifact", "environment_id", "verdict", "exit", "by")
    rows = [
        (
            f"{datetime.fromisoformat(one['asked_at']):%Y-%m-%d %H:%MZ}",
            one["service_id"],
            str(one["artifact_key"])[:19],
            one["environment_id"],
            one["verdict"].replace("_", " "),
            f"{one['exit_code']} (dry run)" if one["is_dry_run"] else one["exit_code"],
            one["asked_by"],
        )
        for one in told
    ]
    show_table(columns, rows)


def _told(one: Decision) -> Mapping[str, Any]:
    details = json.loads(one.reason)
    kept = {"gate_verdict_id": one.decision_id, "verdict": one.verdict, "asked_by": one.who}
    return {**details, **kept, "asked_at": one.decided_at.isoformat()}


def _keep(
    home: Home, judgement: Judgement, *, who: str | None, is_dry_run: bool, now: datetime
) -> None:
    """Keep a verdict in the chain of decisions."""
    candidate = judgement.candidate
    details = {
        "service_id": candidate.service_id,
        "artifact_key": candidate.digest,
        "environment_id": candidate.environment_id,
        "judged_at": candidate.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "build_id": judgement.build_id,
        "exit_code": int(judgement.exit_code),
        "rule_count": len(judgement.rules),
        "is_dry_run": is_dry_run,
        "failing_controls": [rule.control_id for rule in judgement.shutting],
        "late_sources": [late.source for late in judgement.late_sources],
        "exemptions": sorted({rule.exemption_id for rule in judgement.rules if rule.exemption_id}),
    }
    is_sample = judgement.is_sample_data
    try:
        append_details(
            home.lake,
            kind=GATE,
            subject=f"artifact:{candidate.digest}",
            verdict=judgement.verdict,
            details=details,
            who=decider(who),
            decided_at=judgement.build_as_of if is_sample else now,
        )
    except DecisionsAltered as exc:
        raise LeadlineError(f"{exc}.") from exc


def _table(judgement: Judgement) -> str:
    """Return the rules for a terminal, what keeps the gate shut first."""
    lines = [headline(judgement), *notes(judgement), ""]
    shutting = judgement.shutting
    for rule in (*shutting, *(rule for rule in judgement.rules if rule not in shutting)):
        is_lifted = f" (by {rule.exemption_id})" if rule.exemption_id else ""
        word = rule.verdict.replace("_", " ") + is_lifted
        kind = "" if rule.is_required else ", advisory"
        lines.append(f"{MARKS.get(rule.verdict, '?')} {rule.title}: {word}{kind}")
        lines.append(f"    {rule.reason}")
        if rule.limits and rule.verdict not in ("pass", "not_applicable"):
            lines.append(f"    {limits_words(rule.limits)}")
    return "\n".join(_printable(line) for line in lines)


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
