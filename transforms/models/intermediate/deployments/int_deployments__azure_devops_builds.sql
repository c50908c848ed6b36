{# A build whose pipeline's name says that it deploys, where no environment tells of it. #}
with
    deployments as (
        select
            source || ':' || build_id as deployment_id,
            repository,
            environment_id,
            commit_sha,
            build_number as version,
            'deploy' as task,
            branch as ref,
            source || ':' || build_id as pipeline_run_id,
            actor_id,
            source_url,
            {{ deployed_status("conclusion") }} as status,
            false as is_rollback,
            false as is_failure,
            false as is_exposed,
            queued_at as created_at,
            started_at,
            finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from {{ ref("int_azure_builds") }}
        where
            is_deploy
            and not is_told_by_environments
            and started_at is not null
            and conclusion is distinct from 'skipped'
    )
select *
from deployments
