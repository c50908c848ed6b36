"""How the test estate's metrics move, its runs of tests and its calendar, simplified.

The statistics themselves are tested with their models; here are rows in their published shape.
"""

import duckdb


def create_courses(
    connection: duckdb.DuckDBPyConnection, metrics: tuple[str, ...], *, hostile: str
) -> None:
    """Create the tables of trends, rankings, tests and calendar; `hostile` is a stranger's text."""
    limits = " union all ".join(map(_limits, metrics))
    connection.execute(f"create table v1.control_limits as {limits}")
    for statement in _STATEMENTS:
        connection.execute(statement, {"hostile": hostile} if "$hostile" in statement else None)


def _limits(metric: str) -> str:
    return f"""select metric, grain, scope, scope_id, 'xmr' as chart, value,
        value as centre, value * 0.5 as lower, value * 1.5 as upper, true as is_firm,
        dayofyear(period_start_date) % 97 = 0 as is_beyond_limit, false as is_run_of_8,
        period_start_date, period_end_date
        from v1.{metric} where grain in ('week', 'month') and value is not null"""


_STATEMENTS = (
    """create table v1.metric_trends as
        select distinct metric, grain, scope, scope_id,
        case when metric = 'rework_rate' then 'rising' else 'no_clear_trend' end as direction_word,
        30::bigint as n from v1.control_limits""",
    """create table v1.change_points as
        select distinct metric, scope, scope_id, 0.12 as value_before, 0.05 as value_after,
        date '2026-06-29' as changed_date, date '2026-06-22' as earliest_date,
        date '2026-07-06' as latest_date
        from v1.control_limits
        where scope = 'organisation' and metric = 'change_failure_rate'""",
    """create table v1.service_rankings as
        with counted as (
            select service_id, count(*) as n,
            count(case when kind in ('rework', 'rollback') then 1 end) as numerator
            from v1.fct_deployments group by service_id)
        select 'rework_rate' as metric, service_id,
        case when n < 20 then 'fewer_than_20_observations' end as unranked_reason,
        numerator, n, numerator / n as rate, (numerator + 2) / (n + 20) as shrunk_rate,
        (numerator + 2) / (n + 20) / 2 as shrunk_low,
        (numerator + 2) / (n + 20) * 1.5 as shrunk_high, 0.1 as organisation_rate,
        date '2026-05-01' as first_date, date '2026-11-01' as end_date
        from counted""",
    """create table v1.test_weeks as
        select 'organisation' as scope, 'all' as scope_id, 40::bigint as run_count,
        36::bigint as passed_run_count, 900::bigint as case_count,
        4::bigint as failed_case_count, 2::bigint as skipped_case_count, 0.9 as passed_ratio,
        0.77 as passed_low, 0.96 as passed_high, 75.0 + 2 * week as median_run_seconds,
        week = 25 as is_provisional, date '2026-06-01' + 7 * week::integer as period_start_date,
        date '2026-06-08' + 7 * week::integer as period_end_date
        from range(26) as weeks(week) where week <> 7
        and exists (select 1 from v1.fct_deployments)""",
    """create table v1.test_cases as
        select service_id, team_id, 'unit' as suite, 'cart' as class_name, $hostile as test_name,
        20::bigint as result_count, 3::bigint as failed_count, 1::bigint as skipped_count,
        18::bigint as commit_count, 2::bigint as flaky_commit_count, 0.15 as failed_ratio,
        0.05 as failed_low, 0.36 as failed_high, 0.25 as median_seconds, 2.5 as longest_seconds,
        true as is_flaky, timestamp '2026-11-20 10:00:00' as last_failed_at,
        timestamp '2026-11-20 10:00:00' as last_flaky_at
        from v1.services where exists (select 1 from v1.fct_deployments)""",
    """create table v1.calendar_windows as
        select *, null::varchar as source_url, service_id as service_name,
            null::varchar as repository from (values
            ('w1', 'freeze', $hostile, null, timestamp '2026-11-10 00:00:00',
             timestamp '2026-11-12 00:00:00', null, true, false),
            ('w2', 'maintenance', 'Database', 'ledger', timestamp '2026-11-01 01:00:00',
             timestamp '2026-11-01 05:00:00', null, true, false),
            ('w3', 'freeze', 'Every night', null, null, null, '0 22 * * *', true, false),
            ('w4', 'freeze', 'Taken back', null, timestamp '2026-11-14 00:00:00',
             timestamp '2026-11-15 00:00:00', null, true, true)
        ) as t(calendar_window_id, kind, title, service_id, starts_at, ends_at, recurrence,
            is_current, is_deleted)""",
)
