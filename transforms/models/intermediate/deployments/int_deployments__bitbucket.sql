{#
  A deployment is done whether or not it worked; where its own status does not say, its step does.
  What could be deployed (UNDEPLOYED) and nobody began is none.
#}
with
    environments as (
        select *
        from
            {{
                newest(
                    "stg_bitbucket__environments",
                    "source, repository, environment_uuid",
                )
            }}
    ),
    steps as (
        select *
        from
            {{
                newest(
                    "stg_bitbucket__pipeline_steps",
                    "source, repository, pipeline_uuid, step_uuid",
                )
            }}
    ),
    pipelines as (
        select *
        from
            {{
                newest(
                    "stg_bitbucket__pipelines", "source, repository, pipeline_uuid"
                )
            }}
    ),
    records as (
        select
            records.*,
            coalesce(records.environment, environments.name) as environment_name,
            pipelines.branch,
            {{ is_unfinished("records.state") }} as is_unfinished,
            {{
                conclusion(
                    "case when records.state = 'COMPLETED' then coalesce(records.result, steps.result, 'SUCCESSFUL') else records.state end"
                )
            }}
            as conclusion
        from {{ ref("stg_bitbucket__deployments") }} as records
        left join
            environments
            on records.source = environments.source
            and records.repository = environments.repository
            and records.environment_uuid = environments.environment_uuid
        left join
            steps
            on records.source = steps.source
            and records.repository = steps.repository
            and records.step_uuid = steps.step_uuid
        left join
            pipelines
            on records.source = pipelines.source
            and records.repository = pipelines.repository
            and records.pipeline_uuid = pipelines.pipeline_uuid
        where records.read_at <= {{ as_of() }} and records.state <> 'UNDEPLOYED'
    ),
    deployments as (
        select
            source || ':' || deployment_uuid as deployment_id,
            repository,
            lower(environment_name) as environment_id,
            commit_sha,
            version,
            'deploy' as task,
            branch as ref,
            source || ':' || pipeline_uuid as pipeline_run_id,
            source_url,
            case
                when state = 'ROLLED_BACK'
                then 'superseded'
                when is_unfinished
                then 'in_progress'
                else {{ deployed_status("conclusion") }}
            end as status,
            false as is_rollback,
            false as is_failure,
            false as is_exposed,
            created_at,
            coalesce(started_at, created_at) as started_at,
            case when not is_unfinished then completed_at end as finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from records
        where conclusion is distinct from 'skipped'
    )
select *
from deployments
