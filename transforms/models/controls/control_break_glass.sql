{{ control(subject="audit_event") }}

{# Each use of emergency access: why it was needed, who looked at it afterwards, and its end. #}
with
    events as (
        select
            *,
            regexp_matches(
                lower(event_type), 'break[ ._-]?glass|emergency[ ._-]?access'
            ) as is_emergency,
            regexp_matches(lower(event_type), 'review|approv|confirm') as is_review,
            regexp_matches(lower(event_type), 'rotat') as is_rotation
        from {{ ref("audit_events") }}
        where occurred_at is not null and occurred_at <= {{ as_of() }}
    ),
    uses as (
        select events.*, services.team_id
        from events
        left join
            {{ ref("services") }} as services on events.service_id = services.service_id
        where events.is_emergency and not events.is_review and not events.is_rotation
    ),
    told as (
        {# a log that never tells of a rotation cannot show that one is missing #}
        select
            source,
            bool_or(is_rotation) as tells_rotations,
            bool_or(is_emergency and is_review) as tells_reviews
        from events
        group by source
    ),
    occasions as (
        select
            incident_services.service_id,
            'incident ' || coalesce(incidents.number, incidents.incident_id) as name,
            'fct_incidents:' || incidents.incident_id as evidence,
            incidents.impact_started_at as began_at,
            coalesce(incidents.closed_at, incidents.restored_at) as ended_at
        from {{ ref("fct_incidents") }} as incidents
        left join
            {{ ref("incident_services") }} as incident_services
            on incidents.incident_id = incident_services.incident_id
        where incidents.exclusion_reason is null
        union all
        select
            service_id,
            'change ' || coalesce(number, change_request_id),
            'change_requests:' || change_request_id,
            coalesce(work_started_at, planned_start_at),
            coalesce(work_ended_at, planned_end_at)
        from {{ ref("change_requests") }}
        where is_current and not coalesce(is_deleted, false)
    ),
    reasons as (
        select
            uses.audit_event_id,
            arg_max(
                struct_pack(
                    name := occasions.name,
                    evidence := occasions.evidence,
                    ended_at := occasions.ended_at
                ),
                (occasions.began_at, occasions.name)
            ) as occasion
        from uses
        inner join
            occasions
            on occasions.began_at <= uses.occurred_at
            and coalesce(occasions.ended_at, {{ as_of() }}) >= uses.occurred_at
            and (uses.service_id is null or uses.service_id = occasions.service_id)
        group by uses.audit_event_id
    ),
    later as (
        select
            uses.audit_event_id,
            min(
                case
                    when
                        others.is_emergency
                        and others.is_review
                        and others.actor_id <> uses.actor_id
                    then others.occurred_at
                end
            ) as reviewed_at,
            min(case when others.is_rotation then others.occurred_at end) as rotated_at,
            list(
                'audit_events:' || others.audit_event_id order by others.audit_event_id
            ) as evidence
        from uses
        inner join
            events as others
            on uses.object_name = others.object_name
            and others.occurred_at > uses.occurred_at
            and (others.is_rotation or (others.is_emergency and others.is_review))
        group by uses.audit_event_id
    ),
    known as (
        select
            uses.*,
            told.tells_rotations,
            told.tells_reviews,
            reasons.occasion,
            later.reviewed_at,
            later.rotated_at,
            later.evidence as later_evidence,
            uses.occurred_at + to_hours(
                cast({{ threshold("break_glass_review_hours_max") }} as integer)
            ) as review_due_at,
            reasons.occasion.ended_at + to_hours(
                cast({{ threshold("break_glass_rotation_hours_max") }} as integer)
            ) as rotation_due_at
        from uses
        inner join told on uses.source = told.source
        left join reasons on uses.audit_event_id = reasons.audit_event_id
        left join later on uses.audit_event_id = later.audit_event_id
    ),
    judged as (
        select
            *,
            case
                when occasion is null
                then 'no_occasion'
                when object_name is null
                then 'object_unknown'
                when reviewed_at > review_due_at
                then 'reviewed_late'
                when reviewed_at is null and not tells_reviews
                then 'reviews_unknown'
                when reviewed_at is null and review_due_at < {{ as_of() }}
                then 'not_reviewed'
                when rotated_at > rotation_due_at
                then 'rotated_late'
                when rotated_at is null and not tells_rotations
                then 'rotations_unknown'
                when rotated_at is null and rotation_due_at < {{ as_of() }}
                then 'not_rotated'
                when reviewed_at is null
                then 'review_due'
                when rotated_at is null
                then 'rotation_due'
                else 'in_order'
            end as reason_code
        from known
    )
select
    audit_event_id as subject_id,
    service_id,
    team_id,
    lower(environment_name) as environment_id,
    occurred_at,
    case
        when reason_code = 'in_order'
        then 'pass'
        when reason_code in ('review_due', 'rotation_due')
        then 'warn'
        when reason_code in ('object_unknown', 'reviews_unknown', 'rotations_unknown')
        then 'no_data'
        else 'fail'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'no_occasion'
        then
            'Emergency access was used while no incident and no change'
            || coalesce(' of ' || service_id, '')
            || ' was open.'
        when 'object_unknown'
        then
            'The log does not say what was reached, so that neither review nor rotation can be found.'
        when 'reviewed_late'
        then
            'Somebody else looked at it only after '
            || round(epoch(reviewed_at - occurred_at) / 3600.0, 1)
            || ' hours.'
        when 'reviews_unknown'
        then 'The log tells of no review of emergency access at all.'
        when 'not_reviewed'
        then 'Nobody else looked at it in time.'
        when 'rotated_late'
        then
            object_name
            || ' was changed only '
            || round(epoch(rotated_at - occasion.ended_at) / 3600.0, 1)
            || ' hours after '
            || occasion.name
            || ' ended.'
        when 'rotations_unknown'
        then 'The log tells of no rotation of secrets at all.'
        when 'not_rotated'
        then
            object_name
            || ' was not changed in time after '
            || occasion.name
            || ' ended.'
        when 'review_due'
        then 'Somebody else has to look at it yet; there is time for it.'
        when 'rotation_due'
        then object_name || ' has to be changed yet; there is time for it.'
        else
            'Used for '
            || occasion.name
            || ', looked at by somebody else and changed in time.'
    end as reason,
    list_concat(
        ['audit_events:' || audit_event_id],
        list_concat(
            case when occasion is null then [] else [occasion.evidence] end,
            coalesce(later_evidence, [])
        )
    ) as evidence,
    epoch(rotated_at - occasion.ended_at) / 3600.0 as value,
    {{ threshold("break_glass_rotation_hours_max") }} as threshold
from judged
