"""What could not be used and was set aside, on the command line."""

from enum import StrEnum
from typing import Annotated

import typer


class ListOutput(StrEnum):
    """How the list is written."""

    TABLE = "table"
    JSON = "json"


Source = Annotated[str | None, typer.Option("--source", help="Only what this source gave.")]

quarantined = typer.Typer(no_args_is_help=True)


@quarantined.command("list")
def list_quarantined(
    source: Source = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only reasons that hold this text.")
    ] = None,
    output: Annotated[
        ListOutput, typer.Option("--format", "-f", help="How the list is written.")
    ] = ListOutput.TABLE,
) -> None:
    """Show what was set aside and why, without its content."""
    from orchestration.commands import quarantine as command

    command.show_all(source=source, reason=reason, output=output.value)


@quarantined.command("show")
def show_quarantined(
    quarantine_id: Annotated[
        str, typer.Argument(metavar="ID", help="Its id, as `quarantine list` shows it.")
    ],
) -> None:
    """Show one of them as it was received, on this terminal only, and what to do."""
    from orchestration.commands import quarantine as command

    command.show(quarantine_id)


@quarantined.command("replay")
def replay(source: Source = None) -> None:
    """Read the records that were set aside again, with the present models, and publish."""
    from orchestration.commands import quarantine as command

    command.replay(source=source)
