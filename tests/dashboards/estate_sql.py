"""Metric tables, macros and observation views of the test estate, in plain DuckDB SQL."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb


@dataclass(frozen=True)
class Metric:
    """How one metric of the test estate is derived from its facts."""

    name: str
    kind: str
    title: str
    question: str
    unit: str
    direction: str
    rows: str


def _changes(column: str) -> str:
    return f"""select change_id as observation_id, service_id, team_id, deployed_at as anchor_at,
        finished_date as anchor_date, cast({column} as double) as value,
        cast(null as boolean) as is_numerator, false as is_open, exclusion_reason,
        title as label, source_url from v1.fct_changes"""


def _deployments(value: str, numerator: str, where: str, *, is_open: str = "false") -> str:
    return f"""select deployment_id as observation_id, service_id, team_id,
        finished_at as anchor_at, finished_date as anchor_date, cast({value} as double) as value,
        {numerator} as is_numerator, {is_open} as is_open,
        cast(null as varchar) as exclusion_reason,
        service_id || ' ' || version as label, source_url from v1.fct_deployments where {where}"""


def _incidents(column: str) -> str:
    return f"""select incident_id as observation_id, service_id, team_id,
        impact_started_at as anchor_at, cast(impact_started_at as date) as anchor_date,
        cast({column} as double) as value, cast(null as boolean) as is_numerator, is_open,
        exclusion_reason, title as label, source_url from v1.fct_incidents"""


METRICS = (
    Metric("lead_time_for_changes", "median", "Lead time for changes",
           "How long does a change take from first commit to production?", "seconds", "lower",
           _changes("lead_time_seconds")),
    *(Metric(f"{stage}_time", "median", f"{stage.replace('_', ' ').capitalize()} time",
             "How long does this stage take?", "seconds", "lower", _changes(f"{stage}_seconds"))
      for stage in ("coding", "pickup", "review", "merge_wait", "deploy_wait", "deploy_run")),
    Metric("deployment_frequency", "rate", "Deployment frequency",
           "How often does a change reach production?", "deployments per week", "higher",
           _deployments("1", "true", "is_change")),
    Metric("deployment_batch_size", "median", "Batch size",
           "How many changes go out together?", "changes per deployment", "lower",
           _deployments("change_count", "null::boolean", "kind = 'forward'")),
    Metric("change_failure_rate", "ratio", "Change failure rate",
           "What share of deployments cause a failure?", "ratio", "lower",
           _deployments("is_failed::int", "is_failed", "is_change")),
    Metric("failed_deployment_recovery_time", "median", "Failed deployment recovery time",
           "How fast is a failed deployment repaired?", "seconds", "lower",
           _deployments("recovery_seconds", "null::boolean", "is_failed",
                        is_open="is_recovery_open")),
    Metric("rework_rate", "ratio", "Deployment rework rate",
           "What share of deployments is unplanned repair?", "ratio", "lower",
           _deployments("(kind in ('rework','rollback'))::int", "kind in ('rework','rollback')",
                        "true")),
    Metric("time_to_restore", "median", "Time to restore",
           "How long does an incident last?", "seconds", "lower", _incidents("restore_seconds")),
    Metric("time_to_acknowledge", "median", "Time to acknowledge",
           "How long until somebody reacts?", "seconds", "lower",
           _incidents("acknowledge_seconds")),
)  # fmt: skip

_MEASURES = {
    "median": """median(value) filter (where used and not is_open) as value,
        count(*) filter (where used) as n,
        cast(sum(value) filter (where used) as double) as numerator,
        cast(count(*) filter (where used) as double) as denominator,
        quantile_cont(value, 0.4) filter (where used and not is_open) as ci_low,
        quantile_cont(value, 0.6) filter (where used and not is_open) as ci_high""",
    "ratio": """cast(avg(is_numerator::int) filter (where used) as double) as value,
        count(*) filter (where used) as n,
        cast(count(*) filter (where used and is_numerator) as double) as numerator,
        cast(count(*) filter (where used) as double) as denominator,
        cast(greatest(0, avg(is_numerator::int) filter (where used)
            - 1.0 / sqrt(count(*) filter (where used))) as double) as ci_low,
        cast(least(1, avg(is_numerator::int) filter (where used)
            + 1.0 / sqrt(count(*) filter (where used))) as double) as ci_high""",
    "rate": """cast(count(*) filter (where used) * 7.0 / {days} as double) as value,
        count(*) filter (where used) as n,
        cast(count(*) filter (where used) as double) as numerator,
        cast({days} / 7.0 as double) as denominator,
        cast(greatest(0, count(*) filter (where used) - 1.96 * sqrt(count(*)
            filter (where used))) * 7.0 / {days} as double) as ci_low,
        cast((count(*) filter (where used) + 1.96 * sqrt(count(*)
            filter (where used))) * 7.0 / {days} as double) as ci_high""",
}


def _columns(metric: Metric, *, days: str) -> str:
    return f"""{_MEASURES[metric.kind].format(days=days)},
        cast(avg(value) filter (where used and not is_open) as double) as mean,
        quantile_cont(value, 0.75) filter (where used and not is_open) as p75,
        quantile_cont(value, 0.9) filter (where used and not is_open) as p90,
        quantile_cont(value, 0.95) filter (where used and not is_open) as p95,
        count(*) filter (where used and is_open) as open_count,
        count(*) filter (where not used and value_id is not null) as excluded_count,
        cast(1.0 as double) as coverage,
        case when count(*) filter (where used) = 0 then 'no_data'
            when count(*) filter (where used) < 10 then 'insufficient' else 'ok' end as state"""


def create_metric(
    connection: duckdb.DuckDBPyConnection, metric: Metric, *, as_of: datetime, days: int
) -> None:
    """Create one metric's view of rows, its table by period and scope, and its macro."""
    name = metric.name
    connection.execute(f"create view v1.{name}_observations as {metric.rows}")
    tail = f"'{metric.unit}' as unit, '1.0.0' as definition_version"
    used = f"""select *, observation_id as value_id, exclusion_reason is null as used
        from v1.{name}_observations"""
    first_day, last_day = "cast(from_date as date)", "cast(to_date as date)"
    within = f"anchor_date >= {first_day} and anchor_date < {last_day}"
    connection.execute(f"""create macro v1.{name}_between(
        from_date, to_date, team_ids := null, service_ids := null) as table
        with rows as ({used}) select '{name}' as metric, 'custom' as grain,
        {first_day} as period_start_date, {last_day} as period_end_date,
        'organisation' as scope, 'all' as scope_id,
        {_columns(metric, days=f"date_diff('day', {first_day}, {last_day})")},
        false as is_partial, false as is_provisional, {tail}
        from rows where {within}
            and (team_ids is null or list_contains(team_ids, team_id))
            and (service_ids is null or list_contains(service_ids, service_id))""")
    first_day, last_day = f"any_value({first_day})", f"any_value({last_day})"
    connection.execute(f"""create macro v1.{name}_teams_between(from_date, to_date) as table
        with rows as ({used}) select '{name}' as metric, 'custom' as grain,
        {first_day} as period_start_date, {last_day} as period_end_date,
        'team' as scope, team_id as scope_id,
        {_columns(metric, days=f"date_diff('day', {first_day}, {last_day})")},
        false as is_partial, false as is_provisional, {tail}
        from rows where {within} and team_id is not null group by team_id""")
    first = (as_of - timedelta(days=days)).date()
    length = "date_diff('day', any_value(period_start_date), any_value(period_end_date))"
    selects = [
        f"""select '{name}' as metric, '{grain}' as grain, periods.period_start_date,
        any_value(periods.period_end_date) as period_end_date, '{scope}' as scope,
        {key} as scope_id, {_columns(metric, days=length)}, false as is_partial,
        bool_or(periods.period_end_date > date '{as_of.date()}' - 3) as is_provisional, {tail}
        from (select cast(unnest(generate_series(date_trunc('{grain}', date '{first}'),
            date '{as_of.date()}', interval 1 {grain})) as date) as period_start_date,
            cast(period_start_date + interval 1 {grain} as date) as period_end_date) as periods
        {owners}
        left join rows on rows.anchor_date >= periods.period_start_date
            and rows.anchor_date < periods.period_end_date {match}
        group by periods.period_start_date{group}"""
        for grain in ("week", "month", "quarter")
        for scope, key, owners, match, group in (
            ("organisation", "'all'", "", "", ""),
            ("team", "owners.team_id", "cross join v1.teams as owners",
             "and rows.team_id = owners.team_id", ", owners.team_id"),
            ("service", "owners.service_id", "cross join v1.services as owners",
             "and rows.service_id = owners.service_id", ", owners.service_id"),
        )
    ]  # fmt: skip
    connection.execute(
        f"create table v1.{name} as with rows as ({used}) " + " union all ".join(selects)
    )
    _define(connection, metric)


def _define(connection: duckdb.DuckDBPyConnection, metric: Metric) -> None:
    connection.execute("""create table if not exists v1.metric_definitions (
        metric varchar, title varchar, question varchar, plain_words varchar, unit varchar,
        direction varchar, formula varchar, interval_method varchar, edge_cases varchar[],
        known_limits varchar[], origin varchar, used_by varchar, source_of_definition varchar,
        anchor varchar, kind varchar, domain varchar, definition_version varchar,
        rows_sql varchar)""")
    values = [
        metric.name, metric.title, metric.question, f"{metric.question} Shown as its median.",
        metric.unit, metric.direction, "median of all rows in the period", "Order statistics.",
        [f"An odd case of {metric.name} with *stars* and cost $5.", "Another odd case."],
        ["It does not tell everything."], "DORA (https://dora.dev/guides/dora-metrics/): its own.",
        "Teams decide with it.", "DORA, 2025", "deployment finished", metric.kind, "deployments",
        "1.0.0", f"select * from v1.{metric.name}_observations",
    ]  # fmt: skip
    marks = ", ".join("?" for _ in values)
    connection.execute(f"insert into v1.metric_definitions values ({marks})", values)
