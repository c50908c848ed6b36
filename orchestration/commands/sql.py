"""The command sql: ask the published build, read-only, without a way to anything outside it."""

import json
import sys
from pathlib import Path
from typing import Literal

import duckdb

from orchestration.builds import WAREHOUSE, read_builds, read_pointer
from orchestration.commands.terminal import err, open_context, out, say, show_table
from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.warehouse import OFFLINE, PUBLISHED_SCHEMA
from transforms.home import Home

CLOSED = OFFLINE | {"enable_external_access": "false", "python_enable_replacements": "false"}
Output = Literal["table", "csv", "json", "parquet"]


def sql(query: str, *, output: Output, file: Path | None, limit: int, build_id: str | None) -> None:
    """Run one query and write its rows.

    Errors: NothingToRead when nothing is published, ConfigurationError for a query that fails.
    """
    text = sys.stdin.read() if query == "-" else query
    if output == "parquet" and file is None:
        raise ConfigurationError("Parquet goes to a file; add --out rows.parquet.")
    build = _build(open_context().home, build_id)
    with duckdb.connect(str(build / WAREHOUSE), read_only=True, config=dict(CLOSED)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set schema = '{PUBLISHED_SCHEMA}'")
        connection.execute("set lock_configuration = true")
        try:
            _write(connection, text, output=output, file=file, limit=limit)
        except duckdb.Error as exc:
            raise ConfigurationError(f"The query failed: {_one_line(str(exc))}") from None


def _build(home: Home, build_id: str | None) -> Path:
    if build_id is not None:
        if build_id not in [path.name for path in read_builds(home.builds)]:
            raise ConfigurationError(f"There is no build {build_id!r} in {home.builds}.")
        return home.builds / build_id
    current = read_pointer(home.current)
    if current is None:
        raise NothingToRead(
            f"Nothing is published in {home.published}; run `leadline run` or `leadline demo`."
        )
    return current


def _write(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    *,
    output: Output,
    file: Path | None,
    limit: int,
) -> None:
    if output == "table" and file is None:
        _show(connection, query, limit=limit)
        return
    with err.status("Asking"):
        frame = connection.sql(query).pl()
    if output == "parquet" and file is not None:
        frame.write_parquet(file)
    elif output == "json":
        _write_text(json.dumps(frame.to_dicts(), default=str, indent=1) + "\n", file)
    else:
        _write_text(frame.write_csv(), file)
    if file is not None:
        say(f"{frame.height} rows to {file}.")


def _show(connection: duckdb.DuckDBPyConnection, query: str, *, limit: int) -> None:
    with err.status("Asking"):
        relation = connection.execute(query)
        columns = [str(column[0]) for column in relation.description or []]
        rows = relation.fetchmany(limit + 1)
    show_table(columns, rows[:limit])
    if len(rows) > limit:
        say(f"The first {limit} rows; --limit shows more, --format csv all.")


def _write_text(text: str, file: Path | None) -> None:
    if file is None:
        out.file.write(text)
    else:
        file.write_text(text, encoding="utf-8")


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines)[:300]
