"""Freezes, allowed times and overrides, on the command line."""

from datetime import datetime
from typing import Annotated

import typer

calendars = typer.Typer(no_args_is_help=True)
overrides = typer.Typer(no_args_is_help=True)

Service = Annotated[str, typer.Option("--service", "-s", help="The service to be deployed.")]
To = Annotated[str, typer.Option("--environment", "-e", help="Where it is to be deployed.")]
At = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        help="An instant in UTC (default: now).",
        formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
    ),
]
Length = Annotated[int, typer.Option("--length", help="How many minutes it takes.", min=1)]


@calendars.command("check")
def check(
    service: Service, environment: To = "production", at: At = None, length: Length = 60
) -> None:
    """Say whether a deployment may begin: exit code 0 allowed, 1 denied, 2 wrong arguments."""
    from orchestration.commands import calendar as command

    if not command.check(service, environment=environment, at=at, length_minutes=length):
        raise typer.Exit(1)


@calendars.command("slots")
def slots(
    service: Service, environment: To = "production", at: At = None, length: Length = 60
) -> None:
    """Show the next three stretches in which a deployment of some length may be made."""
    from orchestration.commands import calendar as command

    command.slots(service, environment=environment, at=at, length_minutes=length)


@calendars.command("show")
def show(
    service: Service,
    environment: To = "production",
    at: At = None,
    days: Annotated[int, typer.Option("--days", help="How many days ahead.", min=1, max=366)] = 30,
) -> None:
    """Show the freezes, allowed times and vendors' windows of the next days."""
    from orchestration.commands import calendar as command

    command.show(service, environment=environment, at=at, days=days)


@calendars.command("acknowledge")
def acknowledge(
    change_request: Annotated[str, typer.Argument(help="The planned change request, as CHG0001.")],
    vendor: Annotated[str, typer.Option("--vendor", help="The vendor, as policy.yml calls it.")],
    by: Annotated[
        str | None,
        typer.Option("--by", help="Its contact; published as a pseudonym (default: you)."),
    ] = None,
) -> None:
    """Keep that a vendor's contact knows of a change request as it is planned now."""
    from orchestration.commands import acknowledge as command

    command.acknowledge(change_request, vendor=vendor, who=by)


@overrides.command("add")
def add_override(
    service: Service,
    reason: Annotated[str, typer.Option("--reason", help="Why, in words; it is published.")],
    link: Annotated[str, typer.Option("--link", help="What it is about, such as the incident.")],
    environment: To = "production",
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who approves; published as a pseudonym (default: you)."),
    ] = None,
) -> None:
    """Approve a deployment outside of the allowed hours; two people do, before it begins."""
    from orchestration.commands import calendar as command

    command.add_override(service, environment=environment, reason=reason, link=link, who=by)
