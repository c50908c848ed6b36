select
    source || ':' || record_id as access_grant_id,
    person_id,
    role as role_name,
    resource,
    environment_name,
    is_interactive,
    granted_at,
    last_used_at,
    reviewed_at,
    revoked_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'access_grants'
