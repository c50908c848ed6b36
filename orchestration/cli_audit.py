"""The audit log on the command line."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_verdict import By

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


@audit.command("events")
def export_events(
    out: Annotated[Path, typer.Option("--out", "-o", help="Write them to this file.")],
    source: Annotated[str | None, typer.Option(help="Only the log of this source.")] = None,
    by: By = None,
) -> None:
    """Write the audit logs that were read, each event chained to the one before by a hash."""
    from orchestration.commands import audit_events as command

    command.export(out=out, source=source, who=by)


@audit.command("verify-events")
def verify_events(
    file: Annotated[Path, typer.Argument(help="A file that `audit events` wrote.")],
) -> None:
    """Check that no event of such a file was changed, removed or added; names the first bad one."""
    from orchestration.commands import audit_events as command

    command.verify(file)
