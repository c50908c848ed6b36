{{
    config(
        kind="servicenow", stream="incident_audit_log", key=["number", "row_ordinal"]
    )
}}

{# Times are readings of the clock in the zone in which the log was exported. #}
with
    readings as (
        select
            *,
            coalesce(source_timezone, 'UTC') as zone,
            try_strptime(nullif(opened, '?'), '%d/%m/%Y %H:%M') as opened_reading,
            try_strptime(nullif(resolved, '?'), '%d/%m/%Y %H:%M') as resolved_reading,
            try_strptime(nullif(closed, '?'), '%d/%m/%Y %H:%M') as closed_reading,
            try_strptime(nullif(updated, '?'), '%d/%m/%Y %H:%M') as updated_reading
        from
            {{
                records(
                    {
                        "number": "$.number",
                        "row_ordinal": "$.row_ordinal",
                        "state": "$.incident_state",
                        "title": "$.u_symptom",
                        "ci": "$.cmdb_ci",
                        "priority": "$.priority",
                        "reopen_count": "$.reopen_count",
                        "rfc": "$.rfc",
                        "caused_by": "$.caused_by",
                        "opened": "$.opened_at",
                        "resolved": "$.resolved_at",
                        "closed": "$.closed_at",
                        "updated": "$.sys_updated_at",
                    },
                    context={"source_timezone": "$.timezone"},
                )
            }}
    )
select
    number,
    try_cast(row_ordinal as bigint) as row_ordinal,
    nullif(state, '?') as state,
    nullif(title, '?') as title,
    nullif(ci, '?') as configuration_item,
    nullif(
        coalesce(nullif(caused_by, '?'), nullif(rfc, '?')), '?'
    ) as change_request_number,
    try_cast(left(nullif(priority, '?'), 1) as bigint) as severity,
    coalesce(try_cast(reopen_count as bigint), 0) as reopen_count,
    {{ zoned_instant("opened_reading", "zone") }} as opened_at,
    {{ zoned_instant("resolved_reading", "zone") }} as resolved_at,
    {{ zoned_instant("closed_reading", "zone") }} as closed_at,
    {{ zoned_instant("updated_reading", "zone") }} as source_updated_at,
    coalesce({{ is_repeated_in_zone("opened_reading", "zone") }}, false)
    or coalesce({{ is_repeated_in_zone("resolved_reading", "zone") }}, false)
    or coalesce({{ is_repeated_in_zone("closed_reading", "zone") }}, false)
    or coalesce(
        {{ is_repeated_in_zone("updated_reading", "zone") }}, false
    ) as is_time_repeated,
    {{ lineage(zoned_instant("updated_reading", "zone")) }},
    {{
        quarantine(
            {
                "an incident without number": "number is null",
                "an update without row number": "try_cast(row_ordinal as bigint) is null",
                "an update whose time does not read d/m/yyyy H:MM": "updated_reading is null",
                "an incident whose opening time does not read d/m/yyyy H:MM": "opened_reading is null",
                "an opening time that the clocks of its zone skip": is_skipped_in_zone(
                    "opened_reading", "zone"
                ),
                "a time of resolution that the clocks of its zone skip": is_skipped_in_zone(
                    "resolved_reading", "zone"
                ),
                "a time of closing that the clocks of its zone skip": is_skipped_in_zone(
                    "closed_reading", "zone"
                ),
                "a time of update that the clocks of its zone skip": is_skipped_in_zone(
                    "updated_reading", "zone"
                ),
            }
        )
    }}
from readings
