{{ config(kind="jenkins", stream="builds", key=["job", "build_number"]) }}

select
    job,
    try_cast(number as bigint) as build_number,
    class,
    coalesce(building = 'true', false) as is_building,
    nullif(result, '') as result,
    url as source_url,
    coalesce(
        json_extract_string(try_cast(actions as json), '$[*].lastBuiltRevision.SHA1')[
            1
        ],
        json_extract_string(try_cast(actions as json), '$[*].mercurialRevisionNumber')[
            1
        ],
        changed_commit,
        json_extract_string(try_cast(changed_sets as json), '$[*].items[*].commitId')[1]
    ) as commit_sha,
    json_extract_string(
        try_cast(actions as json), '$[*].lastBuiltRevision.branch[*].name'
    )[1] as branch,
    {{
        repository_of(
            "json_extract_string(try_cast(actions as json), '$[*].remoteUrls[*]')[1]"
        )
    }} as repository,
    {{
        pseudonym(
            "json_extract_string(try_cast(actions as json), '$[*].causes[*].userId')[1]"
        )
    }} as actor_id,
    json_extract_string(try_cast(actions as json), '$[*].causes[*]._class')[1] as cause,
    {{ millisecond_instant("started") }} as started_at,
    try_cast(duration as bigint) as duration_milliseconds,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a build without number": "try_cast(number as bigint) is null",
                "a build without job": "job is null",
                "a build without time": "try_cast(started as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "number": "$.number",
                "class": "$._class",
                "building": "$.building",
                "result": "$.result",
                "url": "$.url",
                "actions": "$.actions",
                "changed_commit": "$.changeSet.items[0].commitId",
                "changed_sets": "$.changeSets",
                "started": "$.timestamp",
                "duration": "$.duration",
            },
            {"job": "$.job"},
        )
    }}
