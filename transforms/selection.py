"""What a reader selects, as the parameters of a query and as text to paste."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

# A column of days or instants, its first value and the one after its last.
Between = tuple[str, date | datetime, date | datetime]
# A published file is never changed, so the size that DuckDB keeps of a table is its exact count.


def listed(values: Sequence[str] | None) -> list[str] | None:
    """Return names as a list that DuckDB takes; None selects everything."""
    return None if values is None else list(values)


def selection_of(
    since: date | None,
    until: date | None,
    team_ids: Sequence[str] | None,
    service_ids: Sequence[str] | None,
) -> dict[str, Any]:
    """Return what a query takes for days, teams and services, by the names of its parameters."""
    return {
        "since": since,
        "until": until,
        "team_ids": listed(team_ids),
        "service_ids": listed(service_ids),
    }


def where_of(filters: Mapping[str, Any], between: Between | None) -> tuple[str, list[Any]]:
    """Return the condition that filters make, and its values in order; names are trusted."""
    parts, values = [], []
    for column, value in filters.items():
        is_list = isinstance(value, list | tuple)
        parts.append(f'list_contains(?, "{column}")' if is_list else f'"{column}" = ?')
        values.append(list(value) if is_list else value)
    if between is not None:
        column, first, after = between
        parts.append(f'"{column}" >= ? and "{column}" < ?')
        values += [first, after]
    return " and ".join(parts) or "true", values


def sql_text(sql: str, selection: Mapping[str, Any]) -> str:
    """Return the SQL with its values written out, for reading and for pasting; never executed."""
    for name, value in selection.items():
        if value is None:
            text = "null"
        elif isinstance(value, list):
            text = "[" + ", ".join(quoted(item) for item in value) + "]"
        else:
            text = quoted(str(value))
        sql = sql.replace(f"${name}", text)
    return f"select *\nfrom {sql}\norder by anchor_at desc, observation_id"


def rows_sql(table: str, filters: Mapping[str, Any], between: Between | None) -> str:
    """Return what reads rows of a table, with the values written out; never executed."""
    parts = [f"{column} {_is_any_of(value)}" for column, value in filters.items()]
    if between is not None:
        column, first, after = between
        parts.append(f"{column} >= {quoted(str(first))} and {column} < {quoted(str(after))}")
    where = "\nwhere " + "\n  and ".join(parts) if parts else ""
    return f"select *\nfrom v1.{table}{where}"


def _is_any_of(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return f"= {_literal(value)}"
    return "in (" + ", ".join(map(_literal, value)) + ")"


def _literal(value: Any) -> str:
    is_plain = isinstance(value, bool | int | float)
    return str(value).lower() if is_plain else quoted(str(value))


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
