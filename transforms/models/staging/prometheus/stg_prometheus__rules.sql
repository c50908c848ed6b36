{{
    config(
        kind="prometheus",
        stream="rules",
        key=["rule_file", "rule_group", "name", "query", "severity"],
    )
}}

select
    coalesce(file, '') as rule_file,
    rule_group,
    name,
    coalesce(query, '') as query,
    coalesce(severity, '') as severity,
    try_cast(for_seconds as double) as for_seconds,
    labels,
    annotations,
    {{ lineage() }},
    {{ quarantine({"a rule without name": "name is null"}) }}
from
    {{
        records(
            {
                "file": "$.file",
                "rule_group": "$.group",
                "name": "$.name",
                "query": "$.query",
                "severity": "$.severity",
                "for_seconds": "$.for_seconds",
                "labels": "$.labels",
                "annotations": "$.annotations",
            }
        )
    }}
