{#
  The gates that policy.yml requires, and by what their runs are known. A gate that lists no tiers or
  no environments binds all services and every production environment. Dependencies are found
  vulnerable every day, so evidence about them ages sooner than tests of the same artifact.
#}
with
    stated as (
        select policy_key as gate, document from {{ policy_rows("required_gates") }}
    ),
    gates as (
        select
            gate,
            coalesce(document ->> '$.title', gate) as title,
            document ->> '$.jobs' as job_pattern,
            document ->> '$.runs' as run_pattern,
            document ->> '$.suites' as suite_pattern,
            document ->> '$.measures' as measure_pattern,
            document ->> '$.attestations' as attestation_pattern,
            coalesce(cast(document -> '$.tiers' as bigint[]), []) as tiers,
            coalesce(
                cast(document -> '$.environments' as varchar[]), []
            ) as environment_ids,
            coalesce(cast(document -> '$.covers' as varchar[]), []) as covered_classes,
            coalesce(
                cast(document ->> '$.max_age_hours' as double),
                case
                    when document ->> '$.evidence' = 'dependencies'
                    then {{ threshold("gate_dependency_scan_age_hours_max") }}
                    else {{ threshold("gate_evidence_age_hours_max") }}
                end
            ) as max_age_hours
        from stated
    )
select *
from gates
