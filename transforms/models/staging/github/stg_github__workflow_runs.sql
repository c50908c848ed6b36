{{
    config(
        kind="github",
        stream="workflow_runs",
        key=["repository", "run_id"],
        known_values={
            "status": [
                "queued",
                "in_progress",
                "completed",
                "waiting",
                "requested",
                "pending",
            ],
            "conclusion": [
                "success",
                "failure",
                "neutral",
                "cancelled",
                "skipped",
                "timed_out",
                "action_required",
                "stale",
                "startup_failure",
            ],
        },
    )
}}

select
    repository,
    try_cast(id as bigint) as run_id,
    name,
    event,
    status,
    conclusion,
    sha as commit_sha,
    branch,
    html_url as source_url,
    try_cast(attempt as bigint) as attempt_count,
    {{ instant("created") }} as created_at,
    {{ instant("started") }} as started_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a run without id": "try_cast(id as bigint) is null",
                "a run without repository": "repository is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "name": "$.name",
                "event": "$.event",
                "status": "$.status",
                "conclusion": "$.conclusion",
                "sha": "$.head_sha",
                "branch": "$.head_branch",
                "attempt": "$.run_attempt",
                "html_url": "$.html_url",
                "created": "$.created_at",
                "started": "$.run_started_at",
                "updated": "$.updated_at",
            },
            {"repository": "$.repository"},
        )
    }}
