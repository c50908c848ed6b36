select
    policy_key as vendor_id,
    coalesce(document ->> '$.name', policy_key) as name,
    document ->> '$.source' as status_source,
    {{ masked("document ->> '$.contact'") }} as contact,
    try_cast(document ->> '$.sla_ratio' as double) as sla_ratio,
    try_cast(document ->> '$.notice_days' as double) as notice_days,
    coalesce(
        try_cast(document ->> '$.excludes_maintenance' as boolean), false
    ) as excludes_maintenance
from {{ policy_rows("vendors") }}
