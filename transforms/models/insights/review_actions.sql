{# What reviews decided to do, and whether it was done. #}
with
    actions as (select * from {{ ref("action_items") }}),
    deployed as (
        select deployment_id, service_id, team_id from {{ ref("fct_deployments") }}
    ),
    reviews as (
        select
            reviews.review_record_id,
            reviews.subject_type,
            reviews.subject_id,
            coalesce(reviews.service_id, deployed.service_id) as service_id,
            coalesce(reviews.held_at, reviews.published_at) as held_at
        from {{ ref("review_records") }} as reviews
        left join
            deployed
            on reviews.subject_type = 'deployment'
            and reviews.subject_id = deployed.deployment_id
        where reviews.kind in ('post_implementation', 'post_mortem')
    ),
    dated as (
        select
            actions.action_item_id,
            actions.review_record_id,
            reviews.subject_type,
            reviews.subject_id,
            reviews.service_id,
            services.team_id,
            actions.owner_id,
            actions.kind,
            actions.title,
            actions.priority,
            actions.cause_code,
            coalesce(actions.created_at, reviews.held_at) as created_at,
            actions.due_at,
            case
                when actions.closed_at <= {{ as_of() }} then actions.closed_at
            end as closed_at
        from actions
        inner join reviews on actions.review_record_id = reviews.review_record_id
        left join
            {{ ref("services") }} as services
            on reviews.service_id = services.service_id
    )
select
    action_item_id,
    review_record_id,
    subject_type,
    subject_id,
    service_id,
    team_id,
    owner_id,
    kind,
    title,
    priority,
    cause_code,
    {{ seconds_between("created_at", "coalesce(closed_at, " ~ as_of() ~ ")") }}
    / 86400 as age_days,
    closed_at is null as is_open,
    closed_at is null and coalesce(due_at < {{ as_of() }}, false) as is_overdue,
    {# neither closed in time nor out of time yet: not known #}
    case
        when
            closed_at
            <= created_at + {{ threshold("review_action_days_max") }} * interval 1 day
        then true
        when
            created_at + {{ threshold("review_action_days_max") }} * interval 1 day
            <= {{ as_of() }}
        then false
    end as is_closed_in_time,
    created_at,
    due_at,
    closed_at
from dated
where created_at <= {{ as_of() }}
