with
    results as (
        select *
        from
            {{
                newest(
                    "stg_junit__test_results",
                    "source, report_file, suite, class_name, test_name, attempt",
                )
            }}
    ),
    test_results as (
        select
            aliases.service_id,
            results.commit_sha,
            results.pipeline_run_id,
            results.report_file,
            results.suite,
            results.class_name,
            results.test_name,
            results.status,
            results.message,
            results.attempt,
            results.duration_seconds,
            results.started_at,
            results.source,
            results.page_id,
            results.ordinal,
            results.read_at
        from results
        left join
            {{ ref("service_aliases") }} as aliases
            on lower(results.service_name) = aliases.alias
    )
select *
from test_results
