{#
  Every reason for which a deployment or change request needs a review, with the instant from
  which its time runs. An incident that was opened again starts that anew only when it got worse.
#}
with
    requests as (
        select
            *,
            coalesce(work_ended_at, planned_end_at) as finished_at,
            lower(type) = 'emergency' as is_emergency,
            coalesce(
                regexp_matches(
                    lower(close_code), 'unsuccessful|failed|backed.?out|rolled.?back'
                ),
                false
            ) as is_unsuccessful
        from {{ ref("change_requests") }}
        where
            is_current
            and not is_deleted
            and lower(state) not in ('4', 'canceled', 'cancelled', 'deleted')
    ),
    linked as (
        select deployment_id, change_request_id
        from {{ ref("deployment_details") }}
        where change_request_id is not null
    ),
    deployments as (
        select
            'deployment' as subject_type,
            subjects.subject_id,
            subjects.service_id,
            subjects.team_id,
            subjects.environment_id,
            subjects.tier,
            subjects.version,
            subjects.commit_sha,
            linked.change_request_id,
            facts.is_failed,
            facts.is_rolled_back,
            facts.is_change and facts.reached_production as is_release,
            coalesce(requests.is_emergency, false) as is_emergency,
            coalesce(requests.is_unsuccessful, false) as is_unsuccessful,
            subjects.finished_at
        from {{ deployment_subjects() }} as subjects
        inner join
            {{ ref("fct_deployments") }} as facts
            on subjects.subject_id = facts.deployment_id
        left join linked on subjects.subject_id = linked.deployment_id
        left join requests on linked.change_request_id = requests.change_request_id
        where subjects.finished_at <= {{ as_of() }}
    ),
    alone as (
        {# a change request whose deployments are known is reviewed with them #}
        select
            'change_request' as subject_type,
            requests.change_request_id as subject_id,
            requests.service_id,
            services.team_id,
            services.tier,
            requests.change_request_id,
            false as is_failed,
            false as is_rolled_back,
            false as is_release,
            requests.is_emergency,
            requests.is_unsuccessful,
            requests.finished_at
        from requests
        left join linked on requests.change_request_id = linked.change_request_id
        left join
            {{ ref("services") }} as services
            on requests.service_id = services.service_id
        where linked.change_request_id is null and requests.finished_at <= {{ as_of() }}
    ),
    subjects as (
        select *
        from deployments
        union all by name
        select *
        from alone
    ),
    reopened as (
        {# a smaller number is a worse severity #}
        select incident_id, max(reopened_at) as reopened_at
        from {{ ref("incidents") }}
        where reopened_at is null or reopened_at <= {{ as_of() }}
        group by incident_id
        having
            min(case when reopened_at is not null then severity end) < arg_max(
                case when reopened_at is null then severity end,
                case when reopened_at is null then version_number end
            )
    ),
    consequences as (
        select
            links.deployment_id as subject_id,
            min(incidents.severity) as worst_severity,
            max(incidents.restore_seconds) / 60 as longest_minutes,
            max(incidents.detect_seconds) / 60 as longest_unseen_minutes,
            list(lower(incidents.title)) as titles,
            list(distinct incidents.incident_id) as incident_ids,
            max(reopened.reopened_at) as reopened_at
        from {{ ref("deployment_incidents") }} as links
        inner join
            {{ ref("fct_incidents") }} as incidents
            on links.incident_id = incidents.incident_id
        left join reopened on incidents.incident_id = reopened.incident_id
        where links.is_confirmed
        group by links.deployment_id
    ),
    joined as (
        select
            subjects.*,
            consequences.worst_severity,
            consequences.longest_minutes,
            consequences.longest_unseen_minutes,
            consequences.titles,
            coalesce(consequences.incident_ids, []) as incident_ids,
            subjects.is_failed or subjects.is_unsuccessful as has_failed,
            greatest(
                subjects.finished_at,
                coalesce(consequences.reopened_at, subjects.finished_at)
            ) as due_from_at
        from subjects
        left join consequences on subjects.subject_id = consequences.subject_id
    )
select
    joined.* exclude (titles, longest_minutes, longest_unseen_minutes, has_failed),
    rules.trigger_name,
    rules.clock,
    rules.due_hours
from joined
inner join
    {{ ref("int_review_rules") }} as rules
    on rules.is_required
    and case
        rules.trigger_name
        when 'failed'
        then joined.has_failed and coalesce(joined.worst_severity, 1) <= 2
        when 'failed_low_severity'
        then joined.has_failed and joined.worst_severity > 2
        when 'rolled_back'
        then joined.is_rolled_back
        when 'emergency'
        then joined.is_emergency
        when 'tier_1_release'
        then joined.tier = 1 and joined.is_release
        when 'degradation'
        then joined.worst_severity <= {{ threshold("review_severity_max") }}
        when 'data_loss'
        then
            len(
                list_filter(
                    joined.titles,
                    lambda title:len(
                        list_filter(
                            coalesce(rules.words, ['data loss']),
                            lambda word:contains(title, lower(word))
                        )
                    )
                    > 0
                )
            )
            > 0
        when 'slow_resolution'
        then joined.longest_minutes > {{ threshold("review_resolution_minutes_max") }}
        when 'monitoring_failure'
        then
            joined.longest_unseen_minutes
            > {{ threshold("review_detection_minutes_max") }}
    end
