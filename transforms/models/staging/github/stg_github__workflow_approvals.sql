{# An approval has no number and no time of its own; equal ones of a run are told apart by their place. #}
{{
    config(
        kind="github",
        stream="workflow_approvals",
        key=[
            "repository",
            "run_id",
            "approver_id",
            "state",
            "environments",
            "repeat_number",
        ],
    )
}}

select
    repository,
    try_cast(run_id as bigint) as run_id,
    {{ pseudonym("login") }} as approver_id,
    lower(state) as state,
    json_extract_string(try_cast(environments as json), '$[*].name') as environments,
    row_number() over (
        partition by page_id, login, state, environments order by page_row
    ) as repeat_number,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an approval without run": "try_cast(run_id as bigint) is null",
                "an approval without user": "nullif(trim(login), '') is null",
                "an approval without state": "state is null",
                "an approval without environment": "coalesce(try_cast(environments as json) ->> '$[0].name', '') = ''",
            }
        )
    }}
from
    {{
        records(
            {
                "state": "$.state",
                "login": "$.user.login",
                "environments": "$.environments",
            },
            {"repository": "$.repository", "run_id": "$.run_id"},
        )
    }}
