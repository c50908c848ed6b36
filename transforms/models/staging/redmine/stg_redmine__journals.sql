{# One row per journal; notes are people's text and stay behind. #}
{{ config(kind="redmine", stream="journals", key=["journal_id"]) }}

select
    id as journal_id,
    issue as issue_id,
    status_change ->> '$.old_value' as old_status_id,
    status_change ->> '$.new_value' as new_status_id,
    {{ instant("created") }} as changed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a journal without id": "id is null",
                "a journal without issue": "issue is null",
                "a journal without time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    (
        select
            *,
            list_filter(
                json_extract(record, '$.details[*]'),
                lambda detail:detail ->> '$.property' = 'attr'
                and detail ->> '$.name' = 'status_id'
            )[1] as status_change
        from
            {{
                records(
                    {"id": "$.id", "created": "$.created_on"},
                    context={"issue": "$.issue_id"},
                )
            }}
    )
