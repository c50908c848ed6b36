{#
  Deploys that somebody told Sentry of, read only where the settings count them. Each project of the
  release was deployed; its commit is what the release names as such, or a version that is one.
#}
with
    releases as (select * from {{ newest("stg_sentry__releases", "source, version") }}),
    deploys as (
        select
            deploys.*,
            releases.commit_sha,
            releases.commit_repository,
            releases.ref,
            releases.build_hash,
            unnest(releases.projects) as project,
            len(releases.projects) as project_count
        from {{ ref("stg_sentry__deploys") }} as deploys
        inner join
            releases
            on deploys.source = releases.source
            and deploys.version = releases.version
        where deploys.read_at <= {{ as_of() }}
    )
select
    source
    || ':'
    || deploy_id
    || case when project_count > 1 then ':' || project else '' end as deployment_id,
    coalesce(commit_repository, project) as repository,
    project as service_name,
    lower(environment) as environment_id,
    coalesce(
        commit_sha,
        nullif(regexp_extract(ref, '^[0-9a-f]{40}$'), ''),
        nullif(regexp_extract(version, '(^|@)([0-9a-f]{40})$', 2), ''),
        nullif(regexp_extract(build_hash, '^[0-9a-f]{40}$'), '')
    ) as commit_sha,
    version,
    'deploy' as task,
    source_url,
    'succeeded' as status,
    false as is_rollback,
    false as is_failure,
    false as is_exposed,
    coalesce(started_at, finished_at) as created_at,
    coalesce(started_at, finished_at) as started_at,
    finished_at,
    source,
    page_id,
    ordinal,
    read_at
from deploys
