{{ config(kind="icinga", stream="downtimes", key=["downtime_name"]) }}

select
    downtime_name,
    comment as title,
    case
        when was_cancelled = 'true'
        then 'cancelled'
        when {{ fraction_instant("triggered") }} is not null
        then 'running'
        else 'planned'
    end as state,
    coalesce(
        {{ icinga_service(["$.joins.service", "$.joins.host"], "service_variable") }},
        nullif(check_name, ''),
        host_name
    ) as service_name,
    case
        when is_fixed = 'false' then nullif(try_cast(duration as double), 0)
    end as duration_seconds,
    {{ fraction_instant("starts") }} as starts_at,
    {{ fraction_instant("ends") }} as ends_at,
    {{ fraction_instant("entered") }} as created_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a downtime without name": "downtime_name is null",
                "a downtime without start": fraction_instant("starts") ~ " is null",
                "a downtime without end": fraction_instant("ends") ~ " is null",
            }
        )
    }}
from
    {{
        records(
            {
                "downtime_name": "$.name",
                "host_name": "$.attrs.host_name",
                "check_name": "$.attrs.service_name",
                "comment": "$.attrs.comment",
                "is_fixed": "$.attrs.fixed",
                "duration": "$.attrs.duration",
                "starts": "$.attrs.start_time",
                "ends": "$.attrs.end_time",
                "entered": "$.attrs.entry_time",
                "triggered": "$.attrs.trigger_time",
                "was_cancelled": "$.attrs.was_cancelled",
            },
            context={"service_variable": "$.service_variable"},
        )
    }}
