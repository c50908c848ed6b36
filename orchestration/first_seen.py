"""Say in a build since which publish each of its signals is known."""

from pathlib import Path

import duckdb

from orchestration.builds import WAREHOUSE
from orchestration.restatement_table import literal
from orchestration.warehouse import PUBLISHED_SCHEMA, tables

TABLE = "signals"
PLACE = f"{PUBLISHED_SCHEMA}.{TABLE}"


def write_first_seen(
    connection: duckdb.DuckDBPyConnection, build_id: str, *, earlier: Path | None
) -> None:
    """Fill `first_seen_build_id`: what the build before says, and this build for new signals."""
    if TABLE not in tables(connection):
        return
    if earlier is not None:
        _carry_over(connection, earlier)
    connection.execute(
        f"update {PLACE} set first_seen_build_id = ? where first_seen_build_id is null", [build_id]
    )


def _carry_over(connection: duckdb.DuckDBPyConnection, earlier: Path) -> None:
    """A build before that is damaged, or knows no signals, says nothing."""
    try:
        connection.execute(f"attach {literal(str(earlier / WAREHOUSE))} as before (read_only)")
    except duckdb.Error:
        return
    try:
        connection.execute(
            f"update {PLACE} set first_seen_build_id = known.first_seen_build_id "
            f"from before.{PLACE} as known where {TABLE}.signal_id = known.signal_id"
        )
    except duckdb.Error:
        return
    finally:
        connection.execute("detach before")
