{# Who did something, by source; one person is one row a source. #}
with
    acts as (
        select author_id as person_id, source, is_bot
        from {{ ref("commits") }}
        union all
        select author_id, source, is_bot
        from {{ ref("changes") }}
        union all
        select author_id, source, is_bot
        from {{ ref("change_commits") }}
        union all
        select reviewer_id, source, is_bot
        from {{ ref("reviews") }}
        union all
        select actor_id, source, false
        from {{ ref("deployments") }}
        union all
        select approver_id, source, false
        from {{ ref("approvals") }}
        union all
        select unnest([requester_id, assignee_id]), source, false
        from {{ ref("change_requests") }}
        union all
        select actor_id, source, false
        from {{ ref("configuration_changes") }}
        union all
        select unnest([assignee_id, reporter_id]), source, false
        from {{ ref("work_items") }}
        union all
        select actor_id, source, false
        from {{ ref("work_item_events") }}
        union all
        select person_id, source, false
        from {{ ref("oncall_shifts") }}
    ),
    actors as (
        select
            person_id,
            source,
            bool_or(coalesce(is_bot, false)) or starts_with(person_id, 'bot-') as is_bot
        from acts
        where person_id is not null
        group by person_id, source
    )
select *
from actors
