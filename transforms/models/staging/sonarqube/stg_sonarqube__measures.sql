{{
    config(
        kind="sonarqube",
        stream="measures",
        key=["project_key", "metric", "analysed_at"],
    )
}}

select
    project as project_key,
    metric,
    value,
    {{ instant("date") }} as analysed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a measure without project": "project is null",
                "a measure without metric": "metric is null",
                "a measure without date": "try_cast(date as timestamptz) is null",
                "a measure whose value is no number": "metric <> 'alert_status' and try_cast(value as double) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "project": "$.project",
                "metric": "$.metric",
                "value": "$.value",
                "date": "$.date",
            }
        )
    }}
