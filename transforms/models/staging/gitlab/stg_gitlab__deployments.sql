{{ config(kind="gitlab", stream="deployments", key=["source_deployment_id"]) }}

select
    try_cast(id as bigint) as source_deployment_id,
    repository,
    environment,
    lower(status) as status,
    sha as commit_sha,
    ref,
    case
        when is_tag = 'true' or regexp_matches(ref, '^v?[0-9]+\.[0-9]') then ref
    end as version,
    try_cast(pipeline_id as bigint) as pipeline_id,
    {{ pseudonym("username") }} as actor_id,
    coalesce(job_url, pipeline_url) as source_url,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ instant("started") }} as job_started_at,
    {{ instant("finished") }} as job_finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a deployment without id": "try_cast(id as bigint) is null",
                "a deployment without sha": "sha is null",
                "a deployment without creation time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "environment": "$.environment.name",
                "status": "$.status",
                "sha": "$.sha",
                "ref": "$.ref",
                "is_tag": "$.deployable.tag",
                "pipeline_id": "$.deployable.pipeline.id",
                "pipeline_url": "$.deployable.pipeline.web_url",
                "job_url": "$.deployable.web_url",
                "username": "$.user.username",
                "created": "$.created_at",
                "updated": "$.updated_at",
                "started": "$.deployable.started_at",
                "finished": "$.deployable.finished_at",
            },
            {"repository": "$.repository"},
        )
    }}
