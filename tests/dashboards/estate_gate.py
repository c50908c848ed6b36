"""Controls of the test estate: a service whose newest artifact is shut out and an older one is not.

Made up in the published schema; the models are tested in tests/transforms and tests/orchestration.
"""

from pathlib import Path

import duckdb

SERVICE = "basket"
BAD, GOOD = "sha256:" + "b" * 64, "sha256:" + "a" * 64
COMMIT = "c" * 40


def add_gate(folder: Path, *, hostile: str) -> None:
    """Add what the gate reads to a published build, and a deployment of the good artifact."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        text = hostile.replace("'", "''")
        for statement in _STATEMENTS:
            connection.execute(
                statement.format(service=SERVICE, bad=BAD, good=GOOD, sha=COMMIT, hostile=text)
            )


_STATEMENTS = (
    """create or replace table v1.environments as select * from (values
        ('production', 'production', 'production', true), ('qa', 'qa', 'test', true)
        ) as t(environment_id, name, tier, is_declared)""",
    """create or replace table v1.control_deployables as select * from (values
        ('{service}', '{bad}', 'd' || left('{sha}', 39), '2.0.0', 'acme/basket',
            timestamp '2026-11-22 07:00'),
        ('{service}', '{good}', '{sha}', '1.9.0', 'acme/basket', timestamp '2026-11-20 07:00'),
        ('{service}', '{sha}', '{sha}', '1.9.0', 'acme/basket', timestamp '2026-11-20 07:00')
        ) as t(service_id, artifact_key, commit_sha, version, repository, known_at)""",
    """create or replace table v1.control_definitions as select * from (values
        ('gate_coverage', 'control_gate_coverage', 'Gate coverage', 'deployment', 'high',
            'required', ['gate_coverage_ratio_min']),
        ('advice', 'control_advice', 'Advice', 'deployment', 'low', 'advisory', []),
        ('afterwards', 'control_afterwards', 'Afterwards', 'deployment', 'low', 'none', [])
        ) as t(control_id, table_name, title, subject_type, severity, gate, threshold_keys)""",
    """create or replace table v1.thresholds as select 'gate_coverage_ratio_min' as threshold_key,
        1.0::double as value, 'ratio' as unit, 'Gates' as title, 'house' as source_tag,
        'Leadline''s default' as source_ref, 'team:release' as owner""",
    """create or replace table v1.exemptions (exemption_id varchar, control_ids varchar[],
        subject_type varchar, subject_id varchar, approver_count bigint, granted_at timestamp,
        approved_at timestamp, expires_at timestamp)""",
    """create or replace macro v1.control_gate_coverage_at(s, d, e, t) as table select
        'candidate' as subject_id, s as service_id, 'Checkout' as team_id,
        e as environment_id, t::timestamp as occurred_at,
        case when d = '{good}' then 'pass' else 'fail' end as verdict,
        'soft_fail' as reason_code,
        case when d = '{good}' then 'All 5 required gates passed before the start.'
            else '4 of 5 required gates passed before the start: sast failed but was allowed to.'
        end as reason, ['pipeline_jobs:github:1'] as evidence,
        case when d = '{good}' then 1.0::double else 0.8 end as value, 1.0::double as threshold""",
    """create or replace macro v1.control_advice_at(s, d, e, t) as table select
        'candidate' as subject_id, s as service_id, 'Checkout' as team_id,
        e as environment_id, t::timestamp as occurred_at,
        'pass' as verdict, 'fine' as reason_code, '{hostile}' as reason,
        []::varchar[] as evidence, null::double as value, null::double as threshold""",
    """create or replace table v1.gate_runs as select * from (values
        ('g1', 'sast', 'static analysis', '{bad}', 'd' || left('{sha}', 39), 'failed', true),
        ('g2', 'unit', '{hostile}', '{bad}', 'd' || left('{sha}', 39), 'success', false)
        ) as t(gate_run_id, gate, part, artifact_digest, commit_sha, status, is_soft_fail)
        cross join (select 1::bigint as attempt, timestamp '2026-11-22 06:00' as finished_at,
            'https://example.org/run' as source_url)""",
    """create or replace table v1.sign_offs as select
        'sign_off-1' as sign_off_id, '{service}' as service_id,
        '{bad}' as artifact_key, 'item' as kind, 'runbook' as item, null::varchar as role_name,
        'pass' as verdict, 'https://example.org/runbook' as evidence_url,
        '{hostile}' as words, 'person-1' as signed_by_id,
        timestamp '2026-11-22 08:00' as signed_at, null::timestamp as ended_at""",
    """create or replace table v1.control_results as select deployment_id as subject_id,
        unnest(['pass', 'no_data']) as verdict from v1.fct_deployments
        where service_id = '{service}'""",
    """update v1.fct_deployments set commit_sha = '{sha}' where deployment_id in (
        select deployment_id from v1.fct_deployments where service_id = '{service}'
        order by finished_at desc limit 1)""",
)
