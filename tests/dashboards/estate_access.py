"""Rights, separate duties and audit logs of the test estate, in plain SQL."""

from datetime import datetime

import duckdb

# holder, role, kind, days since last use, verdict, reason code, reason
RIGHTS = """(values
    ('g1', 'ann', 'auditor', 'auditor', 3, 'pass', 'in_order', 'The right fits its holder.'),
    ('g2', 'ann', 'repo:write', 'developer', 5, 'fail', 'auditor_may_write',
        'An auditor holds payments-platform-production:repo:write, which may change things.'),
    ('g3', 'bob', 'repo:admin', 'operator', 120, 'fail', 'dormant', 'Not used for 120 days.'),
    ('g4', 'bob', 'deployer', 'operator', 2, 'pass', 'in_order', 'The right fits its holder.'),
    ('g5', 'cid', $hostile, null, 1, 'no_data', 'role_unclassified', $hostile))
    as t(id, holder, role_name, kind, unused, verdict, reason_code, reason)"""
LOGS = """(values
    ('audit_log_completeness', 'host:2026-10', 'pass', '900 of 900 events have all six facts.'),
    ('audit_log_completeness', 'host:2026-11', 'fail',
        '986 of 1000 events have all six facts; missing: source 12, identity 3.'),
    ('audit_log_gaps', 'host:2026-11', 'pass', 'The longest silence lasts 12 minutes.'),
    ('audit_log_retention', 'host', 'pass', 'The oldest event is of 2025-09-01.'))
    as t(control_id, subject_id, verdict, reason)"""
COLUMNS = """(control_id, subject_type, subject_id, service_id, team_id, environment_id,
    occurred_at, occurred_date, verdict, underlying_verdict, exemption_id, severity, reason_code,
    reason, evidence)"""


def create_access(connection: duckdb.DuckDBPyConnection, *, as_of: datetime, hostile: str) -> None:
    """Create the tables of rights and add what their controls say to the results."""
    asked = {"now": as_of.replace(tzinfo=None), "hostile": hostile}
    connection.execute(
        f"""create table v1.held_rights as
        select id as access_grant_id, holder as person_id, role_name, 'acme/pay' as resource,
            null::varchar as service_id, null::varchar as team_id,
            'production' as environment_id, kind, false as is_service_account,
            null::bigint as tier, true as is_writing, true as deploys_to_production,
            false as edits_policy, true as is_privileged, true as is_interactive,
            true as tells_last_use, true as is_live, $now - interval 200 days as granted_at,
            $now - unused * interval 1 day as last_used_at,
            $now - interval 50 days as reviewed_at, null::timestamp as revoked_at
        from {RIGHTS}
        where exists (select 1 from v1.fct_deployments)""",
        asked,
    )
    connection.execute(
        """create table v1.toxic_holders as
        select person_id || ':auditor_and_writer' as toxic_holder_id, person_id,
            'auditor_and_writer' as pair, 'audits and may write' as pair_words,
            ['g1', 'g2'] as access_grant_ids, true as is_current,
            $now::timestamp - interval 200 days as held_from_at, null::timestamp as held_to_at
        from v1.held_rights where access_grant_id = 'g2'""",
        {"now": asked["now"]},
    )
    connection.execute(
        """create table v1.duty_violations as
        with placed as (
            select *, row_number() over (order by started_at) as place from v1.fct_deployments
        )
        select deployment_id, service_id, team_id, 'unreviewed_change' as violation,
            1::bigint as violation_order, 'acme/pay#' || place as change_id,
            ['cid'] as person_ids, $hostile as reason, ['changes:1'] as evidence, started_at
        from placed where place % 20 = 0""",
        {"hostile": hostile},
    )
    connection.execute(
        f"""insert into v1.control_results {COLUMNS}
        select 'entitlements', 'access_grant', id, null, null, 'production', $now, $now::date,
            verdict, verdict, null, 'high', reason_code, reason, ['access_grants:' || id]
        from {RIGHTS} where exists (select 1 from v1.fct_deployments)""",
        asked,
    )
    connection.execute(
        f"""insert into v1.control_results {COLUMNS}
        select control_id, 'audit_log_month', subject_id, null, null, null,
            case when subject_id like '%10' then $now - interval 30 days else $now end,
            $now::date, verdict, verdict, null, 'medium', 'told', reason, []
        from {LOGS} where exists (select 1 from v1.fct_deployments)""",
        {"now": asked["now"]},
    )
    connection.execute(f"""insert into v1.control_results {COLUMNS}
        with judged as (
            select deployments.*, violations.deployment_id is not null as is_found,
                row_number() over (
                    partition by violations.deployment_id is not null
                    order by deployments.started_at desc
                ) as place
            from v1.fct_deployments as deployments
            left join v1.duty_violations as violations using (deployment_id)
        )
        select control_id, 'deployment', deployment_id, service_id, team_id, environment_id,
            started_at, started_at::date,
            case when control_id = 'audit_log_coverage' then 'pass'
                when is_found and place = 1 then 'exempt' when is_found then 'fail'
                else 'pass' end,
            case when control_id <> 'audit_log_coverage' and is_found then 'fail'
                else 'pass' end,
            case when control_id <> 'audit_log_coverage' and is_found and place = 1
                then 'exemption-9' end,
            'high', 'told', 'It was looked at.', []
        from judged
        cross join (values ('segregation_of_duties'), ('audit_log_coverage')) as t(control_id)""")
