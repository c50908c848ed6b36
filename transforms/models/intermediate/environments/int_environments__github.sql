select lower(environment) as environment_id, min(environment) as name
from {{ ref("stg_github__deployments") }}
where read_at <= {{ as_of() }} and environment is not null
group by lower(environment)
