"""Restatements: what a new build says otherwise about periods that the build before called over.

A number of a past period never changes in silence: when late data, a person's verdict, other code,
another definition or another configuration changes it, the new build carries a row with the old
number, the new one and the cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from orchestration.builds import WAREHOUSE, Manifest
from orchestration.restatement_table import COLUMNS, PLACE, TABLE, create_table, literal
from orchestration.warehouse import PUBLISHED_SCHEMA, quoted, scalar

# A build holds all that its own publish restated. Of each publish before it carries so many rows,
# those of the organisation and of teams first, and so many of all, the newest publishes first.
PUBLISH_ROWS = 20_000
HISTORY_ROWS = 100_000
# Nine significant digits, as in the fingerprint: parallel sums differ in the last ones.
TOLERANCE = 1e-9

_KEY = ("grain", "scope", "scope_id", "period_start_date")
_COMPARED = frozenset({*_KEY, "period_end_date", "state", "value", "n"})
_YOUNG = {
    "is_provisional": "old.is_provisional",
    "is_partial": "old.is_partial",
    "open_count": "old.open_count > 0",
}


@dataclass(frozen=True)
class Earlier:
    """The build before: where it is and what its manifest says."""

    path: Path
    manifest: Manifest


def write_restatements(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, *, earlier: Earlier | None
) -> dict[str, int]:
    """Write v1.restatements into an open build; return how many numbers changed, by cause.

    Rows of former publishes are carried over. Without an earlier build, or with one that cannot be
    read, the table has no rows.
    """
    create_table(connection)
    if earlier is None or not _attach(connection, earlier.path):
        return {}
    try:
        _carry_over(connection)
        _compare(connection, manifest, earlier=earlier)
    except duckdb.Error:
        # a damaged earlier build must not keep a sound one from being published
        create_table(connection)
    finally:
        connection.execute("detach earlier")
    found = connection.execute(
        f"select cause, count(*) from {PLACE} where new_build_id = ? group by cause "
        "order by count(*) desc, cause",
        [manifest.build_id],
    ).fetchall()
    return {str(cause): int(count) for cause, count in found}


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    try:
        connection.execute(f"attach {literal(str(path / WAREHOUSE))} as earlier (read_only)")
    except duckdb.Error:
        return False
    return True


def _carry_over(connection: duckdb.DuckDBPyConnection) -> None:
    known = _columns(connection, "earlier").get(TABLE, [])
    if "new_build_id" not in known:
        return
    names = ", ".join(name for name in COLUMNS if name in known)
    connection.execute(
        f"insert into {PLACE} by name "
        f"select {names} from earlier.{PUBLISHED_SCHEMA}.{TABLE} "
        "qualify row_number() over (partition by new_build_id "
        "order by scope = 'organisation' desc, scope = 'team' desc, restatement_id) <= ? "
        "order by new_build_id desc, scope = 'organisation' desc, scope = 'team' desc, "
        "restatement_id limit ?",
        [PUBLISH_ROWS, HISTORY_ROWS],
    )


def _compare(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, *, earlier: Earlier
) -> None:
    metrics = _metrics(connection, manifest, earlier=earlier.manifest)
    if not metrics:
        return
    before = earlier.manifest
    as_of, now = _instant(before.as_of), _instant(manifest.as_of)
    causes = _causes(connection, manifest, before=before)
    known = _columns(connection, "earlier")
    here = _columns(connection, _current(connection))
    changed = "\nunion all\n".join(
        _changed(name, old=known[name], new=here[name]) for name in metrics
    )
    connection.execute(
        f"insert into {PLACE} by name with changed as ({changed}) {_JUDGED}",
        {
            "over": _local_day(as_of, before.report_timezone),
            "causes": causes,
            "old_as_of": as_of.replace(tzinfo=None),
            "new_as_of": now.replace(tzinfo=None),
            "old_build_id": before.build_id,
            "new_build_id": manifest.build_id,
        },
    )


def _metrics(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, *, earlier: Manifest
) -> list[str]:
    """Return the metrics that both builds have in the same shape and not with the same rows."""
    here, there = _columns(connection, _current(connection)), _columns(connection, "earlier")
    if "metric_definitions" not in here or "metric_definitions" not in there:
        return []
    rows = connection.execute(
        f"select metric from {PUBLISHED_SCHEMA}.metric_definitions "
        f"intersect select metric from earlier.{PUBLISHED_SCHEMA}.metric_definitions "
        "order by metric"
    ).fetchall()
    same = {
        name
        for name, value in manifest.table_fingerprints.items()
        if value == earlier.table_fingerprints.get(name)
    }
    return [
        str(name)
        for (name,) in rows
        if name not in same
        and set(here.get(name, ())) >= _COMPARED
        and set(there.get(name, ())) >= _COMPARED
    ]


def _changed(metric: str, *, old: Sequence[str], new: Sequence[str]) -> str:
    """Return the SQL for one metric's rows of past periods that are not what they were.

    Numbers that were never published before (a new service, a longer history) restate nothing,
    nor does a period without a number that has none for another reason.
    Most rows are what they were, so only those whose hash is gone are looked at side by side.
    """
    young = " or ".join(f"coalesce({_YOUNG[name]}, false)" for name in _YOUNG if name in old)
    unit = "old.unit" if "unit" in old else "null"
    is_redefined = (
        "old.definition_version is distinct from new.definition_version"
        if "definition_version" in old and "definition_version" in new
        else "false"
    )
    same_key = " and ".join(f"old.{name} = new.{name}" for name in _KEY)
    return (
        f"select {literal(metric)} as metric, {', '.join(f'old.{name}' for name in _KEY)}, "
        f"old.period_end_date, {unit} as unit, old.state as old_state, new.state as new_state, "
        "old.value as old_value, new.value as new_value, old.n as old_n, new.n as new_n, "
        f"{is_redefined} as is_redefined, "
        f"new.state is null as is_gone, {young or 'false'} as was_provisional "
        f"from (select * from earlier.{PUBLISHED_SCHEMA}.{quoted(metric)} "
        f"where period_end_date <= $over and {_ROW_HASH} not in "
        f"(select {_ROW_HASH} from {PUBLISHED_SCHEMA}.{quoted(metric)})) as old "
        f"left join {PUBLISHED_SCHEMA}.{quoted(metric)} as new on {same_key} "
        "where case when new.state is null then old.n > 0 else "
        f"old.n <> new.n or (old.n > 0 and old.state <> new.state) "
        f"or {_differs('old.value', 'new.value')} end"
    )


def _differs(old: str, new: str) -> str:
    return (
        f"({old} is distinct from {new} and coalesce(abs({old} - {new}) > {TOLERANCE} * "
        f"greatest(abs({old}), abs({new})), true))"
    )


_ROW_HASH = f"hash({', '.join(_KEY)}, state, n, value)"
_JUDGED = f"""
select
    md5(concat_ws('|', $old_build_id, $new_build_id, metric, grain, scope, scope_id,
        period_start_date)) as restatement_id,
    * exclude (is_redefined, is_gone),
    coalesce(nullif(concat_ws(', ', case when is_redefined and not is_gone then 'definition' end,
        nullif($causes, '')), ''), 'late_data') as cause,
    case
        when is_gone then 'no longer published'
        else concat_ws(', ',
            case when {_differs("old_value", "new_value")} then 'value' end,
            case when old_n <> new_n then 'n' end,
            case when old_state <> new_state then 'state' end)
    end as detail,
    $old_as_of::timestamp as old_as_of,
    $new_as_of::timestamp as new_as_of,
    $old_build_id as old_build_id,
    $new_build_id as new_build_id
from changed
order by metric, grain, scope, scope_id, period_start_date
"""


def _causes(connection: duckdb.DuckDBPyConnection, manifest: Manifest, *, before: Manifest) -> str:
    """Return what differs between two builds apart from definitions, the most specific first.

    Data that was read in between may always have had a part, so it is named beside other causes.
    """
    differs = {
        "code": manifest.code_version != before.code_version,
        "configuration": manifest.configuration_id != before.configuration_id,
        "verdict": _verdicts_differ(connection, manifest, before=before),
        "late_data": manifest.as_of != before.as_of,
    }
    return ", ".join(cause for cause, applies in differs.items() if applies)


def _verdicts_differ(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, *, before: Manifest
) -> bool:
    """Whether people decided anything between two builds: what they judged has other rows."""
    return any(
        _differs_from(connection, manifest, before=before, table=table)
        for table in ("verdicts", "attribution_verdicts")
    )


def _differs_from(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, *, before: Manifest, table: str
) -> bool:
    if table not in manifest.table_fingerprints:
        return False
    if table not in before.table_fingerprints:
        return bool(scalar(connection, f"select count(*) from {PUBLISHED_SCHEMA}.{table}"))
    return manifest.table_fingerprints[table] != before.table_fingerprints[table]


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    rows = connection.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns() "
        "where database_name = ? and schema_name = ? group by table_name",
        [database, PUBLISHED_SCHEMA],
    ).fetchall()
    return {str(name): list(columns) for name, columns in rows}


def _current(connection: duckdb.DuckDBPyConnection) -> str:
    return str(scalar(connection, "select current_database()"))


def _local_day(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
