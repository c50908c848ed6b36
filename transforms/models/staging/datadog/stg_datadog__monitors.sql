{# Every read of a monitor that alerts is a version of its own, so that it is known when it last did. #}
{{ config(kind="datadog", stream="monitors", key=["monitor_id"]) }}

select
    try_cast(id as bigint) as monitor_id,
    {{ masked("name") }} as name,
    lower(state) as state,
    'P' || priority as severity,
    json_extract_string(try_cast(tags as json), '$[*]') as tags,
    coalesce({{ instant("changed") }}, {{ instant("modified") }}) as state_since_at,
    case when lower(state) = 'alert' then page_read_at end as seen_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a monitor without id": "try_cast(id as bigint) is null",
                "an alert without begin": "lower(state) = 'alert' and coalesce(try_cast(changed as timestamptz), try_cast(modified as timestamptz)) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "name": "$.name",
                "state": "$.overall_state",
                "priority": "$.priority",
                "tags": "$.tags",
                "changed": "$.overall_state_modified",
                "modified": "$.modified",
            }
        )
    }}
