{# A time on call has no id: it is known by policy, level, person, schedule and start. #}
{{ config(kind="pagerduty", stream="oncalls", key=["oncall_key"]) }}

with
    oncalls as (
        select *, {{ pseudonym("person") }} as person_id
        from
            {{
                records(
                    {
                        "policy_id": "$.escalation_policy.id",
                        "policy_name": "$.escalation_policy.summary",
                        "level": "$.escalation_level",
                        "person": "$.user.id",
                        "schedule": "$.schedule.id",
                        "started": "$.start",
                        "ended": "$.end",
                    }
                )
            }}
    )
select
    concat_ws(
        ':',
        policy_id,
        level,
        person_id,
        coalesce(schedule, 'permanent'),
        coalesce(cast({{ instant("started") }} as varchar), 'always')
    ) as oncall_key,
    policy_id as escalation_policy_id,
    policy_name,
    try_cast(level as bigint) as level,
    person_id,
    {{ instant("started") }} as starts_at,
    {{ instant("ended") }} as ends_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a time on call without policy": "policy_id is null",
                "a time on call without person": "person_id is null",
                "a time on call without level": "try_cast(level as bigint) is null",
                "a time on call whose start is no instant": "started is not null and try_cast(started as timestamptz) is null",
            }
        )
    }}
from oncalls
