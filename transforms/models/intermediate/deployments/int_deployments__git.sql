with
    tag_deployments as (
        select
            tags.source || ':' || tags.repository || '@' || tags.tag as deployment_id,
            tags.repository,
            null as service_name,
            settings.git_environment_id as environment_id,
            tags.commit_sha,
            tags.tag as version,
            null as artifact_digest,
            null as config_hash,
            'deploy' as task,
            tags.tag as ref,
            null as strategy,
            null as change_request_number,
            null as pipeline_run_id,
            null as actor_id,
            null as source_url,
            'succeeded' as status,
            false as is_rollback,
            null as is_planned,
            null as reason,
            null as region,
            null as target_count,
            null as fixes_incident,
            false as is_failure,
            false as is_exposed,
            tags.created_at,
            tags.created_at as started_at,
            tags.created_at as finished_at,
            tags.source,
            tags.page_id,
            tags.ordinal,
            tags.read_at
        from {{ ref("stg_git__tags") }} as tags
        inner join
            {{ ref("int_source_settings") }} as settings
            on tags.source = settings.source
        where
            tags.read_at <= {{ as_of() }}
            and regexp_full_match(tags.tag, settings.tag_pattern)
    )
select *
from tag_deployments
