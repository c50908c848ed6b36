{#
  Windows that policy.yml states, each version with when it was first read. One that the first
  policy had is taken to have been there before; one that came later was announced then. A window
  that a later policy lacks is removed.
#}
with
    versions as (select * from {{ policy_versions("calendar") }}),
    first_read as (
        select min(read_at) as first_read_at
        from {{ ref("stg_leadline__catalogue") }}
        where record_type = 'policy'
    ),
    told as (
        select policy_key, document, known_from as read_at, 'active' as state
        from versions
        union all
        select policy_key, document, known_to as read_at, 'removed' as state
        from versions as ended
        where
            known_to is not null
            and not exists (
                select 1
                from versions as later
                where
                    later.policy_key = ended.policy_key
                    and later.known_from = ended.known_to
            )
    )
select
    'policy:' || told.policy_key as calendar_window_id,
    told.document ->> '$.kind' as kind,
    coalesce(told.document ->> '$.title', told.policy_key) as title,
    told.state,
    try_cast(told.document ->> '$.services' as varchar[]) as service_patterns,
    try_cast(told.document ->> '$.environments' as varchar[]) as environment_patterns,
    try_cast(told.document ->> '$.teams' as varchar[]) as team_patterns,
    try_cast(told.document ->> '$.tiers' as bigint[]) as tiers,
    told.document ->> '$.vendor' as vendor_name,
    coalesce(told.document ->> '$.zone', {{ report_timezone() }}) as timezone,
    told.document ->> '$.recurrence' as recurrence,
    told.document ->> '$.recurrence_end' as recurrence_end,
    try_cast(told.document ->> '$.duration_seconds' as double) as duration_seconds,
    coalesce(
        try_cast(told.document ->> '$.allows_overrun' as boolean), false
    ) as allows_overrun,
    {{ instant("told.document ->> '$.starts_at'") }} as starts_at,
    {{ instant("told.document ->> '$.ends_at'") }} as ends_at,
    case
        when told.read_at > first_read.first_read_at
        then coalesce({{ instant("told.document ->> '$.announced_at'") }}, told.read_at)
        else {{ instant("told.document ->> '$.announced_at'") }}
    end as created_at,
    'policy' as source,
    cast(null as varchar) as page_id,
    cast(null as bigint) as ordinal,
    told.read_at
from told
cross join first_read
