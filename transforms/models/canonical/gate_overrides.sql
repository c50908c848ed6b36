{# Approvals to deploy although something forbids it: of one deployment, or of a service for a while. #}
with
    decisions as (
        select *, try_cast(reason as json) as document
        from {{ source("staging", "decisions") }}
        where kind = 'override_approval' and decided_at <= {{ as_of() }}
    )
select
    decision_id as gate_override_id,
    nullif(regexp_extract(subject, '^deployment:(.+)$', 1), '') as deployment_id,
    document ->> '$.service_id' as service_id,
    lower(document ->> '$.environment_id') as environment_id,
    document ->> '$.digest' as artifact_digest,
    {{ person_of("decisions.who") }} as approved_by_id,
    decided_at as approved_at,
    {{ instant("document ->> '$.expires_at'") }} as expires_at
from decisions
where verdict = 'approved'
