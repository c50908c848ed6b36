{{ config(kind="sonarqube", stream="analyses", key=["project_key", "analysis_key"]) }}

select
    project as project_key,
    key as analysis_key,
    revision as commit_sha,
    {{ instant("date") }} as analysed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an analysis without key": "key is null",
                "an analysis without project": "project is null",
                "an analysis without date": "try_cast(date as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {"key": "$.key", "revision": "$.revision", "date": "$.date"},
            context={"project": "$.project"},
        )
    }}
