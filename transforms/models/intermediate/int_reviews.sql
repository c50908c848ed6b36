{#
  What any source tells of reviews that were held, about one subject a row: review records, the
  review of a change request, problems that were resolved, and work items labelled as post-mortems.
  A fact of after as-of is not told. Only review records state fields, so others have no quality.
#}
{%- set fields = ["summary", "contributing_factors", "detection_gap", "what_worked"] -%}
with
    actions as (
        select
            review_record_id,
            count(*) as action_count,
            count(
                case when owner_id is not null and due_at is not null then 1 end
            ) as complete_action_count
        from {{ ref("action_items") }}
        where review_record_id is not null
        group by review_record_id
    ),
    read_records as (
        select
            *,
            try_cast(contents as json) as document,
            try_cast(try_cast(contents as json) -> '$.timeline' as json[]) as timeline,
            try_cast(try_cast(contents as json) -> '$.actions' as json[]) as listed
        from {{ ref("review_records") }}
        where kind in ('post_implementation', 'post_mortem')
    ),
    stamped as (
        {# an event is stamped when it says at what time it was #}
        select
            *,
            coalesce(
                len(
                    list_filter(
                        timeline,
                        lambda event:regexp_matches(
                            cast(event as varchar), '\d{1,2}:\d{2}'
                        )
                    )
                ),
                len(regexp_extract_all(document ->> '$.timeline', '\d{1,2}:\d{2}')),
                0
            ) as timeline_event_count,
            coalesce(
                len(
                    list_filter(
                        listed,
                        lambda action:coalesce(action ->> '$.owner', '') <> ''
                        and coalesce(action ->> '$.due', '') <> ''
                    )
                ),
                0
            ) as complete_listed_count,
            coalesce(len(listed), 0) as listed_count
        from read_records
    ),
    records as (
        select
            'review_records:' || stamped.review_record_id as review_id,
            stamped.review_record_id,
            stamped.subject_type,
            stamped.subject_id,
            stamped.service_id,
            stamped.author_id,
            stamped.held_at,
            stamped.published_at,
            stamped.source_url,
            stamped.timeline_event_count,
            {%- for field in fields %}
                cast(
                    trim(coalesce(stamped.document ->> '$.{{ field }}', ''))
                    <> '' as bigint
                )
                +
            {%- endfor %}
            {# the impact is told in numbers #}
            cast(
                regexp_matches(
                    coalesce(stamped.document ->> '$.impact', ''), '\d'
                ) as bigint
            ) + cast(
                stamped.timeline_event_count
                >= {{ threshold("review_timeline_events_min") }} as bigint
            )
            {# somebody has each action to do, by a day #}
            + cast(
                coalesce(actions.action_count, 0) + stamped.listed_count > 0
                and coalesce(actions.complete_action_count, 0)
                + stamped.complete_listed_count
                = coalesce(actions.action_count, 0) + stamped.listed_count as bigint
            ) as filled_field_count
        from stamped
        left join actions on stamped.review_record_id = actions.review_record_id
    ),
    requests as (
        select
            'change_requests:' || change_request_id as review_id,
            'change_request' as subject_type,
            change_request_id as subject_id,
            service_id,
            reviewed_at as held_at,
            reviewed_at as published_at
        from {{ ref("change_requests") }}
        where is_current and not is_deleted and reviewed_at is not null
    ),
    problems as (
        select
            'problems:' || problem_id as review_id,
            'incident' as subject_type,
            unnest(incident_ids) as subject_id,
            service_id,
            resolved_at as held_at,
            resolved_at as published_at
        from {{ ref("problems") }}
        where resolved_at is not null and state <> 'deleted'
    ),
    post_mortems as (
        select
            'work_items:' || work_item_id as review_id,
            service_id,
            source_url,
            resolved_at as held_at,
            resolved_at as published_at,
            unnest(regexp_extract_all(upper(title), '[A-Z0-9][A-Z0-9:_./-]*')) as word
        from {{ ref("work_items") }}
        where
            is_current
            and not coalesce(is_deleted, false)
            and resolved_at is not null
            and len(
                list_filter(
                    labels,
                    lambda label:regexp_replace(lower(label), '[^a-z]', '', 'g')
                    in ('postmortem', 'postmortems', 'postimplementationreview', 'pir')
                )
            )
            > 0
    ),
    numbers as (
        select
            upper(number) as word, 'incident' as subject_type, incident_id as subject_id
        from {{ ref("fct_incidents") }}
        where number is not null
        union all
        select
            upper(number) as word,
            'change_request' as subject_type,
            change_request_id as subject_id
        from {{ ref("change_requests") }}
        where number is not null and is_current
    ),
    named as (
        select distinct
            post_mortems.review_id,
            numbers.subject_type,
            numbers.subject_id,
            post_mortems.service_id,
            post_mortems.held_at,
            post_mortems.published_at,
            post_mortems.source_url
        from post_mortems
        inner join numbers on rtrim(post_mortems.word, ':./-') = numbers.word
    ),
    told as (
        select *
        from records
        union all by name
        select *
        from requests
        union all by name
        select *
        from problems
        union all by name
        select *
        from named
    )
select
    review_id,
    review_record_id,
    subject_type,
    subject_id,
    service_id,
    author_id,
    case when held_at <= {{ as_of() }} then held_at end as held_at,
    case when published_at <= {{ as_of() }} then published_at end as published_at,
    source_url,
    timeline_event_count,
    filled_field_count,
    filled_field_count / {{ fields | length + 3 }} as quality_ratio
from told
