"""A fingerprint that is equal when two builds hold the same rows, in whatever order."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from orchestration.warehouse import PUBLISHED_SCHEMA, quoted, tables

PROVENANCE_COLUMNS = frozenset({"read_at", "page_id", "ordinal", "built_at"})
DATA_QUALITY_TABLES = frozenset(
    {
        "ingest_runs",
        "page_accounts",
        "source_health",
        "audit_results",
        "quarantined_records",
        "restatements",
        "signals",
    }
)


@dataclass(frozen=True)
class Fingerprint:
    """One hash for the whole build and one for each table that counts."""

    whole: str
    by_table: dict[str, str]


def read_fingerprint(connection: duckdb.DuckDBPyConnection) -> Fingerprint:
    """Return the fingerprint of schema v1, without provenance and data-quality tables.

    Row hashes are added up, so the order of rows and the number of threads do not matter; doubles
    count with nine significant digits, because parallel sums differ in the last ones.
    """
    by_table = {
        name: _table_hash(connection, name, columns)
        for name, columns in _columns(connection).items()
        if name not in DATA_QUALITY_TABLES
    }
    lines = "\n".join(f"{name} {value}" for name, value in sorted(by_table.items()))
    return Fingerprint(whole=hashlib.sha256(lines.encode()).hexdigest(), by_table=by_table)


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Return the columns that count of each table of schema v1, with their types, in order."""
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in tables(connection)}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = ? "
        "and database_name = current_database() order by table_name, column_name",
        [PUBLISHED_SCHEMA],
    ).fetchall():
        if table in found and column not in PROVENANCE_COLUMNS:
            found[table].append((column, kind))
    return found


def _table_hash(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[tuple[str, str]]
) -> str:
    hashed = ", ".join(_hashable(column, kind) for column, kind in columns) or "1"
    row = connection.execute(
        f"select count(*), sum(row_hash::hugeint), bit_xor(row_hash) "
        f"from (select hash({hashed}) as row_hash from {PUBLISHED_SCHEMA}.{quoted(name)})"
    ).fetchone()
    text = f"{[column for column, _ in columns]} {row}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _hashable(column: str, kind: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        # -0.0 and 0.0 are equal numbers, so they must print alike
        return f"printf('%.8e', {quoted(column)} + 0.0)"
    return quoted(column)
