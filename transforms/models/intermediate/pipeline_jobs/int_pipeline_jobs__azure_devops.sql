{# Of a build's timeline the jobs; stages and phases hold them, tasks are steps of them. #}
with
    records as (
        select *
        from
            {{
                newest(
                    "stg_azure_devops__timeline_records",
                    "source, build_id, record_id",
                )
            }}
        where
            record_type not in ('Stage', 'Phase', 'Task')
            and record_type not like 'Checkpoint%'
    ),
    builds as (
        select * from {{ newest("stg_azure_devops__builds", "source, build_id") }}
    ),
    jobs as (
        select
            records.source
            || ':'
            || records.build_id
            || '/'
            || records.record_id as pipeline_job_id,
            records.source || ':' || records.build_id as pipeline_run_id,
            builds.repository,
            records.name,
            case
                when records.state = 'completed'
                then 'completed'
                when records.state = 'pending'
                then 'queued'
                else 'in_progress'
            end as status,
            case
                when records.state = 'completed' then {{ conclusion("records.result") }}
            end as conclusion,
            builds.source_url,
            lower(records.result) = 'succeededwithissues' as is_soft_fail,
            records.attempt,
            records.started_at,
            records.finished_at,
            records.source,
            records.page_id,
            records.ordinal,
            records.read_at
        from records
        left join
            builds
            on records.source = builds.source
            and records.build_id = builds.build_id
    )
select *
from jobs
