"""What people say of deployments and incidents, on the command line."""

from typing import Annotated

import typer

Reason = Annotated[str, typer.Option("--reason", help="Why, in words; it is published.")]


By = Annotated[
    str | None, typer.Option("--by", help="Who says so; published as a pseudonym (default: you).")
]


verdicts = typer.Typer(no_args_is_help=True)


@verdicts.command("add")
def add_verdict(
    subject: Annotated[
        str, typer.Argument(help="What the verdict is on: deployment:ID or incident:ID.")
    ],
    reason: Reason,
    failed: Annotated[
        bool | None, typer.Option("--failed/--not-failed", help="What you know of a deployment.")
    ] = None,
    incident: Annotated[
        list[str] | None,
        typer.Option("--incident", help="An incident that it caused; may be repeated."),
    ] = None,
    caused_by: Annotated[
        str | None, typer.Option(help="deployment:ID that caused the incident.")
    ] = None,
    not_caused_by: Annotated[
        str | None, typer.Option(help="deployment:ID that did not cause the incident.")
    ] = None,
    no_deployment: Annotated[
        bool, typer.Option("--no-deployment", help="No deployment caused the incident.")
    ] = False,
    by: By = None,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Keep it though no published build has the id.")
    ] = False,
) -> None:
    """Judge a deployment or the cause of an incident; the next build puts it above all else."""
    from orchestration.commands import verdict as command

    command.add(
        subject,
        is_failed=failed,
        incidents=incident or [],
        cause=command.Cause(
            caused_by=caused_by, not_caused_by=not_caused_by, is_no_deployment=no_deployment
        ),
        reason=reason,
        who=by,
        is_unchecked=unchecked,
    )


@verdicts.command("list")
def list_verdicts() -> None:
    """Show every verdict, and whether the published build counts it."""
    from orchestration.commands import verdict as command

    command.show()


@verdicts.command("withdraw")
def withdraw_verdict(
    verdict: Annotated[str, typer.Argument(help="Its id, as `verdict list` shows it.")],
    reason: Reason,
    by: By = None,
) -> None:
    """End a verdict; what the records say counts again."""
    from orchestration.commands import verdict as command

    command.withdraw(verdict, reason=reason, who=by)
