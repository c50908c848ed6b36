{{ config(kind="bitbucket", stream="pipelines", key=["repository", "pipeline_uuid"]) }}

select
    repository,
    uuid as pipeline_uuid,
    try_cast(number as bigint) as build_number,
    state,
    result,
    stage,
    lower(regexp_replace(trigger_name, '^pipeline_trigger_', '')) as event,
    hash as commit_sha,
    coalesce(branch, source_branch) as branch,
    {{ instant("created") }} as created_at,
    {{ instant("completed") }} as completed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a pipeline without uuid": "uuid is null",
                "a pipeline without repository": "repository is null",
            }
        )
    }}
from
    {{
        records(
            {
                "uuid": "$.uuid",
                "number": "$.build_number",
                "state": "$.state.name",
                "result": "$.state.result.name",
                "stage": "$.state.stage.name",
                "trigger_name": "$.trigger.type",
                "hash": "$.target.commit.hash",
                "branch": "$.target.ref_name",
                "source_branch": "$.target.source",
                "created": "$.created_on",
                "completed": "$.completed_on",
            },
            {"repository": "$.repository"},
        )
    }}
