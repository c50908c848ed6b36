"""The command sql: ask the published build, read-only, without a way to anything outside it."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import duckdb

from orchestration.builds import WAREHOUSE, read_builds, read_pointer
from orchestration.commands.chosen import writing
from orchestration.commands.terminal import err, open_context, out, say, show_table
from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.warehouse import OFFLINE, PUBLISHED_SCHEMA, quoted, tells_damage

CLOSED = OFFLINE | {"enable_external_access": "false", "python_enable_replacements": "false"}
Output = Literal["table", "csv", "json", "parquet"]
# What the writers do not know is written as DuckDB's own text; CSV knows least.
AS_TEXT = ("INTERVAL", "UNION", "VARIANT")
AS_TEXT_IN_CSV = frozenset({"list", "array", "struct", "map", "blob", "bit"})


def sql(query: str, *, output: Output, file: Path | None, limit: int, build_id: str | None) -> None:
    """Run one query and write its rows.

    Errors: NothingToRead when nothing is published or it is damaged, ConfigurationError for a
    query that fails, rows that the format cannot hold, or a file that cannot be written.
    """
    text = sys.stdin.read() if query == "-" else query
    if output == "parquet" and file is None:
        raise ConfigurationError("Parquet goes to a file; add --out rows.parquet.")
    build = asked_build(build_id)
    with _open(build) as connection:
        try:
            if not connection.extract_statements(text):
                raise ConfigurationError("The query is empty; ask for rows, as in `from metrics`.")
            _write(connection, text, output=output, file=file, limit=limit)
        except duckdb.Error as exc:
            if tells_damage(str(exc)):
                raise _damaged(build) from None
            raise ConfigurationError(f"The query failed: {_one_line(str(exc))}") from None


@contextlib.contextmanager
def _open(build: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        connection = duckdb.connect(str(build / WAREHOUSE), read_only=True, config=dict(CLOSED))
    except duckdb.Error:
        raise _damaged(build) from None
    with connection:
        try:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"set schema = '{PUBLISHED_SCHEMA}'")
            connection.execute("set lock_configuration = true")
        except duckdb.Error:
            raise _damaged(build) from None
        yield connection


def _damaged(build: Path) -> NothingToRead:
    return NothingToRead(
        f"Build {build.name} cannot be read; go back with `leadline publish --to <build>` or run "
        "`leadline build`."
    )


def asked_build(build_id: str | None) -> Path:
    """Return the folder of a build, the current one unless it is named.

    Errors: ConfigurationError for an unknown one, NothingToRead when nothing is published.
    """
    home = open_context().home
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
    from polars.exceptions import PanicException, PolarsError

    try:
        with err.status("Asking"):
            frame = _rows(connection, query, output=output).pl()
        if output == "parquet" and file is not None:
            with writing(file):
                frame.write_parquet(file)
        elif output == "json":
            _write_text(json.dumps(frame.to_dicts(), default=str, indent=1) + "\n", file)
        else:
            _write_text(frame.write_csv(), file)
    except (PolarsError, PanicException) as exc:
        raise ConfigurationError(
            f"The rows do not fit into {output} ({_one_line(str(exc))}); cast them to varchar."
        ) from None
    if file is not None:
        say(f"{frame.height} rows to {file}.")


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, *, output: Output
) -> duckdb.DuckDBPyRelation:
    """Return what the query gives, with columns that the format does not know as text."""
    relation: duckdb.DuckDBPyRelation | None = connection.sql(query)
    if relation is None:
        raise ConfigurationError("The query gives no rows; ask for rows, as in `from metrics`.")
    is_text = [
        any(word in str(kind) for word in AS_TEXT)
        or (output in ("csv", "table") and kind.id in AS_TEXT_IN_CSV)
        for kind in relation.types
    ]
    if not any(is_text):
        return relation
    return relation.project(
        ", ".join(
            f"#{at}{'::varchar' if cast else ''} as {quoted(name)}"
            for at, (name, cast) in enumerate(zip(relation.columns, is_text, strict=True), start=1)
        )
    )


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
        with writing(file):
            file.write_text(text, encoding="utf-8")


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines)[:300]
