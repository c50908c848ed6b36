{#
  One row per time an incident was opened again: when the active time before it ended, and when it
  began again. It is seen between the versions that were read, or stated by the record itself.
#}
with
    versions as (
        select
            incident_id,
            version_number,
            status in ('resolved', 'closed', 'invalid') as is_over,
            resolved_at,
            last_resolved_at,
            reopened_at,
            reopen_count,
            source_updated_at
        from {{ ref("incidents") }}
    ),
    compared as (
        select
            *,
            lag(is_over) over history as was_over,
            lag(reopen_count) over history as former_reopen_count
        from versions
        window history as (partition by incident_id order by version_number)
    ),
    stretches as (
        select
            *,
            sum(
                case
                    when was_over is null
                    then (reopen_count > 0)::int
                    when was_over
                    then (not is_over or reopen_count > former_reopen_count)::int
                    when not is_over
                    then (reopen_count > former_reopen_count)::int
                    else 0
                end
            ) over (partition by incident_id order by version_number) as stretch
        from compared
    ),
    bounds as (
        select
            incident_id,
            stretch,
            coalesce(
                max(reopened_at), min(case when not is_over then source_updated_at end)
            ) as began_at,
            coalesce(
                arg_max(resolved_at, version_number),
                min(case when is_over then source_updated_at end)
            ) as ended_at,
            arg_min(last_resolved_at, version_number) as last_resolved_at
        from stretches
        group by incident_id, stretch
    ),
    followed as (
        select
            *,
            lag(ended_at) over (
                partition by incident_id order by stretch
            ) as former_ended_at
        from bounds
    ),
    reopenings as (
        select
            incident_id,
            stretch as reopening_number,
            coalesce(former_ended_at, last_resolved_at) as ended_at,
            began_at as reopened_at
        from followed
        where stretch > 0
    )
select
    *,
    coalesce(ended_at <= reopened_at, false) as is_known,
    {{ seconds_between("ended_at", "reopened_at") }} as pause_seconds
from reopenings
