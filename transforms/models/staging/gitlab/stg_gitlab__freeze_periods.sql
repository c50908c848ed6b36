{{ config(kind="gitlab", stream="freeze_periods", key=["project_id", "page_number"]) }}

select
    try_cast(project_id as bigint) as project_id,
    try_cast(page_number as bigint) as page_number,
    repository,
    json_transform(
        try_cast(freeze_periods as json),
        '[{"id": "VARCHAR", "freeze_start": "VARCHAR", "freeze_end": "VARCHAR",
        "cron_timezone": "VARCHAR", "created_at": "VARCHAR"}]'
    ) as windows,
    {{ lineage() }},
    {{
        quarantine(
            {
                "deploy freezes that are no list": "coalesce(json_type(try_cast(freeze_periods as json)), '') <> 'ARRAY'",
            }
        )
    }}
from
    {{
        records(
            {"page_number": "$.page", "freeze_periods": "$.freeze_periods"},
            {"repository": "$.repository", "project_id": "$.project_id"},
        )
    }}
