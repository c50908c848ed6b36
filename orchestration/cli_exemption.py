"""Exemptions from controls on the command line."""

from datetime import datetime
from typing import Annotated

import typer

from orchestration.cli_verdict import By, Reason

Unchecked = Annotated[
    bool, typer.Option("--unchecked", help="Keep it though no published build knows its subject.")
]
Exemption = Annotated[str, typer.Argument(help="Its id, as `exemption list` shows it.")]

exemptions = typer.Typer(no_args_is_help=True)


@exemptions.command("add")
def add_exemption(
    subject: Annotated[
        str,
        typer.Argument(
            help="For what: deployment:ID, change_request:ID, artifact:DIGEST, service:ID or all."
        ),
    ],
    control: Annotated[
        list[str], typer.Option(help="A control that is lifted, or all; may be repeated.")
    ],
    reason: Reason,
    hours: Annotated[float | None, typer.Option(help="How long it holds.", min=0)] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            help="Until when it holds, in UTC.", formats=["%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ"]
        ),
    ] = None,
    incident: Annotated[str | None, typer.Option(help="Incident that makes it needed.")] = None,
    by: By = None,
    unchecked: Unchecked = False,
) -> None:
    """Lift controls for a while; it counts when a second person has approved it."""
    from datetime import UTC

    from orchestration.commands import exemption as command

    command.add(
        subject,
        controls=control,
        hours=hours,
        until=until.replace(tzinfo=UTC) if until else None,
        reason=reason,
        incident=incident,
        who=by,
        is_unchecked=unchecked,
    )


@exemptions.command("approve")
def approve_exemption(exemption: Exemption, by: By = None, unchecked: Unchecked = False) -> None:
    """Approve an exemption that somebody else granted."""
    from orchestration.commands import exemption as command

    command.approve(exemption, who=by, is_unchecked=unchecked)


@exemptions.command("revoke")
def revoke_exemption(exemption: Exemption, reason: Reason, by: By = None) -> None:
    """End an exemption now."""
    from orchestration.commands import exemption as command

    command.revoke(exemption, reason=reason, who=by)


@exemptions.command("list")
def list_exemptions() -> None:
    """Show every exemption, who granted and approved it, and whether it holds."""
    from orchestration.commands import exemption as command

    command.show()
