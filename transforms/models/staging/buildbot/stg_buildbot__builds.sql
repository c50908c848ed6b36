{{ config(kind="buildbot", stream="builds", key=["build_id"]) }}

select
    try_cast(buildid as bigint) as build_id,
    builder as builder_name,
    nullif(scheduler, '') as event,
    complete = 'true' as is_complete,
    try_cast(results as bigint) as results,
    {{ repository_of("repository_address") }} as repository,
    coalesce(
        case
            when not starts_with(got_revision, chr(123)) then nullif(got_revision, '')
        end,
        nullif(revision, '')
    ) as commit_sha,
    nullif(branch, '') as branch,
    nullif(version, '') as version,
    nullif(environment, '') as environment,
    nullif(service, '') as service_name,
    {{ pseudonym("owner") }} as actor_id,
    base_url || '/#/builders/' || builderid || '/builds/' || number as source_url,
    {{ epoch_instant("started") }} as started_at,
    {{ epoch_instant("completed") }} as finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a build without id": "try_cast(buildid as bigint) is null",
                "a build without start": "try_cast(started as bigint) is null",
                "a complete build without end": "complete = 'true' and try_cast(completed as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "buildid": "$.buildid",
                "builderid": "$.builderid",
                "number": "$.number",
                "complete": "$.complete",
                "results": "$.results",
                "started": "$.started_at",
                "completed": "$.complete_at",
                "builder": "$.properties.buildername[0]",
                "scheduler": "$.properties.scheduler[0]",
                "repository_address": "$.properties.repository[0]",
                "got_revision": "$.properties.got_revision[0]",
                "revision": "$.properties.revision[0]",
                "branch": "$.properties.branch[0]",
                "version": "$.properties.version[0]",
                "environment": "$.properties.environment[0]",
                "service": "$.properties.service[0]",
                "owner": "$.properties.owner[0]",
            },
            {"base_url": "$.base_url"},
        )
    }}
