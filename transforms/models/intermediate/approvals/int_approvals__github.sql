{# A run waits once for each environment that it deploys to, and one person may approve for several. #}
with
    approvals as (
        select *
        from
            {{
                newest(
                    "stg_github__workflow_approvals",
                    "source, repository, run_id, approver_id, state, environments, repeat_number",
                )
            }}
    ),
    by_environment as (
        select *, lower(unnest(environments)) as environment_id from approvals
    )
select
    concat_ws(
        ':', source, run_id, environment_id, approver_id, state, repeat_number
    ) as approval_id,
    'pipeline_run' as subject_type,
    source || ':' || run_id as subject_id,
    environment_id,
    approver_id,
    state,
    source,
    page_id,
    ordinal,
    read_at
from by_environment
