"""The command sources: what can be read, with which rights, and how it was tested."""

import dataclasses
import json
import sys

from rich.table import Table

from orchestration.commands.terminal import out
from orchestration.source_catalogue import (
    cursor_words,
    deletion_words,
    render_markdown,
    source_catalogue,
)


def sources(*, format: str) -> None:
    """Write every kind of source and its streams as a table, JSON or Markdown."""
    entries = source_catalogue()
    if format == "markdown":
        sys.stdout.write(render_markdown(entries))
        return
    if format == "json":
        rows = [dataclasses.asdict(entry) for entry in entries]
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    table = Table("kind", "stream", "one record", "read again", "deleted")
    last = ""
    for entry in entries:
        shown = "" if entry.kind == last else entry.kind
        how = (cursor_words(entry), deletion_words(entry))
        table.add_row(shown, entry.stream, entry.description, *how)
        last = entry.kind
    out.print(table)
