"""The table v1.restatements: its columns and what they mean, as the database itself tells it."""

import duckdb

from orchestration.warehouse import PUBLISHED_SCHEMA

TABLE = "restatements"
PLACE = f"{PUBLISHED_SCHEMA}.{TABLE}"

_DESCRIPTION = (
    "One row per number of a past period that a publish changed: what it was, what it is and why. "
    "A period is past when it was over at the as-of of the build before."
)
COLUMNS = {
    "restatement_id": ("varchar", "Hash of the builds, metric, scope and period."),
    "metric": ("varchar", "Name of the metric."),
    "grain": ("varchar", "week, month, quarter or another grain of the metric."),
    "scope": ("varchar", "organisation, team or service."),
    "scope_id": ("varchar", "Team or service; all for the organisation."),
    "period_start_date": ("date", "First day of the period in the report zone."),
    "period_end_date": ("date", "Day after the last day of the period."),
    "unit": ("varchar", "Unit of both values."),
    "old_state": ("varchar", "State in the build before."),
    "new_state": ("varchar", "State now; null when the number is no longer published."),
    "old_value": ("double", "The number in the build before; null is never 0."),
    "new_value": ("double", "The number now."),
    "old_n": ("bigint", "Observations counted in the build before."),
    "new_n": ("bigint", "Observations counted now."),
    "was_provisional": (
        "boolean",
        "The old number was still able to change by its nature: its period had just ended, was not "
        "wholly covered, or had observations that were still open.",
    ),
    "cause": (
        "varchar",
        "Every cause that applies, the most specific first: definition, code, configuration, "
        "verdict, late_data.",
    ),
    "detail": ("varchar", "Which parts of the number changed."),
    "old_as_of": ("timestamp", "As-of of the build before (UTC)."),
    "new_as_of": ("timestamp", "As-of of the build that restated (UTC)."),
    "old_build_id": ("varchar", "The build before."),
    "new_build_id": ("varchar", "The build that restated."),
}


def create_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table without rows, in place of any that is there."""
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
    connection.execute(f"create or replace table {PLACE} ({columns})")
    connection.execute(f"comment on table {PLACE} is {literal(_DESCRIPTION)}")
    for name, (_, words) in COLUMNS.items():
        connection.execute(f"comment on column {PLACE}.{name} is {literal(words)}")


def literal(words: str) -> str:
    """Return words as an SQL literal."""
    return "'" + words.replace("'", "''") + "'"
