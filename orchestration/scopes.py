"""One file for each row scope of a build: what people who are limited to some teams may read.

The file is written anew and takes only the rows that are allowed, so that nothing of the others
is in it, not in free blocks either. Services are those that the teams own now.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import duckdb
import yaml

from orchestration.errors import PublishFailed
from orchestration.warehouse import PUBLISHED_SCHEMA, quoted

RULES = Path(__file__).with_name("scopes.yml")
OWN = "scoped.v1"
_FIXED = {
    "whole": "true",
    "none": "false",
    "service": f"service_id in (select service_id from {OWN}.services)",
    "team": "team_id in (select unnest($teams))",
    "shared": f"service_id in (select service_id from {OWN}.services)"
    " or (service_id is null and service_name is null and repository is null)",
    "repository": f"repository in (select repository from {OWN}.service_repositories)"
    " and repository not in (select repository from warehouse.v1.service_repositories"
    f" where service_id not in (select service_id from {OWN}.services))",
    "scope": "(scope = 'team' and scope_id in (select unnest($teams)))"
    f" or (scope = 'service' and scope_id in (select service_id from {OWN}.services))",
}
# What a column of an allowed row says of something that is not: it is left empty.
_EMPTIED = {
    "incidents": {
        "service_id": "services.service_id",
        "service_name": "services.name",
        "parent_incident_id": "incident_services.incident_id",
        "correlated_incident_id": "incident_services.incident_id",
        "caused_by_change_request_id": "change_requests.change_request_id",
        "caused_by_change_request_number": "change_requests.number",
    },
    "incident_attributions": {"top_change_event_id": "change_events.change_event_id"},
    "incident_explanations": {
        "top_change_event_id": "change_events.change_event_id",
        "top_service_id": "services.service_id",
        "top_label": "change_events.label",
    },
}


@cache
def scope_rules() -> dict[str, tuple[str, ...]]:
    """Return the rules of each table, in the order in which tables are copied."""
    given = yaml.safe_load(RULES.read_text("utf-8"))
    return {
        name: (rules,) if isinstance(rules, str) else tuple(rules) for name, rules in given.items()
    }


def write_scope(source: Path, target: Path, *, teams: Sequence[str]) -> None:
    """Write what these teams may see of a published file to a new file, `warehouse.duckdb`.

    Errors: PublishFailed for a table that scopes.yml does not name; duckdb.Error, OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{_text(source)}' as warehouse (read_only)")
        connection.execute(f"attach '{_text(target)}' as scoped")
        connection.execute("copy from database warehouse to scoped (schema)")
        for table, rules in _ordered(connection):
            _copy(connection, table, rules, teams=list(teams))
        connection.execute("checkpoint scoped")
        connection.execute("detach scoped")


def _ordered(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, tuple[str, ...]]]:
    """Return the tables of the build with their rules; others are kept of before they are asked."""
    there = {
        str(row[0])
        for row in connection.execute(
            "select table_name from duckdb_tables()"
            " where database_name = 'warehouse' and schema_name = ?",
            [PUBLISHED_SCHEMA],
        ).fetchall()
    }
    metrics = _listed(connection, there, "metric_definitions", "metric")
    controls = _listed(connection, there, "control_definitions", "table_name")
    known = scope_rules()
    unknown = sorted(there - metrics - controls - known.keys())
    if unknown:
        raise PublishFailed(
            f"Nobody has decided which rows of {', '.join(unknown)} teams may see; name it in "
            f"{RULES.name} and run `leadline publish`."
        )
    listed = [(name, rules) for name, rules in known.items() if name in there]
    for names, rules in ((metrics, ("history",)), (controls, ("service", "team"))):
        listed += [(name, rules) for name in sorted(names & there - known.keys())]
    return listed


def _listed(
    connection: duckdb.DuckDBPyConnection, there: set[str], catalogue: str, column: str
) -> set[str]:
    """Return the tables that a catalogue of the build names."""
    if catalogue not in there:
        return set()
    rows = connection.execute(f"select {column} from warehouse.v1.{catalogue}").fetchall()
    return {str(row[0]) for row in rows}


def _copy(
    connection: duckdb.DuckDBPyConnection, table: str, rules: tuple[str, ...], *, teams: list[str]
) -> None:
    name = f"{PUBLISHED_SCHEMA}.{quoted(table)}"
    allowed = " and ".join(f"({condition(rule)})" for rule in rules)
    select = f"select {_columns(table)} from warehouse.{name}"
    has_teams = "$teams" in allowed
    connection.execute(
        f"insert into scoped.{name} {select} where {allowed}",
        {"teams": teams} if has_teams else None,
    )
    if rules == ("history",) and len(teams) == 1:
        # For who sees one team only, the whole is that team.
        connection.execute(
            f"insert into scoped.{name}"
            " select * replace ('organisation' as scope, 'all' as scope_id)"
            f" from warehouse.{name} where scope = 'team' and scope_id = ?",
            teams,
        )


def condition(rule: str) -> str:
    """Return a rule of scopes.yml as a condition in SQL."""
    fixed = _FIXED.get("scope" if rule == "history" else rule)
    if fixed is not None:
        return fixed
    column, _, kept = rule.partition(" in ")
    table, _, key = kept.partition(".")
    is_open = " or {0} is null" if column.endswith(" or null") else ""
    column = quoted(column.removesuffix(" or null"))
    found = f"{column} in (select {quoted(key)} from {OWN}.{quoted(table)})"
    return found + is_open.format(column)


def _columns(table: str) -> str:
    parts = [
        f"case when {condition(f'{column} in {kept}')} then {column} end as {column}"
        for column, kept in _EMPTIED.get(table, {}).items()
    ]
    return f"* replace ({', '.join(parts)})" if parts else "*"


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
