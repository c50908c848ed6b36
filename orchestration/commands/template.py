"""The command template: the contract of a table as a table to fill in."""

import json
from pathlib import Path

import typer

from connectors._files_contract import contracts, example_of, template_lines
from orchestration.commands.terminal import say
from orchestration.errors import ConfigurationError


def template(entity: str, *, output: str, file: Path | None) -> None:
    """Write the columns of an entity with what they mean, to a new file or the terminal.

    Errors: ConfigurationError when there is no such entity or the file exists.
    """
    if entity not in contracts():
        raise ConfigurationError(
            f"There is no table of {entity!r}; choose one of: {', '.join(contracts())}."
        )
    if output == "json":
        text = json.dumps([example_of(entity)], indent=2, ensure_ascii=False) + "\n"
    else:
        text = "".join(f"{line}\n" for line in template_lines(entity))
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise ConfigurationError(f"{file} exists; give another name with --out.") from None
    say(f"{file} holds the columns of {entity}; fill it in and set path of a source of kind files.")
