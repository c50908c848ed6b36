{#
  Incidents whose cause a review had named before they began, while actions of that review were
  still open. The cause of an incident is what a review of it, or of a deployment that caused it, says.
#}
with
    causes as (
        {# as a field of the review, or as what its actions are against #}
        select
            review_record_id,
            lower(trim(try_cast(contents as json) ->> '$.cause_code')) as cause_code
        from {{ ref("review_records") }}
        union
        select review_record_id, lower(trim(cause_code)) as cause_code
        from {{ ref("action_items") }}
    ),
    reviews as (
        select
            reviews.review_record_id,
            reviews.subject_type,
            reviews.subject_id,
            causes.cause_code,
            coalesce(reviews.held_at, reviews.published_at) as held_at
        from {{ ref("review_records") }} as reviews
        inner join causes on reviews.review_record_id = causes.review_record_id
        where
            reviews.kind in ('post_implementation', 'post_mortem')
            and coalesce(reviews.held_at, reviews.published_at) <= {{ as_of() }}
            and causes.cause_code <> ''
    ),
    incidents as (
        select incident_id, number, title, severity, source_url, impact_started_at
        from {{ ref("fct_incidents") }}
        where exclusion_reason is null
    ),
    explained as (
        select incidents.incident_id, reviews.cause_code, reviews.review_record_id
        from reviews
        inner join
            incidents
            on reviews.subject_type = 'incident'
            and reviews.subject_id in (incidents.incident_id, incidents.number)
        union
        select links.incident_id, reviews.cause_code, reviews.review_record_id
        from reviews
        inner join
            {{ ref("deployment_incidents") }} as links
            on reviews.subject_type = 'deployment'
            and reviews.subject_id = links.deployment_id
            and links.is_confirmed
    ),
    caused as (
        select distinct
            explained.cause_code,
            incidents.incident_id,
            incidents.number,
            incidents.title,
            incidents.severity,
            incidents.source_url,
            incidents.impact_started_at
        from explained
        inner join incidents on explained.incident_id = incidents.incident_id
    ),
    earlier as (
        select
            caused.*,
            reviews.review_record_id,
            count(actions.action_item_id) as open_action_count,
            min(actions.due_at) as first_due_at
        from caused
        inner join
            reviews
            on caused.cause_code = reviews.cause_code
            and reviews.held_at <= caused.impact_started_at
        inner join
            {{ ref("review_actions") }} as actions
            on reviews.review_record_id = actions.review_record_id
            and actions.created_at <= caused.impact_started_at
            and (
                actions.closed_at is null
                or actions.closed_at > caused.impact_started_at
            )
        left join
            explained
            on caused.incident_id = explained.incident_id
            and reviews.review_record_id = explained.review_record_id
        where explained.incident_id is null
        group by all
    )
select
    earlier.cause_code,
    earlier.incident_id,
    earlier.number,
    earlier.title,
    services.service_id,
    services.team_id,
    earlier.severity,
    earlier.review_record_id,
    earlier.open_action_count,
    earlier.source_url,
    earlier.first_due_at,
    earlier.impact_started_at
from earlier
left join
    (
        select
            incident_id,
            arg_min(service_id, service_id) as service_id,
            arg_min(team_id, service_id) as team_id
        from {{ ref("incident_services") }}
        group by incident_id
    ) as services
    on earlier.incident_id = services.incident_id
