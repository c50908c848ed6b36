"""Build: prepare the work file, let dbt fill it, and refuse a result that has nothing in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.audit import AuditResult
from orchestration.dbt import DbtCallback, Outcome, require_success, run_dbt
from orchestration.errors import BuildFailed, NothingToRead
from orchestration.journal import parse_instant
from orchestration.lake import CATALOGUE_SOURCE, Lake
from orchestration.source_catalogue import cursor_words, deletion_words, source_catalogue
from orchestration.staging_use import unread_models
from orchestration.versions import TRANSFORMS, staging_version
from orchestration.warehouse import PUBLISHED_SCHEMA, row_counts, tells_damage, warehouse
from transforms import decisions
from transforms.decisions import Decision, DecisionsAltered
from transforms.home import Home


@dataclass(frozen=True)
class Parameters:
    """The one row of build.parameters: all that models may know about this build."""

    as_of: datetime
    report_timezone: str
    definition_version: str
    code_version: str
    lake_path: Path
    sample_data: bool


@dataclass(frozen=True)
class BuildReport:
    """What dbt did and how many rows each published table now has."""

    outcomes: tuple[Outcome, ...]
    rows: dict[str, int]
    was_full: bool


def build(
    home: Home,
    *,
    parameters: Parameters,
    full_refresh: bool = False,
    project: Path = TRANSFORMS,
    key_id: str = "",
    arguments: Sequence[str] = (),
    callback: DbtCallback | None = None,
) -> BuildReport:
    """Fill the work file from the lake; the environment for dbt must be set by the caller.

    Every published table is made anew, so the work file starts empty: it stays as small as what
    it holds, and nothing of a former model stays. Only with `arguments` (a selection) it is kept.
    Staging is rebuilt when asked, and when its own code or the pseudonym key has changed; what
    nobody reads is left as it is.
    A work file that turns out to be damaged on the way is made again, once, from the lake.
    Errors: BuildFailed, AuditBlocked (a dbt test failed).
    """
    stamp = home.work / "staging_version"
    version = f"{staging_version(project)} {key_id}"
    full = full_refresh or not stamp.exists() or stamp.read_text(encoding="utf-8") != version

    def attempt(*, full: bool) -> list[Outcome]:
        if not arguments:
            _remove(home.warehouse_file)
            if full:
                _remove(home.staging_file)
        prepare(home, parameters=parameters)
        stamp.unlink(missing_ok=True)
        if full:
            narrowed = ["--full-refresh"]
        else:
            lake = Lake(parameters.lake_path)
            unread = unread_models(lake, home.staging_file, project)
            narrowed = ["--exclude", *unread] if unread else []
        return run_dbt(
            "build",
            target=home.work / "dbt",
            project=project,
            arguments=[*arguments, *narrowed],
            callback=callback,
        )

    try:
        outcomes = attempt(full=full)
        is_damaged = any(one.is_failed and tells_damage(one.message) for one in outcomes)
    except BuildFailed as exc:
        if arguments or not tells_damage(str(exc)):
            raise
        is_damaged = True
    if is_damaged and not arguments:
        full = True
        outcomes = attempt(full=True)
    require_success(outcomes)
    if not (full and arguments):
        stamp.write_text(version, encoding="utf-8")
    with warehouse(home.warehouse_file) as connection:
        rows = row_counts(connection)
    if not any(rows.values()):
        raise BuildFailed("The models gave no rows at all; check the lake with `leadline doctor`.")
    return BuildReport(outcomes=tuple(outcomes), rows=rows, was_full=full)


def prepare(home: Home, *, parameters: Parameters) -> None:
    """Make sure the work files can be opened, and write build.parameters.

    A damaged work file is removed: everything in it can be built again from the lake.
    """
    home.work.mkdir(parents=True, exist_ok=True)
    for file in (home.warehouse_file, home.staging_file):
        _remove_if_damaged(file)
    with warehouse(home.warehouse_file, read_only=False) as connection:
        connection.execute("create schema if not exists build")
        connection.execute(f"drop table if exists {PUBLISHED_SCHEMA}.audit_results")
        connection.execute(
            "create or replace table build.parameters (as_of timestamp, report_timezone varchar, "
            "definition_version varchar, code_version varchar, lake_path varchar, "
            "sample_data boolean)"
        )
        connection.execute(
            "insert into build.parameters values (?, ?, ?, ?, ?, ?)",
            [
                parameters.as_of.astimezone(UTC).replace(tzinfo=None),
                parameters.report_timezone,
                parameters.definition_version,
                parameters.code_version,
                str(parameters.lake_path),
                parameters.sample_data,
            ],
        )
        write_source_streams(connection)
    _write_decisions(home, parameters.lake_path)


def _write_decisions(home: Home, lake: Path) -> None:
    """Write what people decided beside staging: a file that is published never held their names."""
    with warehouse(home.staging_file, read_only=False) as connection:
        connection.execute("create schema if not exists staging.staging")
        connection.execute(
            "create or replace table staging.staging.decisions (sequence bigint, "
            "decision_id varchar, kind varchar, subject varchar, verdict varchar, "
            "reason varchar, who varchar, incident_ids varchar[], decided_at timestamp)"
        )
        rows = [
            [
                one.sequence,
                one.decision_id,
                one.kind,
                one.subject,
                one.verdict,
                one.reason,
                one.who,
                list(one.incident_ids),
                one.decided_at.astimezone(UTC).replace(tzinfo=None),
            ]
            for one in read_decisions(lake)
        ]
        if rows:
            connection.executemany(
                f"insert into staging.staging.decisions values ({', '.join('?' * 9)})", rows
            )


def write_source_streams(connection: duckdb.DuckDBPyConnection) -> None:
    """Write what can be read from which kind of source, for the page that shows it."""
    connection.execute(
        "create or replace table build.source_streams (kind varchar, title varchar, "
        "auth varchar, limits varchar, tested varchar, stream varchar, description varchar, "
        "reading varchar, deletion varchar, fields varchar[])"
    )
    connection.executemany(
        f"insert into build.source_streams values ({', '.join('?' * 10)})",
        [
            [
                one.kind,
                one.title,
                one.auth,
                one.limits,
                one.tested,
                one.stream,
                one.description,
                cursor_words(one),
                deletion_words(one),
                list(one.fields),
            ]
            for one in source_catalogue()
        ],
    )


def newest_read_at(lake: Lake) -> datetime:
    """Return the latest instant at which anything was read into the lake or decided by people.

    It is the default as-of of a build, so that an equal lake gives an equal build.
    Errors: NothingToRead when no source has given a page.
    """
    newest, has_page = "", False
    for line in lake.lines():
        newest = max(newest, str(line["read_at"]))
        has_page = has_page or (line["event"] == "page" and line["source"] != CATALOGUE_SOURCE)
    if not has_page:
        raise NothingToRead(
            f"The lake {lake.root} is empty; run `leadline run`, `leadline run --git PATH` or "
            "`leadline demo`."
        )
    decided = [one.decided_at for one in decisions.deciding(read_decisions(lake.root))]
    return max([parse_instant(newest), *decided])


def read_decisions(lake: Path) -> list[Decision]:
    """Return what a build reads of the decisions; who looked or took away is none of it.

    Errors: BuildFailed when the file was changed after it was written: numbers rest on it.
    """
    try:
        return decisions.built_in(decisions.read_decisions(lake))
    except DecisionsAltered as exc:
        raise BuildFailed(f"{exc}.") from exc


def dbt_results(outcomes: Sequence[Outcome]) -> list[AuditResult]:
    """Return the tests among dbt's outcomes in the shape of the audit's own results.

    A table whose key was held by two rows failed as a model, so each one that is here passed.
    """
    keys = [
        AuditResult(
            suite="dbt",
            expectation="unique_key",
            table_name=one.name,
            column_name=", ".join(one.unique_key),
            severity="block",
            is_success=True,
            observed="0 rows",
            expected="0 rows",
            unexpected_count=0,
            sql=_shared_keys_sql(one.name, one.unique_key),
        )
        for one in outcomes
        if one.unique_key and not one.is_failed
    ]
    return keys + [
        AuditResult(
            suite="dbt",
            expectation=one.name,
            table_name=one.tested,
            column_name=one.column,
            severity="warn" if one.severity == "warn" else "block",
            is_success=one.status in ("pass", "success"),
            observed=f"{one.failures or 0} rows" if one.resource_type == "test" else one.status,
            expected="0 rows" if one.resource_type == "test" else "pass",
            unexpected_count=one.failures,
            sql=one.sql,
        )
        for one in outcomes
        if one.is_test
    ]


def _shared_keys_sql(table: str, key: Sequence[str]) -> str:
    columns = ", ".join(key)
    return (
        f"select {columns}, count(*) as row_count from {PUBLISHED_SCHEMA}.{table} "
        f"group by {columns} having count(*) > 1"
    )


def _remove_if_damaged(file: Path) -> None:
    if not file.exists():
        return
    try:
        with warehouse(file, read_only=False):
            return
    except duckdb.IOException as exc:
        if "set lock" in str(exc).lower():
            raise BuildFailed(
                f"{file} is open in another program; close it and run `leadline build`."
            ) from exc
    except duckdb.Error:
        pass
    _remove(file)


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_name(file.name + ".wal").unlink(missing_ok=True)
