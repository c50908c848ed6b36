"""The gate and sign-offs on the command line."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

gate = typer.Typer(invoke_without_command=True)
sign_offs = typer.Typer(no_args_is_help=True)

By = Annotated[
    str | None, typer.Option("--by", help="Who says so; published as a pseudonym (default: you).")
]
Digest = Annotated[
    str, typer.Option("--digest", help="What it binds to: sha256:HEX, else the commit.")
]
Service = Annotated[str, typer.Option("--service", help="Service, by its id or name.")]


class GateOutput(StrEnum):
    """How the gate writes its verdict."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    MARKDOWN = "markdown"


class HistoryOutput(StrEnum):
    """How past verdicts are written."""

    TABLE = "table"
    JSON = "json"


class Score(StrEnum):
    """How an item of the checklist is scored."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"


@gate.callback()
def ask(
    context: typer.Context,
    service: Annotated[
        str | None, typer.Option("--service", help="Service, by its id or name.")
    ] = None,
    digest: Annotated[
        str | None, typer.Option("--digest", help="Artifact: sha256:HEX, else the commit.")
    ] = None,
    to: Annotated[str, typer.Option("--to", help="Environment.")] = "production",
    at: Annotated[
        str | None,
        typer.Option("--at", help="Instant to judge at (ISO 8601), by the build of that time."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="End with 0, and keep the true verdict.")
    ] = False,
    output: Annotated[
        GateOutput, typer.Option("--format", "-f", help="How the verdict is written.")
    ] = GateOutput.TABLE,
    report: Annotated[
        list[str] | None,
        typer.Option("--report", help="Write it into a file too: FORMAT=FILE; may be repeated."),
    ] = None,
    by: By = None,
) -> None:
    """Say whether an artifact may be deployed: 0 open, 1 shut, 3 too little known, 4 stale data."""
    if context.invoked_subcommand is not None:
        return
    if service is None or digest is None:
        raise typer.BadParameter("Give --service and --digest.")
    from orchestration.commands import gate as command

    raise typer.Exit(
        command.gate(
            service=service,
            digest=digest,
            environment=to,
            at=_instant(at),
            is_dry_run=dry_run,
            output=output.value,
            reports=[_report(one) for one in report or []],
            who=by,
        )
    )


@gate.command("history")
def show_history(
    service: Annotated[
        str | None, typer.Option("--service", help="Only of this service, by its id.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Most verdicts to show.", min=1)] = 50,
    output: Annotated[
        HistoryOutput, typer.Option("--format", "-f", help="How they are written.")
    ] = HistoryOutput.TABLE,
) -> None:
    """Show what the gate said, newest first; dry runs with their true verdict."""
    from orchestration.commands import gate as command

    command.history(service=service, limit=limit, is_json=output is HistoryOutput.JSON)


@sign_offs.command("add")
def add_sign_off(
    service: Service,
    digest: Digest,
    item: Annotated[str, typer.Option("--item", help="Item of the checklist in policy.yml.")],
    score: Annotated[Score, typer.Option("--score", help="How far it is fulfilled.")],
    evidence: Annotated[
        str | None, typer.Option("--evidence", help="Address of what shows it.")
    ] = None,
    words: Annotated[str, typer.Option("--words", help="Anything to add; it is published.")] = "",
    by: By = None,
) -> None:
    """Score an item of the readiness checklist for one artifact."""
    from orchestration.commands import signoff as command

    command.score(
        service=service,
        digest=digest,
        item=item,
        score=score.value,
        evidence=evidence,
        words=words,
        who=by,
    )


@sign_offs.command("approve")
def approve(
    service: Service,
    digest: Digest,
    role: Annotated[str, typer.Option("--role", help="Role that approves, as in policy.yml.")],
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no instead.")] = False,
    words: Annotated[str, typer.Option("--words", help="Anything to add; it is published.")] = "",
    by: By = None,
) -> None:
    """Approve one artifact for production, for a role that you have."""
    from orchestration.commands import signoff as command

    command.approve(
        service=service, digest=digest, role=role, is_refused=refuse, words=words, who=by
    )


@sign_offs.command("withdraw")
def withdraw(
    sign_off: Annotated[str, typer.Argument(help="Its id, as `signoff list` shows it.")],
    by: By = None,
) -> None:
    """Take a sign-off back."""
    from orchestration.commands import signoff as command

    command.withdraw(sign_off, who=by)


@sign_offs.command("list")
def list_sign_offs(
    service: Annotated[
        str | None, typer.Option("--service", help="Only of this service, by its id.")
    ] = None,
) -> None:
    """Show the sign-offs, newest first."""
    from orchestration.commands import signoff as command

    command.show(service=service)


def _report(text: str) -> tuple[str, Path]:
    """Return format and file of a report that is written beside what is shown."""
    kind, equals, file = text.partition("=")
    if not equals or not file or kind not in set(GateOutput) - {GateOutput.TABLE}:
        raise typer.BadParameter(f"{text!r} is no report; write it as sarif=gate.sarif.")
    return kind, Path(file)


def _instant(text: str | None) -> datetime | None:
    """Return an instant written in ISO 8601; without a zone it is UTC."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no instant such as 2026-11-22T08:00Z.") from None
    return instant.replace(tzinfo=instant.tzinfo or UTC)
