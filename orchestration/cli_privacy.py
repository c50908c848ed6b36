"""People in the data, on the command line: erasing one, and another key for the pseudonyms."""

from typing import Annotated

import typer

Builds = Annotated[
    bool, typer.Option("--builds", help="Remove the published builds that hold old pseudonyms.")
]

privacy = typer.Typer(no_args_is_help=True)


@privacy.command("erase")
def erase(
    person: Annotated[str, typer.Argument(help="An address or a login of the person.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be changed.")
    ] = False,
    builds: Builds = False,
) -> None:
    """Take a person out of all that was read, and build and publish again."""
    from orchestration.commands import privacy as command

    command.erase(person, is_dry=dry_run, removes_builds=builds)


@privacy.command("rotate-key")
def rotate_key(builds: Builds = False) -> None:
    """Give every person another pseudonym, and build and publish again."""
    from orchestration.commands import privacy as command

    command.rotate_key(removes_builds=builds)
