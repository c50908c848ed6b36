{# What the instance audits of states; who is assigned is a pseudonym as in the record itself. #}
{{ config(kind="servicenow", stream="sys_audit", key=["sys_id"]) }}

select
    sys_id,
    nullif(row_key, '') as record_sys_id,
    field,
    {% for value in ["old_value", "new_value"] %}
        case
            when field = 'assigned_to'
            then {{ pseudonym(value) }}
            else nullif({{ value }}, '')
        end as {{ value }},
    {% endfor %}
    {{ pseudonym("user_name") }} as actor_id,
    {{ instant("created") }} as changed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a field change without sys_id": "nullif(sys_id, '') is null",
                "a field change without record": "nullif(row_key, '') is null",
                "a field change without field": "nullif(field, '') is null",
                "a field change without time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "sys_id": "$.sys_id",
                "row_key": "$.documentkey",
                "field": "$.fieldname",
                "old_value": "$.oldvalue",
                "new_value": "$.newvalue",
                "user_name": "$.user",
                "created": "$.sys_created_on",
            }
        )
    }}
