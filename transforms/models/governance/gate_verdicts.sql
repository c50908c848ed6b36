{# What the gate said, from the entries that it kept of itself. #}
with
    entries as (
        select *, try_cast(reason as json) as document
        from {{ source("staging", "decisions") }}
        where kind = 'gate' and decided_at <= {{ as_of() }}
    )
select
    decision_id as gate_verdict_id,
    document ->> '$.service_id' as service_id,
    document ->> '$.artifact_key' as artifact_key,
    document ->> '$.environment_id' as environment_id,
    verdict,
    document ->> '$.build_id' as build_id,
    coalesce(
        cast(document -> '$.failing_controls' as varchar[]), []
    ) as failing_controls,
    coalesce(cast(document -> '$.late_sources' as varchar[]), []) as late_sources,
    {{ person_of("entries.who") }} as asked_by_id,
    cast(document ->> '$.exit_code' as bigint) as exit_code,
    cast(document ->> '$.rule_count' as bigint) as rule_count,
    coalesce(cast(document ->> '$.is_dry_run' as boolean), false) as is_dry_run,
    {{ instant("document ->> '$.judged_at'") }} as judged_at,
    decided_at as asked_at
from entries
