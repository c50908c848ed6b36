{# How many records have the links that they should have; none of it blocks publishing. #}
with
    links as (
        select from_type, from_id, relation, max(confidence) as confidence
        from {{ ref("entity_links") }}
        group by from_type, from_id, relation
    ),
    asked as (
        select
            'part_of' as relation,
            'commit' as from_type,
            'Commits that belong to a change of a host' as meaning,
            repository || '@' || commit_sha as from_id
        from {{ ref("commits") }}
        union all
        select 'implements', 'change', 'Merged changes that name a work item', change_id
        from {{ ref("changes") }}
        where is_merged
        union all
        select
            'went_live_with',
            'change',
            'Merged changes that went live with a deployment',
            change_id
        from {{ ref("changes") }}
        where is_merged
        union all
        select
            'built_from', 'artifact', 'Artifacts whose commit is known', artifact_digest
        from {{ ref("artifacts") }}
        where artifact_digest is not null
        union
        select
            'built_from', 'artifact', 'Artifacts whose commit is known', artifact_digest
        from {{ ref("deployments") }}
        where is_current and artifact_digest is not null
        union all
        select
            'ran_under',
            'deployment',
            'Deployments to production with a change request',
            subject_id
        from {{ ref("control_subjects") }}
        union all
        select 'decides', 'approval', 'Approvals whose subject is known', approval_id
        from {{ ref("approvals") }}
        union all
        select distinct
            'caused_by',
            'incident',
            'Incidents that name the change request that caused them',
            incident_id
        from {{ ref("incidents") }}
        where is_current
    )
select
    asked.relation,
    asked.from_type,
    min(asked.meaning) as meaning,
    count(links.from_id) as numerator,
    count(*) as denominator,
    count(links.from_id) / nullif(count(*), 0)::double as ratio,
    count(case when links.confidence < 1 then 1 end) as uncertain_count
from asked
left join
    links
    on asked.from_type = links.from_type
    and asked.from_id = links.from_id
    and asked.relation = links.relation
group by asked.relation, asked.from_type
