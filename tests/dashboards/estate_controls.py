"""What controls and reviews say of the test estate, made from its deployments in plain SQL."""

from datetime import datetime

import duckdb

CONTROLS = """(values
    ('approved', 'Approved before start', 'Was it approved before it began?',
        'Each deployment has an approval before it starts.', 'deployment', 'high', 'required'),
    ('tested', 'Tested before start', 'Were its tests green?',
        'Each deployment has green tests.', 'deployment', 'medium', 'required'),
    ('identified', 'Identified', 'Is it known what was deployed?',
        'Each deployment names its digest.', 'deployment', 'low', 'none'))"""
# Verdicts by the place of a deployment in its service: approved fails for every 20th and is
# exempt once, tests are known of nothing, everything is identified.
VERDICT = """case control_id
    when 'approved' then case place % 20 when 0 then 'fail' when 1 then 'exempt'
        when 2 then 'not_applicable' else 'pass' end
    when 'tested' then 'no_data' else 'pass' end"""


def create_controls(
    connection: duckdb.DuckDBPyConnection, *, as_of: datetime, hostile: str
) -> None:
    """Create the tables of the governance engine."""
    connection.execute(f"""create table v1.control_definitions as
        select control_id, 'control_' || control_id as table_name, title, question, plain_words,
            subject_type, severity, gate, []::varchar[] as threshold_keys
        from {CONTROLS} as t(control_id, title, question, plain_words, subject_type, severity, gate)
    """)
    connection.execute("""create table v1.control_frameworks as select * from (values
        ('approved', 'SOC 2', 'CC8.1'), ('approved', 'NIST 800-53', 'CM-3'),
        ('tested', 'NIST 800-53', 'SA-11'), ('identified', 'SOC 2', 'CC8.1'))
        as t(control_id, framework, requirement_id)""")
    connection.execute(
        f"""create table v1.control_results as
        with placed as (
            select *, row_number() over (partition by service_id order by finished_at) as place
            from v1.fct_deployments
        )
        select control_id, subject_type, deployment_id as subject_id, service_id, team_id,
            environment_id, started_at as occurred_at, cast(started_at as date) as occurred_date,
            {VERDICT} as verdict,
            case when {VERDICT} = 'exempt' then 'fail' else {VERDICT} end as underlying_verdict,
            case when {VERDICT} = 'exempt' then 'exemption-7' end as exemption_id, severity,
            'because' as reason_code, case when place % 20 = 0 then $hostile
                else 'The deployment was looked at.' end as reason,
            ['approvals:' || deployment_id] as evidence, cast(null as double) as value,
            cast(null as double) as threshold
        from placed cross join v1.control_definitions""",
        {"hostile": hostile},
    )
    connection.execute("""create table v1.control_matrix as
        with scoped as (
            select 'organisation' as scope, 'all' as scope_id, * from v1.control_results
            union all select 'team', team_id, * from v1.control_results
            union all select 'service', service_id, * from v1.control_results
        ), counted as (
            select control_id, grain, cast(date_trunc(grain, occurred_at) as date)
                as period_start_date, scope, scope_id, count(*) as subject_count,
                count(*) filter (verdict = 'pass') as pass_count,
                count(*) filter (verdict = 'warn') as warn_count,
                count(*) filter (verdict = 'fail') as fail_count,
                count(*) filter (verdict = 'no_data') as no_data_count,
                count(*) filter (verdict = 'inconclusive') as inconclusive_count,
                count(*) filter (verdict = 'not_applicable') as not_applicable_count,
                count(*) filter (verdict = 'exempt') as exempt_count
            from scoped cross join (values ('month'), ('quarter')) as t(grain) group by all
        )
        select *, cast(period_start_date + case grain when 'month' then interval 1 month
                else interval 3 months end as date) as period_end_date,
            subject_count - not_applicable_count as n, fail_count / n as fail_ratio,
            0.0::double as fail_ratio_low, 1.0::double as fail_ratio_high,
            case when fail_count > 0 then 'fail' when no_data_count > 0 then 'no_data'
                else 'pass' end as verdict
        from counted""")
    create_reviews(connection, as_of=as_of, hostile=hostile)


def create_reviews(connection: duckdb.DuckDBPyConnection, *, as_of: datetime, hostile: str) -> None:
    """Create the tables of reviews: every failed deployment needs one, and half of them have it."""
    connection.execute(
        """create table v1.post_implementation_reviews as
        with failed as (
            select *, row_number() over (order by deployment_id) as place,
                finished_at + interval 72 hours as due_at
            from v1.fct_deployments where is_failed
        ), stated as (
            select *, case when due_at > $now then 'open' when place % 2 = 0 then 'on_time'
                when place % 3 = 0 then 'late' else 'overdue' end as state
            from failed
        )
        select 'deployment:' || deployment_id as post_implementation_review_id,
            'deployment' as subject_type, deployment_id as subject_id, service_id, team_id,
            ['failed', 'degradation'] as triggers, state,
            case when state in ('on_time', 'late') then 'https://wiki.example.org/' || place end
                as source_url,
            case when state = 'on_time' then 6 end::bigint as filled_field_count,
            finished_at, due_at,
            case state when 'on_time' then finished_at + interval 20 hours
                when 'late' then finished_at + interval 90 hours end as held_at
        from stated""",
        {"now": as_of.replace(tzinfo=None)},
    )
    connection.execute(
        """create table v1.review_actions as
        select 'files:a-' || place as action_item_id, service_id, team_id, $hostile as title,
            case when place % 2 = 0 then 'pseudonym' end as owner_id, 'retry_storm' as cause_code,
            40.0::double as age_days, place % 3 <> 0 as is_open, place % 3 = 1 as is_overdue,
            case when place % 3 = 0 then true when place % 3 = 1 then false end
            as is_closed_in_time,
            $now::timestamp - interval 3 days as due_at
        from (select *, row_number() over (order by deployment_id) as place
            from v1.fct_deployments where is_failed)""",
        {"now": as_of.replace(tzinfo=None), "hostile": hostile},
    )
    connection.execute("""create table v1.review_action_closure as
        select 'organisation' as scope, 'all' as scope_id, count(*) as action_count,
            count(*) filter (is_open) as open_count, count(*) filter (is_overdue) as overdue_count,
            count(*) as judged_count, count(*) filter (not is_open) as closed_in_time_count,
            count(*) filter (not is_open) / count(*) as closed_in_time_ratio,
            0.1::double as closed_in_time_low, 0.6::double as closed_in_time_high,
            0.8::double as closure_target, 12.0::double as median_days
        from v1.review_actions having count(*) > 0""")
    connection.execute(
        """create table v1.repeat_causes as
        select 'retry_storm' as cause_code, incident_id, number, $hostile as title,
            any_value(services.service_id) as service_id,
            any_value(services.team_id) as team_id, 1::bigint as severity,
            'files:PIR-12' as review_record_id,
            2::bigint as open_action_count, source_url, impact_started_at
        from v1.fct_incidents as incidents
        inner join v1.incident_services as services using (incident_id)
        group by all order by impact_started_at desc limit 3""",
        {"hostile": hostile},
    )
