{# One row per source: the settings that its models read. #}
with
    sources as (
        select distinct source
        from {{ source("staging", "journal") }}
        where source is not null
    )
select
    sources.source,
    lower({{ setting("git_environment", "production") }}) as git_environment_id,
    {{ setting("tag_pattern", "v?[0-9]+\\.[0-9]+\\.[0-9]+") }} as tag_pattern,
    {{ setting("hotfix_pattern", "(^|/)hotfix[/-]") }} as hotfix_pattern,
    {{ setting("deploy_job_pattern", "(?i)deploy.*prod") }} as deploy_job_pattern,
    {{ setting("verification_job_pattern", "(?i)smoke|verif|post.?deploy") }}
    as verification_job_pattern,
    lower({{ setting("partial_counts_as_failure", "false") }})
    in ('true', '1') as partial_counts_as_failure,
    try_cast(
        {{ setting("expected_sync_hours", "26") }} as double
    ) as expected_sync_hours,
    {{ setting("alert_service_label", "service") }} as alert_service_label,
    {# the polled source whose records a source of kind push tells too #}
    nullif({{ setting("of", "") }}, '') as polled_source
from sources
left join
    {{ ref("int_catalogue__current") }} as settings on settings.record_type = 'setting'
group by sources.source
