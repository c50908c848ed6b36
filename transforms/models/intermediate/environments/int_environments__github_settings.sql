select lower(name) as environment_id, min(name) as name
from {{ ref("stg_github__environments") }}
where read_at <= {{ as_of() }}
group by lower(name)
