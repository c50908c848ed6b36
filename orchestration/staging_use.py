"""Which staging models a build can leave as they are: those of streams that nobody has read."""

import re
from pathlib import Path

from orchestration.lake import Lake
from orchestration.warehouse import warehouse

_KIND = re.compile(r'kind\s*=\s*"(\w+)"')
_STREAM = re.compile(r'stream\s*=\s*"(\w+)"')


def unread_models(lake: Lake, staging_file: Path, project: Path) -> list[str]:
    """Select the staging models that have their table and of whose stream the lake knows nothing.

    A kind of source of which nothing is read is named once, as `staging.<kind>`: dbt compares
    every name that it is given with every node.

    A model of an unread stream is an empty table of its columns; once made, it stays what it is
    until its code changes, with which all of staging is made anew. Leaving it out saves as much
    time as any other model costs, and most kinds of source are read nowhere.
    """
    read = {(line.get("kind"), line.get("stream")) for line in lake.lines()}
    made = _tables(staging_file)
    selected: list[str] = []
    for folder in sorted((project / "models" / "staging").glob("*/")):
        models = sorted(folder.glob("*.sql"))
        unread = [
            path.stem
            for path in models
            if path.stem in made and _stream_of(path) not in read | {None}
        ]
        selected += [f"staging.{folder.name}"] if len(unread) == len(models) else unread
    return selected


def _stream_of(model: Path) -> tuple[str, str] | None:
    """Return the kind and stream that a model stages; None where its text does not say so."""
    head = model.read_text(encoding="utf-8").partition("}}")[0]
    kind, stream = _KIND.search(head), _STREAM.search(head)
    return (kind[1], stream[1]) if kind and stream else None


def _tables(staging_file: Path) -> set[str]:
    if not staging_file.exists():
        return set()
    with warehouse(staging_file) as connection:
        rows = connection.execute("select table_name from duckdb_tables()").fetchall()
    return {str(name) for (name,) in rows}
