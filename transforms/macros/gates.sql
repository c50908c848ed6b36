{# How a run of a gate ended, in the words of gates. What is not known to be a success is none. #}
{% macro gate_status(status, conclusion) -%}
case
    when {{ status }} <> 'completed' then 'running'
    when {{ conclusion }} = 'success' then 'success'
    when {{ conclusion }} in ('failure', 'timed_out', 'startup_failure', 'partial') then 'failed'
    when {{ conclusion }} in ('skipped', 'neutral') then 'skipped'
    when {{ conclusion }} in ('cancelled', 'stale') then 'cancelled'
    else 'unknown'
end
{%- endmacro %}

{# Of a gate's runs, those of names that its pattern of this origin is. #}
{% macro gate_pattern(origin, gates) -%}
case {{ origin }}
    when 'job' then {{ gates }}.job_pattern
    when 'run' then {{ gates }}.run_pattern
    when 'suite' then {{ gates }}.suite_pattern
    when 'measure' then {{ gates }}.measure_pattern
    when 'attestation' then {{ gates }}.attestation_pattern
end
{%- endmacro %}

{#
  CTEs from `subjects` to `outcomes`: one row for each subject and gate that the policy requires of it,
  with what is known of the gate at the start. A gate may have parts (jobs of a matrix): of each part
  the last result counts, and a run that was skipped or cancelled is no result where there is one.
  Outcomes: covered; failed, soft_fail, manual_override, skipped, wrong_digest, after_the_fact, which
  went around the gate; expired, unfinished, missing.
#}
{% macro gate_outcomes() -%}
    required as (
        select
            subjects.subject_id,
            subjects.service_id,
            subjects.repository,
            subjects.artifact_digest,
            subjects.commit_sha,
            subjects.started_at,
            gates.gate,
            gates.max_age_hours,
            subjects.started_at
            - to_microseconds(cast(gates.max_age_hours * 3600000000 as bigint)) as oldest_at
        from subjects
        inner join
            {{ ref("required_gates") }} as gates
            on (len(gates.tiers) = 0 or list_contains(gates.tiers, coalesce(subjects.tier, 1)))
            and (
                len(gates.environment_ids) = 0
                or list_contains(gates.environment_ids, subjects.environment_id)
            )
    ),
    identities as (
        select subject_id, commit_sha, artifact_digest
        from subjects
        union
        select subjects.subject_id, bindings.commit_sha, subjects.artifact_digest
        from subjects
        inner join
            {{ ref("artifact_commits") }} as bindings
            on subjects.artifact_digest = bindings.artifact_digest
    ),
    own as (
        select required.*, runs.* exclude (gate, service_id, repository, artifact_digest, commit_sha, started_at)
        from required
        inner join identities on required.subject_id = identities.subject_id
        inner join
            {{ ref("gate_runs") }} as runs
            on required.gate = runs.gate
            and identities.commit_sha = runs.commit_sha
            and (runs.artifact_digest is null or required.artifact_digest is null)
            and (runs.service_id is null or runs.service_id = required.service_id)
        union
        select required.*, runs.* exclude (gate, service_id, repository, artifact_digest, commit_sha, started_at)
        from required
        inner join
            {{ ref("gate_runs") }} as runs
            on required.gate = runs.gate
            and required.artifact_digest = runs.artifact_digest
    ),
    parts as (
        select
            subject_id,
            gate,
            started_at,
            oldest_at,
            part,
            arg_max(status, (rank, finished_at, attempt)) as status,
            arg_max(is_soft_fail, (rank, finished_at, attempt)) as is_soft_fail,
            arg_max(evidence, (rank, finished_at, attempt)) as evidence,
            arg_max(finished_at, (rank, finished_at, attempt)) as finished_at,
            min(case when status = 'failed' or has_failed_attempt then finished_at end) as first_failed_at
        from (
            select *, case when status in ('success', 'failed') then 2 when status = 'skipped' then 1 else 0 end as rank
            from own
            where finished_at <= started_at
        ) as before
        group by subject_id, gate, started_at, oldest_at, part
    ),
    judged as (
        select
            subject_id,
            gate,
            case
                when bool_or(status = 'failed' and not is_soft_fail) then 'failed'
                when bool_or(status = 'failed' or is_soft_fail) then 'soft_fail'
                when bool_or(status = 'skipped') then 'skipped'
                when bool_or(status <> 'success') then 'unfinished'
                when min(finished_at) < oldest_at then 'expired'
                else 'covered'
            end as outcome,
            list(evidence order by evidence) as evidence,
            max(finished_at) as finished_at,
            min(first_failed_at) as first_failed_at
        from parts
        group by subject_id, gate, oldest_at
    ),
    late as (
        {# the gate was running, or was begun, when the deployment had started #}
        select
            subject_id,
            gate,
            list(evidence order by evidence) as evidence,
            min(finished_at) as finished_at,
            bool_or(finished_at is not null) as is_finished
        from own
        where finished_at > started_at or finished_at is null
        group by subject_id, gate
    ),
    elsewhere as (
        {# it succeeded in the same repository, but on something else than what was deployed #}
        select
            required.subject_id,
            required.gate,
            arg_max(runs.evidence, runs.finished_at) as evidence,
            max(runs.finished_at) as finished_at
        from required
        inner join
            {{ ref("service_repositories") }} as repositories
            on required.service_id = repositories.service_id
        inner join
            {{ ref("gate_runs") }} as runs
            on required.gate = runs.gate
            and repositories.repository = runs.repository
            and runs.status = 'success'
            and runs.finished_at <= required.started_at
            and runs.finished_at >= required.oldest_at
        where (required.subject_id, required.gate) not in (select (subject_id, gate) from own)
        group by required.subject_id, required.gate
    ),
    overridden as (
        {# an exemption from this very control is how somebody overrides a gate that failed #}
        select distinct subjects.subject_id
        from subjects
        inner join
            {{ ref("exemptions") }} as exemptions
            on (
                list_contains(exemptions.control_ids, 'gate_coverage')
                or list_contains(exemptions.control_ids, '*')
            )
            and exemptions.approver_count >= {{ threshold("exemption_approvers_min") }}
            and subjects.started_at >= greatest(
                exemptions.granted_at, coalesce(exemptions.approved_at, exemptions.granted_at)
            )
            and subjects.started_at < exemptions.expires_at
            and (
                exemptions.subject_type = 'all'
                or (exemptions.subject_type = 'service' and exemptions.subject_id = subjects.service_id)
                or (exemptions.subject_type = 'deployment' and exemptions.subject_id = subjects.subject_id)
            )
    ),
    outcomes as (
        select
            required.subject_id,
            required.service_id,
            required.started_at,
            required.gate,
            case
                when judged.outcome = 'failed' and overridden.subject_id is not null
                then 'manual_override'
                when judged.outcome is not null then judged.outcome
                when late.is_finished then 'after_the_fact'
                when late.subject_id is not null then 'unfinished'
                when elsewhere.subject_id is not null then 'wrong_digest'
                else 'missing'
            end as outcome,
            coalesce(
                judged.evidence,
                late.evidence,
                case when elsewhere.evidence is not null then [elsewhere.evidence] end,
                []
            ) as evidence,
            coalesce(judged.finished_at, late.finished_at, elsewhere.finished_at) as gate_finished_at,
            judged.first_failed_at
        from required
        left join judged on required.subject_id = judged.subject_id and required.gate = judged.gate
        left join late on required.subject_id = late.subject_id and required.gate = late.gate
        left join elsewhere on required.subject_id = elsewhere.subject_id and required.gate = elsewhere.gate
        left join overridden on required.subject_id = overridden.subject_id
    )
{%- endmacro %}
