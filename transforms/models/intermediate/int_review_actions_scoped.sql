{# Actions of reviews once for each scope that they count in. #}
with
    actions as (select * from {{ ref("review_actions") }}),
    scoped as (
        select 'organisation' as scope, 'all' as scope_id, actions.*
        from actions
        union all
        select 'team' as scope, team_id as scope_id, actions.*
        from actions
        where team_id is not null
        union all
        select 'service' as scope, service_id as scope_id, actions.*
        from actions
        where service_id is not null
    )
select *
from scoped
