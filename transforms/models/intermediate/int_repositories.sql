{# Every repository that any source named, with the service it would be without configuration. #}
with
    named as (
        select repository, source
        from {{ ref("stg_git__tags") }}
        where read_at <= {{ as_of() }}
        union all
        select repository, source
        from {{ ref("commits") }}
        union all
        select repository, source
        from {{ ref("deployments") }}
        union all
        select repository, source
        from {{ ref("changes") }}
    )
select
    repository,
    min(source) as source,
    regexp_extract(repository, '[^/]+$') as default_service_id
from named
where repository is not null
group by repository
