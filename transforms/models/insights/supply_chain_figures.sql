{# How the supply chain stands now: of the organisation, of each team and of each service. #}
with
    services as (select service_id, team_id from {{ ref("services") }}),
    covered as (
        select
            service_id,
            count(*) as needed_scan_count,
            count(case when is_covered then 1 end) as covered_scan_count
        from {{ ref("scan_coverage") }}
        group by service_id
    ),
    deployed as (
        select
            subjects.service_id,
            subjects.artifact_digest,
            bool_or(signed.verdict = 'pass') as is_signed
        from {{ ref("control_subjects") }} as subjects
        inner join
            {{ ref("control_signed_artifacts") }} as signed
            on subjects.subject_id = signed.subject_id
        where subjects.artifact_digest is not null
        group by subjects.service_id, subjects.artifact_digest
    ),
    signed as (
        select
            service_id,
            count(*) as artifact_count,
            count(case when is_signed then 1 end) as signed_artifact_count
        from deployed
        group by service_id
    ),
    mended as (
        select
            service_id,
            count(
                case when sla_state not in ('not_affected', 'closed') then 1 end
            ) as vulnerability_count,
            count(
                case
                    when sla_state in ('closed_in_time', 'open', 'due_today') then 1
                end
            ) as in_time_count,
            count(case when sla_state = 'overdue' then 1 end) as overdue_count,
            count(
                case
                    when is_exploited and sla_state in ('open', 'due_today', 'overdue')
                    then 1
                end
            ) as open_exploited_count,
            sum(exposure_days) as exposure_days
        from {{ ref("vulnerability_sla") }}
        group by service_id
    ),
    by_service as (
        select *
        from services
        left join covered using (service_id)
        left join signed using (service_id)
        left join mended using (service_id)
    ),
    scoped as ({{ in_each_scope("by_service") }}),
    summed as (
        select
            scope,
            scope_id,
            cast(coalesce(sum(needed_scan_count), 0) as bigint) as needed_scan_count,
            cast(coalesce(sum(covered_scan_count), 0) as bigint) as covered_scan_count,
            cast(coalesce(sum(artifact_count), 0) as bigint) as artifact_count,
            cast(
                coalesce(sum(signed_artifact_count), 0) as bigint
            ) as signed_artifact_count,
            cast(
                coalesce(sum(vulnerability_count), 0) as bigint
            ) as vulnerability_count,
            cast(coalesce(sum(in_time_count), 0) as bigint) as in_time_count,
            cast(coalesce(sum(overdue_count), 0) as bigint) as overdue_count,
            cast(
                coalesce(sum(open_exploited_count), 0) as bigint
            ) as open_exploited_count,
            cast(coalesce(sum(exposure_days), 0) as double) as exposure_days
        from scoped
        group by scope, scope_id
    )
select
    *,
    covered_scan_count / nullif(needed_scan_count, 0)::double as scan_coverage_ratio,
    signed_artifact_count / nullif(artifact_count, 0)::double as signed_ratio,
    in_time_count / nullif(vulnerability_count, 0)::double as sla_ratio
from summed
