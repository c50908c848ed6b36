"""Open a warehouse file, always the same way, and close it again."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.errors import BuildFailed

PUBLISHED_SCHEMA = "v1"
OFFLINE = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


_DAMAGE = (
    "could not read enough bytes",
    "corrupt database file",
    "not a valid duckdb database",
    "does not match stored checksum",
    "serialization error",
    "failure while replaying wal",
)


def tells_damage(message: str) -> bool:
    """Say whether DuckDB's message is that a file is cut off or holds what it did not write."""
    lowered = message.lower()
    return any(sign in lowered for sign in _DAMAGE)


@contextlib.contextmanager
def warehouse(path: Path, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection whose clock is UTC and which never looks outside; closed at the end.

    Errors: duckdb.Error when the file is not a warehouse; BuildFailed when it is missing.
    """
    if read_only and not path.exists():
        raise BuildFailed(f"{path} does not exist; run `leadline build`.")
    connection = duckdb.connect(str(path), read_only=read_only, config=dict(OFFLINE))
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def quoted(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def scalar(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: object) -> object:
    """Return the first column of the first row, or None when there is no row."""
    row = connection.execute(sql, list(parameters)).fetchone()
    return row[0] if row else None


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the published tables (not views), in order."""
    rows = connection.execute(
        "select table_name from duckdb_tables() "
        "where schema_name = ? and database_name = current_database() order by table_name",
        [PUBLISHED_SCHEMA],
    ).fetchall()
    return [str(row[0]) for row in rows]


def views(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the published views, in order."""
    rows = connection.execute(
        "select view_name from duckdb_views() "
        "where schema_name = ? and database_name = current_database() order by view_name",
        [PUBLISHED_SCHEMA],
    ).fetchall()
    return [str(row[0]) for row in rows]


def row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the exact number of rows of each published table."""
    counts = {}
    for name in tables(connection):
        source = f"{PUBLISHED_SCHEMA}.{quoted(name)}"
        counts[name] = int(str(scalar(connection, f"select count(*) from {source}")))
    return counts
