select
    concat_ws(':', source, repository, 'code-scanning', alert_number) as finding_id,
    tool,
    'static_analysis' as category,
    rule_id,
    title,
    severity,
    file_path,
    line_number,
    repository,
    commit_sha,
    state,
    created_at as first_seen_at,
    fixed_at,
    dismissed_at,
    justification,
    source_url,
    source,
    page_id,
    ordinal,
    read_at
from
    {{ newest("stg_github__code_scanning_alerts", "source, repository, alert_number") }}
