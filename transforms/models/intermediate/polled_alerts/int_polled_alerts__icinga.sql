{# A recovery that was read ends the problem that came before it. #}
with
    states as (
        select 'hosts' as stream, *
        from {{ ref("stg_icinga__hosts") }}
        union all
        select 'services' as stream, *
        from {{ ref("stg_icinga__services") }}
    ),
    known as (select * from states where read_at <= {{ as_of() }}),
    problems as (select * from known where is_problem),
    ends as (
        select
            problems.source,
            problems.fingerprint,
            problems.changed_at,
            min(recoveries.changed_at) as ended_at
        from problems
        inner join
            known as recoveries
            on problems.source = recoveries.source
            and problems.fingerprint = recoveries.fingerprint
            and problems.changed_at < recoveries.changed_at
        where not recoveries.is_problem
        group by problems.source, problems.fingerprint, problems.changed_at
    )
select
    problems.source,
    problems.stream,
    problems.fingerprint,
    problems.name,
    problems.severity,
    problems.labels,
    null as source_url,
    problems.changed_at as started_at,
    ends.ended_at as stated_ended_at,
    problems.seen_at,
    problems.page_id,
    problems.ordinal,
    problems.read_at
from problems
left join
    ends
    on problems.source = ends.source
    and problems.fingerprint = ends.fingerprint
    and problems.changed_at = ends.changed_at
