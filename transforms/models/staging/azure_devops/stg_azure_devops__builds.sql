{{ config(kind="azure_devops", stream="builds", key=["build_id"]) }}

select
    try_cast(id as bigint) as build_id,
    project,
    build_number,
    definition as name,
    status,
    result,
    reason as event,
    commit as commit_sha,
    {{ branch_of("ref") }} as branch,
    repository_id,
    case
        when repository_type = 'TfsGit' and repository_name is not null
        then project || '/' || repository_name
        when repository_type = 'TfsGit'
        then null
        else coalesce(repository_id, repository_name)
    end as repository,
    coalesce(
        web_url,
        regexp_replace(url, '/_apis/build/[Bb]uilds/', '/_build/results?buildId=')
    ) as source_url,
    {{ pseudonym("coalesce(requested_for, requested_for_id)") }} as actor_id,
    {{ azure_instant("queued") }} as queued_at,
    {{ azure_instant("started") }} as started_at,
    {{ azure_instant("finished") }} as finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a build without id": "try_cast(id as bigint) is null",
                "a build without project": "project is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "build_number": "$.buildNumber",
                "definition": "$.definition.name",
                "status": "$.status",
                "result": "$.result",
                "reason": "$.reason",
                "commit": "$.sourceVersion",
                "ref": "$.sourceBranch",
                "repository_id": "$.repository.id",
                "repository_type": "$.repository.type",
                "repository_name": "$.repository.name",
                "web_url": "$._links.web.href",
                "url": "$.url",
                "requested_for": "$.requestedFor.uniqueName",
                "requested_for_id": "$.requestedFor.id",
                "queued": "$.queueTime",
                "started": "$.startTime",
                "finished": "$.finishTime",
            },
            {"project": "$.project"},
        )
    }}
