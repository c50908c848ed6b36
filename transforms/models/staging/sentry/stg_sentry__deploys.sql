{{ config(kind="sentry", stream="deploys", key=["version", "deploy_id"]) }}

select
    version,
    id as deploy_id,
    name,
    environment,
    url as source_url,
    {{ instant("started") }} as started_at,
    {{ instant("finished") }} as finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a deploy without id": "id is null",
                "a deploy without version": "version is null",
                "a deploy without environment": "environment is null",
                "a deploy without end": "try_cast(finished as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "name": "$.name",
                "environment": "$.environment",
                "url": "$.url",
                "started": "$.dateStarted",
                "finished": "$.dateFinished",
            },
            {"version": "$.version"},
        )
    }}
