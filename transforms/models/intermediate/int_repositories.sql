{# Every repository that any source named, with the service it would be without configuration. #}
with
    named as (
        select repository, source, 'git' as kind
        from {{ ref("stg_git__commits") }}
        where read_at <= {{ as_of() }}
        union all
        select repository, source, 'git' as kind
        from {{ ref("stg_git__tags") }}
        where read_at <= {{ as_of() }}
        union all
        select repository, source, 'github' as kind
        from {{ ref("stg_github__deployments") }}
        where read_at <= {{ as_of() }}
        union all
        select repository, source, 'github' as kind
        from {{ ref("stg_github__pulls") }}
        where read_at <= {{ as_of() }}
        union all
        select repository, source, 'github' as kind
        from {{ ref("stg_github__commits") }}
        where read_at <= {{ as_of() }}
    ),
    repositories as (
        select repository, min(kind) as kind, min(source) as source
        from named
        group by repository
    )
select
    repository, kind, source, regexp_extract(repository, '[^/]+$') as default_service_id
from repositories
