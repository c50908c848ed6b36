{# Everybody who is declared or did something. #}
with
    known as (
        select
            person_id, min(origin) as origin, max(kind) as kind, count(*) as alias_count
        from {{ ref("identity_aliases") }}
        group by person_id
    ),
    actors as (
        select
            person_id, bool_or(is_bot) as is_bot, count(distinct source) as source_count
        from {{ ref("int_actors") }}
        group by person_id
    )
select
    coalesce(known.person_id, actors.person_id) as person_id,
    case
        when known.origin = 'declared'
        then known.kind
        when coalesce(actors.is_bot, false)
        then 'bot'
        else 'human'
    end as kind,
    coalesce(known.origin, 'alone') as origin,
    coalesce(known.alias_count, 1) as alias_count,
    coalesce(actors.source_count, 0) as source_count
from known
full join actors on known.person_id = actors.person_id
