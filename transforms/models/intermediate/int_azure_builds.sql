{# Every version of every build of Azure DevOps, with its repository and what tells of its deployments. #}
{{ config(materialized="ephemeral") }}

with
    repositories as (
        select source, repository_id, max(repository) as repository
        from {{ ref("stg_azure_devops__pull_requests") }}
        where read_at <= {{ as_of() }}
        group by source, repository_id
    ),
    told_by_environments as (
        select distinct source, build_id
        from {{ ref("stg_azure_devops__environment_deployments") }}
        where read_at <= {{ as_of() }} and build_id is not null
    )
select
    builds.* replace (
        coalesce(builds.repository, repositories.repository) as repository
    ),
    case
        when builds.status = 'completed' then {{ conclusion("builds.result") }}
    end as conclusion,
    settings.git_environment_id as environment_id,
    settings.deploy_job_pattern,
    regexp_matches(builds.name, settings.deploy_job_pattern) as is_deploy,
    told_by_environments.build_id is not null as is_told_by_environments,
    row_number() over (
        partition by builds.source, builds.build_id
        order by builds.read_at desc, builds.page_id desc, builds.ordinal desc
    )
    = 1 as is_current
from {{ ref("stg_azure_devops__builds") }} as builds
inner join
    {{ ref("int_source_settings") }} as settings on builds.source = settings.source
left join
    repositories
    on builds.source = repositories.source
    and builds.repository_id = repositories.repository_id
left join
    told_by_environments
    on builds.source = told_by_environments.source
    and builds.build_id = told_by_environments.build_id
where builds.read_at <= {{ as_of() }}
