{{ control(subject="deployment") }}
{#- what was known by the instant at which the deployment began, or would begin #}
with
    subjects as (select * from {{ deployment_subjects() }}),
    vulnerabilities as (select * from {{ ref("vulnerability_sla") }}),
    waivers as (
        select
            subject_id,
            greatest(granted_at, coalesce(approved_at, granted_at)) as from_at,
            expires_at
        from {{ ref("exemptions") }}
        where
            subject_type = 'finding'
            and approver_count >= {{ threshold("exemption_approvers_min") }}
            and list_has_any(control_ids, ['supply_chain', '*'])
    ),
    exposed as (
        select subjects.subject_id, subjects.started_at, vulnerabilities.*
        from subjects
        inner join
            vulnerabilities
            on subjects.artifact_digest = vulnerabilities.artifact_digest
        union all
        select subjects.subject_id, subjects.started_at, vulnerabilities.*
        from subjects
        inner join
            vulnerabilities
            on subjects.service_id = vulnerabilities.service_id
            and vulnerabilities.artifact_digest is null
    ),
    blocking as (
        select
            subject_id,
            started_at,
            vulnerability,
            finding_ids,
            '; base image '
            || base_image
            || coalesce(' of ' || base_owner, '') as origin,
            case
                when is_exploited and exploited_at <= started_at
                then 'exploited'
                when severity = 'unknown'
                then 'severity_unknown'
                when severity = 'critical' and fixed_version is not null
                then 'critical_with_fix'
                when severity = 'high' and fixed_version is not null
                then 'high_overdue'
                else 'critical_without_fix'
            end as kind
        from exposed
        where
            first_seen_at <= started_at
            and (closed_at is null or closed_at > started_at)
            and (
                (is_exploited and exploited_at <= started_at)
                or severity in ('critical', 'unknown')
                or (
                    severity = 'high'
                    and fixed_version is not null
                    and {{ local_date("started_at") }} > due_date
                )
            )
    ),
    previous as (
        select subjects.subject_id, max(earlier.started_at) as started_at
        from subjects
        inner join
            {{ ref("fct_deployments") }} as earlier
            on subjects.service_id = earlier.service_id
            and earlier.environment_tier = 'production'
            and earlier.started_at < subjects.started_at
        group by subjects.subject_id
    ),
    weaknesses as (
        select
            subjects.subject_id,
            subjects.started_at,
            coalesce(findings.rule_id, findings.finding_id) as vulnerability,
            [findings.finding_id] as finding_ids,
            cast(null as varchar) as origin,
            'new_weakness' as kind
        from subjects
        inner join
            {{ ref("findings") }} as findings
            on subjects.service_id = findings.service_id
        left join previous on subjects.subject_id = previous.subject_id
        where
            findings.category = 'static_analysis'
            and findings.severity in ('blocker', 'critical')
            and findings.first_seen_at <= subjects.started_at
            and findings.first_seen_at
            >= coalesce(previous.started_at, findings.first_seen_at)
            and (
                findings.state = 'open'
                or coalesce(findings.fixed_at, findings.dismissed_at)
                > subjects.started_at
            )
    ),
    judged as (
        select blocking.*
        from blocking
        union all
        select weaknesses.*
        from weaknesses
    ),
    waived as (
        select judged.subject_id, judged.vulnerability
        from judged
        inner join
            waivers
            on list_contains(
                list_append(judged.finding_ids, judged.vulnerability),
                waivers.subject_id
            )
            and judged.started_at >= waivers.from_at
            and judged.started_at < waivers.expires_at
        group by judged.subject_id, judged.vulnerability
    ),
    weighed as (
        select
            judged.subject_id,
            judged.vulnerability,
            judged.finding_ids,
            coalesce(judged.origin, '') as origin,
            case
                when waived.subject_id is not null then 'waived' else judged.kind
            end as kind
        from judged
        left join
            waived
            on judged.subject_id = waived.subject_id
            and judged.vulnerability = waived.vulnerability
    ),
    counted as (
        select
            subject_id,
            count(
                case
                    when
                        kind
                        not in ('waived', 'critical_without_fix', 'severity_unknown')
                    then 1
                end
            ) as blocking_count,
            count(
                case when kind = 'critical_without_fix' then 1 end
            ) as unfixable_count,
            count(case when kind = 'severity_unknown' then 1 end) as unrated_count,
            string_agg(
                case
                    when
                        kind
                        not in ('waived', 'critical_without_fix', 'severity_unknown')
                    then
                        vulnerability
                        || ' ('
                        || replace(kind, '_', ' ')
                        || origin
                        || ')'
                end,
                ', '
                order by kind, vulnerability
            ) as blocking_names,
            string_agg(
                case
                    when kind = 'critical_without_fix'
                    then
                        vulnerability
                        || coalesce(' (' || nullif(ltrim(origin, '; '), '') || ')', '')
                end,
                ', '
                order by vulnerability
            ) as unfixable_names,
            min(
                case
                    when
                        kind
                        not in ('waived', 'critical_without_fix', 'severity_unknown')
                    then kind
                end
            ) as first_kind,
            list_transform(
                list_sort(list_distinct(flatten(list(finding_ids)))),
                lambda one:'findings:' || one
            ) as evidence
        from weighed
        group by subject_id
    ),
    scanned as (
        select
            subjects.subject_id,
            max(scans.database_updated_at) as database_updated_at,
            arg_max(
                scans.scan_id, (scans.database_updated_at, scans.scanned_at)
            ) as dated_scan_id,
            max(scans.scan_id) as scan_id
        from subjects
        inner join
            {{ ref("scans") }} as scans
            on scans.kind = 'dependency'
            and scans.scanned_at <= subjects.started_at
            and (
                scans.artifact_digest = subjects.artifact_digest
                or (
                    scans.artifact_digest is null
                    and scans.commit_sha = subjects.commit_sha
                )
            )
        group by subjects.subject_id
    ),
    known as (
        select
            subjects.*,
            coalesce(counted.blocking_count, 0) as blocking_count,
            coalesce(counted.unfixable_count, 0) as unfixable_count,
            coalesce(counted.unrated_count, 0) as unrated_count,
            counted.blocking_names,
            counted.unfixable_names,
            counted.first_kind,
            counted.evidence as finding_keys,
            scanned.subject_id is not null as is_scanned,
            coalesce(scanned.dated_scan_id, scanned.scan_id) as scan_id,
            epoch(subjects.started_at - scanned.database_updated_at)
            / 3600.0 as database_hours
        from subjects
        left join counted on subjects.subject_id = counted.subject_id
        left join scanned on subjects.subject_id = scanned.subject_id
    ),
    reasoned as (
        select
            *,
            case
                when blocking_count > 0
                then first_kind
                when not is_scanned
                then 'not_scanned'
                when database_hours is null
                then 'database_age_unknown'
                when database_hours > {{ threshold("scan_database_hours_max") }}
                then 'database_old'
                when unfixable_count > 0
                then 'critical_without_fix'
                when unrated_count > 0
                then 'severity_unknown'
                when finding_keys is not null
                then 'waived'
                else 'nothing_blocking'
            end as reason_code
        from known
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        when blocking_count > 0
        then 'fail'
        when reason_code in ('not_scanned', 'database_age_unknown', 'database_old')
        then 'no_data'
        when reason_code in ('critical_without_fix', 'severity_unknown', 'waived')
        then 'warn'
        else 'pass'
    end as verdict,
    reason_code,
    case
        when blocking_count > 0
        then
            blocking_count
            || ' open and not waived: '
            || left(blocking_names, 400)
            || '.'
        when reason_code = 'not_scanned'
        then 'No scan of this artifact for vulnerable packages was known by then.'
        when reason_code = 'database_age_unknown'
        then
            'The artifact was scanned; how old the scanner''s database was is not stated.'
        when reason_code = 'database_old'
        then
            'The newest database that it was scanned with was '
            || round(database_hours, 1)
            || ' hours old.'
        when reason_code = 'critical_without_fix'
        then
            unfixable_count
            || ' critical and open, for which there is no fix: '
            || left(unfixable_names, 400)
            || '.'
        when reason_code = 'severity_unknown'
        then unrated_count || ' open, of which no scanner says how severe they are.'
        when reason_code = 'waived'
        then 'What would block is waived.'
        else 'Scanned with a database of that day; nothing blocks.'
    end as reason,
    list_concat(
        coalesce(finding_keys, []),
        case when scan_id is null then [] else ['scans:' || scan_id] end
    ) as evidence,
    cast(blocking_count as double) as value,
    cast(0 as double) as threshold
from reasoned
