{#
  Every deployment and change request that needs a review, until when, and the review that answers
  it. One review may answer several: all that a release, a change request or an incident brought.
#}
with
    triggers as (select * from {{ ref("int_review_triggers") }}),
    calendars as (select team_id, calendar_id from {{ ref("int_calendars") }}),
    placed as (
        select
            triggers.*,
            coalesce(calendars.calendar_id, 'organisation') as calendar_id,
            cast(triggers.due_from_at as date) as due_from_date
        from triggers
        left join calendars on triggers.team_id = calendars.team_id
    ),
    targets as (
        select
            placed.subject_type,
            placed.subject_id,
            placed.trigger_name,
            placed.calendar_id,
            {{ working_us_until("placed.due_from_at", "openings") }} / 1e6
            + placed.due_hours * 3600 as working_seconds_due
        from placed
        inner join
            {{ ref("int_working_openings") }} as openings
            on placed.calendar_id = openings.calendar_id
            and placed.due_from_date = openings.utc_date
        where placed.clock = 'business_hours'
    ),
    working_days as (
        select calendar_id, opens_at, working_seconds_before
        from {{ ref("calendar_days") }}
        where is_working_day and working_seconds > 0
    ),
    working_dues as (
        select
            targets.subject_type,
            targets.subject_id,
            targets.trigger_name,
            working_days.opens_at + to_microseconds(
                cast(
                    (targets.working_seconds_due - working_days.working_seconds_before)
                    * 1e6 as bigint
                )
            ) as due_at
        from targets
        asof inner join
            working_days
            on targets.calendar_id = working_days.calendar_id
            and targets.working_seconds_due > working_days.working_seconds_before
    ),
    dues as (
        select
            placed.*,
            coalesce(
                working_dues.due_at,
                placed.due_from_at
                + to_microseconds(cast(placed.due_hours * 3600000000 as bigint))
            ) as trigger_due_at
        from placed
        left join
            working_dues
            on placed.subject_type = working_dues.subject_type
            and placed.subject_id = working_dues.subject_id
            and placed.trigger_name = working_dues.trigger_name
    ),
    required as (
        select
            subject_type,
            subject_id,
            any_value(service_id) as service_id,
            any_value(team_id) as team_id,
            any_value(environment_id) as environment_id,
            any_value(change_request_id) as change_request_id,
            any_value(version) as version,
            any_value(commit_sha) as commit_sha,
            any_value(incident_ids) as incident_ids,
            list(trigger_name order by trigger_name) as triggers,
            arg_min(clock, trigger_due_at) as clock,
            any_value(finished_at) as finished_at,
            any_value(due_from_at) as due_from_at,
            min(trigger_due_at) as due_at
        from dues
        group by subject_type, subject_id
    ),
    names as (
        {# every name under which a review may speak of what is required #}
        select subject_type, subject_id, subject_type as named_type, subject_id as name
        from required
        union all
        select subject_type, subject_id, 'release' as named_type, version as name
        from required
        where version is not null
        union all
        select subject_type, subject_id, 'commit' as named_type, commit_sha as name
        from required
        where commit_sha is not null
        union all
        select
            subject_type,
            subject_id,
            'change_request' as named_type,
            change_request_id as name
        from required
        where change_request_id is not null
        union all
        select
            required.subject_type,
            required.subject_id,
            'change_request' as named_type,
            requests.number as name
        from required
        inner join
            {{ ref("change_requests") }} as requests
            on required.change_request_id = requests.change_request_id
            and requests.is_current
            and requests.number is not null
        union all
        select
            subject_type,
            subject_id,
            'incident' as named_type,
            unnest(incident_ids) as name
        from required
        union all
        select
            involved.subject_type,
            involved.subject_id,
            'incident' as named_type,
            incidents.number as name
        from
            (
                select subject_type, subject_id, unnest(incident_ids) as incident_id
                from required
            ) as involved
        inner join
            {{ ref("fct_incidents") }} as incidents
            on involved.incident_id = incidents.incident_id
            and incidents.number is not null
    ),
    reviews as (
        select
            *,
            subject_type as named_type,
            subject_id as name,
            coalesce(held_at, published_at) as review_at
        from {{ ref("int_reviews") }}
    ),
    siblings as (
        {# a review of one deployment is one of all that deployed the same commit of the service #}
        select
            reviews.* exclude (named_type, name, service_id),
            'commit' as named_type,
            deployments.commit_sha as name,
            deployments.service_id
        from reviews
        inner join
            {{ ref("fct_deployments") }} as deployments
            on reviews.named_type = 'deployment'
            and reviews.name = deployments.deployment_id
            and deployments.commit_sha is not null
    ),
    told as (
        select *
        from reviews
        union all by name
        select *
        from siblings
    ),
    answered as (
        select
            required.subject_type,
            required.subject_id,
            told.review_id,
            told.review_record_id,
            told.author_id,
            told.held_at,
            told.published_at,
            told.source_url,
            told.timeline_event_count,
            told.filled_field_count,
            told.quality_ratio,
            row_number() over (
                partition by required.subject_type, required.subject_id
                order by
                    coalesce(
                        told.published_at is not null
                        and told.review_at <= required.due_at,
                        false
                    ) desc,
                    told.published_at is null,
                    told.review_at,
                    told.review_id
            ) as preference
        from required
        inner join
            names
            on required.subject_type = names.subject_type
            and required.subject_id = names.subject_id
        inner join told on names.named_type = told.named_type and names.name = told.name
        where
            told.review_at >= required.due_from_at
            and (
                names.named_type not in ('release', 'commit')
                or told.service_id is null
                or told.service_id = required.service_id
            )
    ),
    joined as (
        select
            required.*,
            answered.* exclude (subject_type, subject_id, preference),
            coalesce(answered.held_at, answered.published_at) as review_at
        from required
        left join
            answered
            on required.subject_type = answered.subject_type
            and required.subject_id = answered.subject_id
            and answered.preference = 1
    )
select
    subject_type || ':' || subject_id as post_implementation_review_id,
    subject_type,
    subject_id,
    service_id,
    team_id,
    environment_id,
    change_request_id,
    review_record_id,
    review_id,
    author_id,
    triggers,
    incident_ids,
    clock,
    case
        when published_at is not null and review_at <= due_at
        then 'on_time'
        when published_at is not null
        then 'late'
        when due_at > {{ as_of() }}
        then 'open'
        when held_at is not null
        then 'unpublished'
        else 'overdue'
    end as state,
    source_url,
    filled_field_count,
    timeline_event_count,
    quality_ratio,
    finished_at,
    due_at,
    review_at as held_at,
    published_at
from joined
