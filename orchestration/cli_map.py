"""Names that the settings do not know, on the command line."""

import typer

mapping = typer.Typer(no_args_is_help=True)


@mapping.command("list")
def list_unmapped() -> None:
    """Show the names that nothing in leadline.yml knows, and how many rows each concerns."""
    from orchestration.commands import map as command

    command.show_all()


@mapping.command("suggest")
def suggest() -> None:
    """Print sections for leadline.yml to check and paste; nothing is changed."""
    from orchestration.commands import map as command

    command.suggest()
