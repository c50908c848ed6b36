"""What the test estate's pipelines did: two months of two workflows, and tests that flake."""

import duckdb


def create_pipelines(connection: duckdb.DuckDBPyConnection, *, hostile: str) -> None:
    """Create the tables of stages, reruns and flakes; `hostile` is a stranger's text."""
    for statement in _STATEMENTS:
        connection.execute(statement, {"hostile": hostile} if "$hostile" in statement else None)


_STATEMENTS = (
    """create or replace table v1.pipeline_resilience as
        select *, 'acme/basket' as repository, 'basket' as service_id,
            (select any_value(team_id) from v1.services where service_id = 'basket') as team_id,
            'acme/basket ' || workflow || month_start_date::varchar as pipeline_resilience_id
        from (values
            ('Build', date '2026-10-01', 60, 6, 2, 4, 3, 500, 5, 30.0),
            ('Build', date '2026-11-01', 30, 4, 2, 0, 0, 0, 0, 90.0),
            ($hostile, date '2026-11-01', 10, 0, 0, 0, 0, 0, 0, null)
        ) as t(workflow, month_start_date, stage_run_count, failed_stage_count,
            salvaged_stage_count, rerun_count, selective_rerun_count, test_result_count,
            flaky_failure_count, wasted_minutes)
        where exists (select 1 from v1.fct_deployments)""",
    """create or replace table v1.service_repositories as select 'basket' as service_id,
        'acme/basket' as repository, []::varchar[] as path_globs, true as is_declared""",
    """create or replace table v1.flaky_tests as
        select 'basket' as service_id,
            (select any_value(team_id) from v1.services where service_id = 'basket') as team_id,
            'acme/basket' as repository, 'unit' as suite, 'cart' as class_name, *,
            result_count / 100 as flake_run_rate, 0.01 as flake_run_low, 0.2 as flake_run_high,
            timestamp '2026-11-01 10:00:00' as first_flaky_at,
            timestamp '2026-11-20 10:00:00' as last_flaky_at
        from (values
            ('test_adds', 40, 4, 3, 50, 5, 'quarantine'), ($hostile, 40, 1, 1, 50, 1, 'watch'),
            ('test_old', 40, 2, 0, 50, 2, 'settled')
        ) as t(test_name, commit_count, flaky_commit_count, recent_flaky_commit_count,
            result_count, flaky_failure_count, advice)
        where exists (select 1 from v1.fct_deployments)""",
    """create or replace table v1.test_results as select 'basket' as service_id,
        'cart' as class_name, 'test_adds' as test_name, 'failed' as status, *
        from (values
            ('c1', '7', timestamp '2026-11-19 10:00:00'),
            ('c2', '8', timestamp '2026-11-20 10:00:00')
        ) as t(commit_sha, pipeline_run_id, started_at)""",
    """create or replace table v1.pipeline_runs as select * from (values
            ('github:7', 'acme/basket', 'c1', 'https://example.org/runs/7'),
            ('github:8', 'acme/basket', 'c2', 'https://example.org/runs/8')
        ) as t(pipeline_run_id, repository, commit_sha, source_url)""",
)
