{{ control(subject="deployment") }}

with
    {{ running_subjects() }},
    windows as (
        select
            occurrences.*,
            vendors.vendor_id,
            vendors.name as vendor_title,
            to_seconds(
                cast({{ threshold("vendor_buffer_minutes") }} * 60 as bigint)
            ) as buffer
        from {{ ref("window_occurrences") }} as occurrences
        inner join
            {{ ref("vendors") }} as vendors
            on {{ window_is_of("occurrences", "vendors") }}
        where occurrences.effect = 'vendor'
    ),
    heard_of as (
        select vendors.vendor_id
        from {{ ref("vendors") }} as vendors
        inner join
            {{ ref("ingest_runs") }} as runs
            on vendors.status_source = runs.source
            and runs.status = 'complete'
        union
        select vendor_id
        from windows
    ),
    needed as (
        select
            subjects.subject_id,
            count(*) as vendor_count,
            count(heard_of.vendor_id) as heard_count
        from subjects
        inner join
            {{ ref("vendor_services") }} as vendor_services
            on subjects.service_id = vendor_services.service_id
        left join heard_of on vendor_services.vendor_id = heard_of.vendor_id
        group by subjects.subject_id
    ),
    conflicts as (
        select
            subjects.subject_id,
            count(distinct windows.calendar_window_id) as window_count,
            min(windows.vendor_title) as vendor_title,
            list(
                distinct 'window_occurrences:' || windows.window_occurrence_id
                order by 'window_occurrences:' || windows.window_occurrence_id
            ) as evidence
        from subjects
        inner join
            {{ ref("vendor_services") }} as vendor_services
            on subjects.service_id = vendor_services.service_id
        inner join
            windows
            on vendor_services.vendor_id = windows.vendor_id
            and {{ window_meets("windows", "subjects", buffer="windows.buffer") }}
        group by subjects.subject_id
    ),
    judged as (
        select
            subjects.*,
            needed.vendor_count,
            needed.heard_count,
            conflicts.window_count,
            conflicts.vendor_title,
            conflicts.evidence,
            case
                when needed.subject_id is null
                then 'no_vendor'
                when conflicts.subject_id is not null
                then 'vendor_window'
                when needed.heard_count < needed.vendor_count
                then 'vendor_not_read'
                else 'no_vendor_window'
            end as reason_code
        from subjects
        left join needed on subjects.subject_id = needed.subject_id
        left join conflicts on subjects.subject_id = conflicts.subject_id
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        reason_code
        when 'no_vendor'
        then 'not_applicable'
        when 'vendor_window'
        then 'fail'
        when 'vendor_not_read'
        then 'no_data'
        else 'pass'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'no_vendor'
        then 'No vendor is stated for the service.'
        when 'vendor_window'
        then
            'It meets a window of '
            || vendor_title
            || ', with '
            || cast({{ threshold("vendor_buffer_minutes") }} as bigint)
            || ' minutes before and after.'
        when 'vendor_not_read'
        then
            'Of '
            || vendor_count
            || ' vendors of the service, the calendars of '
            || heard_count
            || ' are read.'
        else 'No window of a vendor of the service is near.'
    end as reason,
    list_concat([{{ subject_key() }}], coalesce(evidence, [])) as evidence,
    coalesce(window_count, 0) as value,
    0 as threshold
from judged
