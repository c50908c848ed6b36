select
    policy_key as vendor_id,
    coalesce(document ->> '$.name', policy_key) as name,
    document ->> '$.source' as status_source,
    {{ masked("document ->> '$.contact'") }} as contact,
    try_cast(document ->> '$.sla_ratio' as double) as sla_ratio,
    try_cast(document ->> '$.notice_days' as double) as notice_days,
    coalesce(
        try_cast(document ->> '$.excludes_maintenance' as boolean), false
    ) as excludes_maintenance,
    coalesce(document ->> '$.zone', {{ report_timezone() }}) as timezone,
    document ->> '$.holiday_country' as holiday_country,
    document ->> '$.holiday_subdivision' as holiday_subdivision
from {{ policy_rows("vendors") }}
