"""Tables of somebody's own, on the command line."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class TableFormat(StrEnum):
    """How a table to fill in is written."""

    CSV = "csv"
    JSON = "json"


def template(
    entity: Annotated[
        str, typer.Argument(help="deployments, incidents, changes, change_requests, ...")
    ],
    output: Annotated[
        TableFormat, typer.Option("--format", "-f", help="How the table is written.")
    ] = TableFormat.CSV,
    to: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.")] = None,
) -> None:
    """Write a commented table to fill in, for a source of kind `files`."""
    from orchestration.commands import template as command

    command.template(entity, output=output.value, file=to)
