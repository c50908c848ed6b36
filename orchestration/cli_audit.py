"""The audit log on the command line."""

from enum import StrEnum
from typing import Annotated

import typer

audit = typer.Typer(no_args_is_help=True)


class LogOutput(StrEnum):
    """How the entries are written."""

    TABLE = "table"
    JSON = "json"


@audit.command("list")
def list_entries(
    kind: Annotated[
        str | None,
        typer.Option(
            help="Only these: verdict, attribution, exemption, exemption_approval, "
            "override_approval, sign_off, vendor_acknowledgement, gate, policy, evidence, "
            "export or access."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="Most entries to show.", min=1)] = 100,
    output: Annotated[
        LogOutput, typer.Option("--format", "-f", help="How the entries are written.")
    ] = LogOutput.TABLE,
) -> None:
    """Show who decided, took away or signed in to what, newest first."""
    from orchestration.commands import audit_log as command

    command.show(kind=kind, limit=limit, is_json=output is LogOutput.JSON)


@audit.command("verify")
def verify_entries() -> None:
    """Check that no entry was changed, removed, swapped or put in; names the first bad row."""
    from orchestration.commands import audit_log as command

    command.verify()
