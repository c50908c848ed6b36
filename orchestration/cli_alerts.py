"""What people are told by itself: alerts and scheduled reports, on the command line."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file (default: leadline.yml).")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show it, and send nothing.")]

alerts = typer.Typer(no_args_is_help=True)


@alerts.command("list")
def list_alerts(
    config: Config = None,
    shows_all: Annotated[
        bool, typer.Option("--all", help="Show the signals that nobody is told of, too.")
    ] = False,
) -> None:
    """Show the signals of the published build, who is told of them, and the last messages."""
    from orchestration.commands import alerts as command

    command.show(config=config, shows_all=shows_all)


@alerts.command("send")
def send_alerts(config: Config = None, dry_run: DryRun = False) -> None:
    """Send what is new to the channels of leadline.yml, and what was not taken before."""
    from orchestration.commands import alerts as command

    raise typer.Exit(command.send(config=config, is_dry=dry_run))


def send_report(
    name: Annotated[
        str | None, typer.Argument(help="A report of leadline.yml; left out: those that are due.")
    ] = None,
    config: Config = None,
    dry_run: DryRun = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send it though it was sent for its day already.")
    ] = False,
) -> None:
    """Make scheduled reports and send them."""
    from orchestration.commands import send_report as command

    raise typer.Exit(command.send_report(name=name, config=config, is_dry=dry_run, again=again))
