"""The only door to published data: one immutable build, opened read-only, read as frames.

Polars is imported where frames are made: what reads plain rows need not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from transforms.current import (
    SCOPED,
    Build,
    NothingPublished,
    PublishedError,
    UnknownMetric,
    UnknownTable,
    current_build,
    file_of,
    read_build,
)
from transforms.explanations import Explanation
from transforms.home import Home
from transforms.plain_rows import plain_rows
from transforms.selection import Between, listed, selection_of, sql_text, where_of

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "SCOPED",
    "Between",
    "Build",
    "Explanation",
    "NothingPublished",
    "Published",
    "PublishedError",
    "UnknownMetric",
    "UnknownTable",
    "current_build",
    "open_build",
    "open_published",
    "read_build",
]

SCHEMA = "v1"
ZONED_DATE = "cast((anchor_at at time zone 'UTC') at time zone $zone::varchar as date)"
CONNECTION: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def open_published(home: Home) -> Published:
    """Return the current build opened read-only; it stays the same build while it is held.

    Errors: NothingPublished.
    """
    build = current_build(home)
    if build is None:
        message = "nothing is published yet; run `leadline run` or `leadline demo`"
        raise NothingPublished(message)
    return open_build(build)


def open_build(build: Build, *, scope: str = "") -> Published:
    """Return a build, or only its file of a row scope, read-only. Errors: NothingPublished."""
    build, file = file_of(build, scope=scope)
    try:
        connection = duckdb.connect(str(file), read_only=True, config=CONNECTION)
    except duckdb.Error as error:
        message = f"build {build.build_id} cannot be opened; choose another by `publish --to`"
        raise NothingPublished(message) from error
    return Published(build=build, connection=connection)


class Published:
    """Reads of one build. Every call uses a cursor of its own, so threads may share the object."""

    def __init__(self, *, build: Build, connection: duckdb.DuckDBPyConnection) -> None:
        """Hold a build and its open connection."""
        self.build = build
        self._connection = connection

    @cached_property
    def file(self) -> Path:
        """Return the database file that is read, whichever of the build's it is."""
        found = self._frame("select path from duckdb_databases() where not internal")
        return Path(found["path"].item())

    def definitions(self) -> pl.DataFrame:
        """Return the catalogue of metrics, one row a metric."""
        return self._frame(f"select * from {SCHEMA}.metric_definitions order by metric")

    def metric(
        self,
        name: str,
        *,
        grain: str,
        scope: str = "organisation",
        scope_id: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> pl.DataFrame:
        """Return one metric's published values, oldest period first.

        Shape: one row per period (and scope_id, if none is given); columns as in macros/metric.sql.
        Units: `value` in the definition's unit; dates are days of the report zone.
        Errors: UnknownMetric.
        Source: transforms/models/metrics/<name>.sql
        """
        return self._frame(
            f"select * from {SCHEMA}.{self._known(name)} where grain = ? and scope = ?"
            " and (?::varchar is null or scope_id = ?)"
            " and (?::date is null or period_start_date >= ?)"
            " and (?::date is null or period_start_date < ?)"
            " order by period_start_date, scope_id",
            [grain, scope, scope_id, scope_id, since, since, until, until],
        )

    def window(
        self,
        name: str,
        *,
        since: date,
        until: date,
        team_ids: Sequence[str] | None = None,
        service_ids: Sequence[str] | None = None,
        includes_bots: bool = True,
        zone: str | None = None,
    ) -> pl.DataFrame:
        """Return one metric over any days (until excluded), teams and services: one row.

        Without bots their work is left out, with the reason `bot`. `zone` cuts the days in another
        zone than the report's; which of them are covered is known by the report zone's days.
        Errors: UnknownMetric.
        Source: the table macro <name>_between, of the metric's own body (older ones lack choices).
        """
        asked = {"include_bots": None if includes_bots else False, "zone": zone}
        choices = {name: value for name, value in asked.items() if value is not None}
        return self._frame(
            f"select * from {SCHEMA}.{self._known(name)}_between("
            "$since::date, $until::date,"
            " team_ids := $team_ids::varchar[], service_ids := $service_ids::varchar[]"
            + "".join(f", {choice} := ${choice}" for choice in choices)
            + ")",
            selection_of(since, until, team_ids, service_ids) | choices,
        )

    def team_windows(self, name: str, *, since: date, until: date) -> list[dict[str, Any]]:
        """Return one metric over any days (until excluded): a row for each team with rows in them.

        `scope_id` is the team; each row is what `window` gives for that team alone.
        Errors: UnknownMetric; UnknownTable in a build of before teams could be read together.
        """
        read = f"{self._known(name)}_teams_between($since::date, $until::date)"
        days = {"since": since, "until": until}
        return plain_rows(self._connection, f"select * from {SCHEMA}.{read}", days)

    def headline(
        self,
        *,
        since: date,
        until: date,
        team_ids: Sequence[str] | None = None,
        service_ids: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return the numbers of delivery for any selection in one read, from daily roll-ups.

        Shape: one row a number: value, n, numerator, denominator, max_relative_error. Counts
        and rates are exact; a median from histograms states its largest relative error.
        Source: macros/rollups.sql
        """
        return self._frame(
            f"select * from {SCHEMA}.headline_between("
            "?::date, ?::date, team_ids := ?::varchar[], service_ids := ?::varchar[])",
            [since, until, listed(team_ids), listed(service_ids)],
        )

    def observations(
        self,
        name: str,
        *,
        since: date | None = None,
        until: date | None = None,
        team_ids: Sequence[str] | None = None,
        service_ids: Sequence[str] | None = None,
        limit: int | None = None,
        zone: str | None = None,
    ) -> pl.DataFrame:
        """Return the rows behind a metric, included and excluded, newest first.

        `zone` cuts the days in another zone than the report's.
        Errors: UnknownMetric.
        """
        selection = selection_of(since, until, team_ids, service_ids)
        return self._frame(
            f"select * from {self._selected(name, zone=zone)}"
            " order by anchor_at desc, observation_id"
            + ("" if limit is None else f" limit {int(limit)}"),
            selection | ({} if zone is None else {"zone": zone}),
        )

    def explain(
        self,
        name: str,
        *,
        since: date | None = None,
        until: date | None = None,
        team_ids: Sequence[str] | None = None,
        service_ids: Sequence[str] | None = None,
        limit: int = 500,
    ) -> Explanation:
        """Return what a number is made of: definition, SQL, counts by reason and the rows.

        Errors: UnknownMetric.
        """
        selection = selection_of(since, until, team_ids, service_ids)
        reasons = self._frame(
            "select exclusion_reason, count(distinct observation_id) as row_count"
            f" from {self._selected(name)} group by exclusion_reason order by exclusion_reason",
            selection,
        )
        counts = dict(zip(reasons["exclusion_reason"], reasons["row_count"], strict=True))
        definitions = self.definitions().iter_rows(named=True)
        return Explanation(
            definition=next(one for one in definitions if one["metric"] == name),
            sql=sql_text(self._selected(name), selection),
            filters={
                "since": since, "until": until, "team_ids": team_ids, "service_ids": service_ids,
            },
            included_count=counts.pop(None, 0),
            excluded_by_reason=counts,
            rows=self.observations(
                name, since=since, until=until, team_ids=team_ids, service_ids=service_ids,
                limit=limit,
            ),
        )  # fmt: skip

    def rows(
        self,
        table: str,
        *,
        filters: Mapping[str, Any] | None = None,
        between: Between | None = None,
        order: str | None = None,
        limit: int | None = None,
    ) -> pl.DataFrame:
        """Return rows of a published table by equality filters; a list means any of its values.

        `between` names a column of days or instants (UTC, naive), its first value and the one
        after its last. `order` names a column, with a leading minus for descending.
        Errors: UnknownTable for a table or column that is not published.
        """
        columns = self._columns(table)
        filters = filters or {}
        wanted = [*filters, *([between[0]] if between else [])]
        wanted += [order.removeprefix("-")] if order else []
        unknown = [column for column in wanted if column not in columns]
        if unknown:
            message = f"{table} has no column {', '.join(unknown)}"
            raise UnknownTable(message)
        where, values = where_of(filters, between)
        sql = f'select * from {SCHEMA}."{table}" where {where}'
        if order:
            direction = "desc" if order.startswith("-") else "asc"
            sql += f' order by "{order.removeprefix("-")}" {direction} nulls last'
        if limit is not None:
            sql += f" limit {int(limit)}"
        return self._frame(sql, values)

    def count_rows(self, table: str) -> int:
        """Return how many rows a published table or view has. Errors: UnknownTable."""
        self._columns(table)
        return int(self._frame(f'select count(*) as n from {SCHEMA}."{table}"')["n"].item())

    def services(self) -> pl.DataFrame:
        """Return the services, by name."""
        return self.rows("services", order="name")

    def teams(self) -> pl.DataFrame:
        """Return the teams, by name."""
        return self.rows("teams", order="name")

    def source_health(self) -> pl.DataFrame:
        """Return one row per source and stream: freshness, counts, last error."""
        return self._frame(f"select * from {SCHEMA}.source_health order by source, stream")

    def audit_results(self) -> pl.DataFrame:
        """Return what the audit of this build checked and found."""
        return self._frame(f"select * from {SCHEMA}.audit_results order by suite, table_name")

    def schema_changes(self) -> pl.DataFrame:
        """Return where the records of a source began to look different."""
        return self._frame(f"select * from {SCHEMA}.schema_changes order by all")

    def coverage_figures(self) -> pl.DataFrame:
        """Return how much of what was read can be used, with counts."""
        return self._frame(f"select * from {SCHEMA}.coverage_figures order by figure, source")

    def restatements(self) -> pl.DataFrame:
        """Return the numbers of past periods that publishes changed, newest publish first.

        Shape: one row per number; without rows for a build that compared itself with none.
        Source: orchestration/restatements.py
        """
        try:
            self._columns("restatements")
        except UnknownTable:
            from transforms.no_restatements import NO_RESTATEMENTS

            return NO_RESTATEMENTS
        return self._frame(
            f"select * from {SCHEMA}.restatements"
            " order by new_build_id desc, metric, grain, scope, scope_id, period_start_date"
        )

    def peer_metrics(
        self,
        *,
        since: date,
        until: date,
        service_id: str | None = None,
        peers: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return what other tools would show for any days (until excluded), with why it differs.

        Shape: one row per peer, metric and edition of its bands; columns as in v1.peer_metrics,
        then peer_title, peer_metric, direction, sentence and source_url.
        Errors: UnknownTable when the build is older than the comparison.
        Source: the table macro peer_metrics_between, rendered from the same body as the view.
        """
        self._columns("peer_differences")
        return self._frame(
            "select numbers.*, words.peer_title, words.peer_metric, words.direction,"
            " words.sentence, words.source_url"
            f" from {SCHEMA}.peer_metrics_between("
            "?::date, ?::date, in_service_id := ?::varchar, peers := ?::varchar[]) as numbers"
            f" inner join {SCHEMA}.peer_differences as words"
            " on numbers.peer = words.peer and numbers.metric = words.metric"
            " order by numbers.peer, numbers.metric, numbers.edition",
            [since, until, service_id, listed(peers)],
        )

    def ask(self, sql: str, values: Mapping[str, Any]) -> pl.DataFrame:
        """Return what a statement of this package's own gives; values are never in its text."""
        return self._frame(sql, values)

    def records(self, sql: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return as plain rows what a statement of this package's own gives.

        Errors: UnknownTable when the build has no such table or column.
        """
        return plain_rows(self._connection, sql, values)

    @cached_property
    def _metrics(self) -> frozenset[str]:
        return frozenset(self.definitions()["metric"].to_list())

    def _known(self, name: str) -> str:
        if name not in self._metrics:
            message = f"there is no metric {name!r}; definitions() lists them"
            raise UnknownMetric(message)
        return name

    def _selected(self, name: str, *, zone: str | None = None) -> str:
        rows = f"{SCHEMA}.{self._known(name)}_observations"
        if zone is not None:
            rows = f"(select * replace ({ZONED_DATE} as anchor_date) from {rows})"
        return (
            f"(select * from {rows}"
            " where ($since::date is null or anchor_date >= $since)"
            " and ($until::date is null or anchor_date < $until)"
            " and ($team_ids::varchar[] is null or list_contains($team_ids::varchar[], team_id))"
            " and ($service_ids::varchar[] is null"
            " or list_contains($service_ids::varchar[], service_id)))"
        )

    def _columns(self, table: str) -> list[str]:
        found = self._frame(
            "select column_name from information_schema.columns"
            " where table_schema = ? and table_name = ?",
            [SCHEMA, table],
        )
        if found.is_empty():
            message = f"there is no published table {table!r}"
            raise UnknownTable(message)
        return found["column_name"].to_list()

    def _frame(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pl.DataFrame:
        with self._connection.cursor() as cursor:
            frame: pl.DataFrame = cursor.sql(sql, params=parameters or None).pl()
        return frame
