{#
  Syncs of applications. One that succeeded is in the history; one that runs or failed is known only
  as the application's last operation. Both are the same deployment by when it began.
#}
with
    history as (
        select
            source,
            namespace,
            name,
            service_name,
            environment_id,
            item.id as sync_id,
            list_position(
                list_transform(
                    item.revisions,
                    lambda revision:regexp_full_match(revision, '[0-9a-f]{40}')
                ),
                true
            ) as place,
            coalesce(item.repositories[place], '') as repository_address,
            item.revisions[place] as commit_sha,
            case
                when item.chart is not null
                then item.revisions[1]
                when regexp_matches(item.target, '^v?[0-9]+\.[0-9]')
                then item.target
            end as version,
            item.target as ref,
            item.actor_id,
            'succeeded' as status,
            coalesce(item.started_at, item.deployed_at) as started_at,
            item.deployed_at as finished_at,
            page_id,
            ordinal,
            read_at
        from {{ listed_items("stg_argocd__applications", "namespace, name", "syncs") }}
        where not is_removed and item.deployed_at is not null
    ),
    operations as (
        select
            source,
            namespace,
            name,
            service_name,
            environment_id,
            operation_id as sync_id,
            coalesce(repository, '') as repository_address,
            case
                when regexp_full_match(operation_revision, '[0-9a-f]{40}')
                then operation_revision
            end as commit_sha,
            case
                when regexp_matches(target_revision, '^v?[0-9]+\.[0-9]')
                then target_revision
            end as version,
            target_revision as ref,
            operation_actor_id as actor_id,
            case
                when phase in ('Failed', 'Error') then 'failed' else 'in_progress'
            end as status,
            operation_started_at as started_at,
            operation_finished_at as finished_at,
            page_id,
            ordinal,
            read_at
        from {{ ref("stg_argocd__applications") }}
        where
            read_at <= {{ as_of() }}
            and phase in ('Running', 'Terminating', 'Failed', 'Error')
            and not is_dry_run
            and operation_started_at is not null
        qualify
            row_number() over (
                partition by source, namespace, name, operation_id, phase
                order by read_at, page_id, ordinal
            )
            = 1
    ),
    syncs as (
        select *
        from history
        union all by name
        select *
        from operations
    )
select
    source || ':' || namespace || '/' || name || '@' || sync_id as deployment_id,
    {{ repository_of("repository_address") }} as repository,
    service_name,
    environment_id,
    commit_sha,
    version,
    'deploy' as task,
    ref,
    actor_id,
    status,
    false as is_rollback,
    false as is_failure,
    false as is_exposed,
    started_at as created_at,
    started_at,
    finished_at,
    source,
    page_id,
    ordinal,
    read_at
from syncs
