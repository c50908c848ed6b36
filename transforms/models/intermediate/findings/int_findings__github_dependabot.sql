select
    concat_ws(':', source, repository, 'dependabot', alert_number) as finding_id,
    'Dependabot' as tool,
    'dependency' as category,
    advisory_id as rule_id,
    title,
    severity,
    cve_id,
    package_name,
    fixed_version,
    file_path,
    repository,
    {# Dependabot dismisses by itself what an update of its rules no longer counts #}
    case when state = 'auto_dismissed' then 'dismissed' else state end as state,
    created_at as first_seen_at,
    fixed_at,
    source_url,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_github__dependabot_alerts", "source, repository, alert_number") }}
