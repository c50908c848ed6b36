{{ config(kind="sentry", stream="releases", key=["version"]) }}

select
    version,
    short_version,
    state,
    ref,
    url as source_url,
    json_extract_string(try_cast(projects as json), '$[*].slug') as projects,
    commit_sha,
    commit_repository,
    build_hash,
    {{ instant("created") }} as created_at,
    {{ instant("released") }} as released_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a release without version": "version is null",
                "a release without creation time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "version": "$.version",
                "short_version": "$.shortVersion",
                "state": "$.status",
                "ref": "$.ref",
                "url": "$.url",
                "projects": "$.projects",
                "commit_sha": "$.lastCommit.id",
                "commit_repository": "$.lastCommit.repository.name",
                "build_hash": "$.versionInfo.buildHash",
                "created": "$.dateCreated",
                "released": "$.dateReleased",
            }
        )
    }}
