{# Values stay for the fields that hold words of a workflow; a person is a pseudonym. #}
{{ config(kind="jira", stream="changelogs", key=["change_id", "field", "item"]) }}

{% set words = [
    "status",
    "resolution",
    "priority",
    "issuetype",
    "project",
    "fixVersions",
    "duedate",
    "labels",
] %}

select
    change_id,
    field,
    try_cast(item as bigint) as item,
    issue_id,
    {% for value in ["from", "to"] %}
        case
            when field in ('assignee', 'reporter')
            then {{ pseudonym(value ~ "_id") }}
            when field = 'duedate'
            then {{ value }}_id
            when list_contains({{ text_literals(words) }}, field)
            then coalesce({{ value }}_text, {{ value }}_id)
        end as {{ "old_value" if value == "from" else "new_value" }},
    {% endfor %}
    {{ pseudonym("author") }} as actor_id,
    coalesce(
        {{ epoch_instant("created", per_second=1000) }}, {{ instant("created") }}
    ) as changed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a change without id": "change_id is null",
                "a change without issue": "issue_id is null",
                "a change without field": "field is null",
                "a change without time": "try_cast(created as bigint) is null and try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "change_id": "$.change_id",
                "field": "$.field",
                "item": "$.item",
                "issue_id": "$.issue_id",
                "author": "$.author",
                "created": "$.created",
                "from_id": "$.from",
                "from_text": "$.fromString",
                "to_id": "$.to",
                "to_text": "$.toString",
            }
        )
    }}
