{# What values are held against: Leadline's default with its origin, or what policy.yml says instead. #}
with
    defaults as (select * from {{ ref("threshold_defaults") }}),
    overrides as (
        select
            policy_key as threshold_key,
            try_cast(document ->> '$.value' as double) as value,
            document ->> '$.reason' as reason,
            document ->> '$.owner' as owner,
            try_cast(document ->> '$.effective_from' as date) as effective_from_date
        from {{ policy_rows("thresholds") }}
        where
            coalesce(
                try_cast(document ->> '$.effective_from' as date)
                <= {{ local_date(as_of()) }},
                true
            )
    )
select
    defaults.threshold_key,
    coalesce(overrides.value, defaults.value) as value,
    defaults.unit,
    defaults.title,
    case
        when overrides.value is null then defaults.source_tag else 'policy'
    end as source_tag,
    case
        when overrides.value is null then defaults.source_ref else overrides.reason
    end as source_ref,
    coalesce(overrides.owner, defaults.owner) as owner,
    coalesce(
        overrides.effective_from_date, defaults.effective_from
    ) as effective_from_date,
    defaults.value as default_value,
    overrides.value is not null as is_overridden
from defaults
left join overrides on defaults.threshold_key = overrides.threshold_key
