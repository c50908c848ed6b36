"""Evidence packages on the command line."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

evidence = typer.Typer(no_args_is_help=True)


@evidence.command("build")
def build_package(
    release: Annotated[str, typer.Option(help="A version that was deployed.")] = "",
    service: Annotated[str, typer.Option(help="Only this service, by its key.")] = "",
    since: Annotated[str, typer.Option("--from", help="First day, as 2026-09-01.")] = "",
    until: Annotated[str, typer.Option("--to", help="Day after the last, as 2026-10-01.")] = "",
    framework: Annotated[str, typer.Option(help="Only controls that it asks for.")] = "",
    at: Annotated[
        datetime | None,
        typer.Option(
            help="As it was known at this instant, in UTC.", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"]
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path(),
) -> None:
    """Write a signed package of what controls found and the rows that show it."""
    from datetime import UTC

    from orchestration.commands import evidence as command
    from orchestration.evidence.inputs import Scope

    scope = Scope(
        release=release,
        service=service,
        since=command.read_day(since, option="--from") if since else None,
        until=command.read_day(until, option="--to") if until else None,
        framework=framework,
    )
    command.build(scope, at=None if at is None else at.replace(tzinfo=UTC), out=out)


@evidence.command("verify")
def verify_package(
    package: Annotated[Path, typer.Argument(help="The package.")],
    previous: Annotated[
        Path | None, typer.Option(help="The package before it; the link is checked too.")
    ] = None,
    key: Annotated[
        str, typer.Option(help="The public key that must have signed it: hex, or a file.")
    ] = "",
) -> None:
    """Check that a package is what was signed; names the first item that is not."""
    from orchestration.commands import evidence as command

    command.check(package, previous=previous, key=key)


@evidence.command("sample")
def sample_items(
    month: Annotated[
        str, typer.Option(help="Month that draws the sample, as 2026-11 (default: this one).")
    ] = "",
    size: Annotated[int, typer.Option(help="How many items.", min=1)] = 25,
    every: Annotated[bool, typer.Option("--all", help="Every item instead of a sample.")] = False,
) -> None:
    """Restore what was received and hash it again: a sample of the month, or all."""
    from orchestration.commands import evidence as command

    command.sample(month=month, size=None if every else size)


@evidence.command("list")
def list_packages() -> None:
    """Show every package that was made, and the public key."""
    from orchestration.commands import evidence as command

    command.show()
