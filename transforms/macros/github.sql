{# Check runs of GitHub, which two streams read: of merged pull requests and of deployed commits. #}
{% macro github_checks() -%}
select
    repository,
    try_cast(id as bigint) as check_id,
    name,
    sha as commit_sha,
    status,
    conclusion,
    app as app_name,
    html_url as source_url,
    {{ instant("started") }} as started_at,
    {{ instant("completed") }} as completed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a check without id": "try_cast(id as bigint) is null",
                "a check without commit": "sha is null",
                "a check without name": "name is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "name": "$.name",
                "sha": "$.head_sha",
                "status": "$.status",
                "conclusion": "$.conclusion",
                "app": "$.app.slug",
                "html_url": "$.html_url",
                "started": "$.started_at",
                "completed": "$.completed_at",
            },
            {"repository": "$.repository"},
        )
    }}
{%- endmacro %}
