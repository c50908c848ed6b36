"""The policy on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_audit import LogOutput

File = Annotated[
    Path | None, typer.Option("--policy", help="The policy (default: policy.yml beside settings).")
]

policies = typer.Typer(no_args_is_help=True)


@policies.command("show")
def show_policy(
    policy: File = None,
    output: Annotated[
        LogOutput, typer.Option("--format", "-f", help="How the policy is written.")
    ] = LogOutput.TABLE,
) -> None:
    """Show every threshold with who set it, and what else the policy says."""
    from orchestration.commands import policy as command

    command.show(policy, is_json=output is LogOutput.JSON)


@policies.command("diff")
def diff_policy(policy: File = None) -> None:
    """Show what the policy changes against the one that was read last."""
    from orchestration.commands import policy as command

    command.diff(policy)


@policies.command("check")
def check_policy(policy: File = None) -> None:
    """Check that the policy can be used; names file, line and setting where it cannot."""
    from orchestration.commands import policy as command

    command.check(policy)
