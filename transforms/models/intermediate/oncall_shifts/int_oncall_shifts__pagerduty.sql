{# A row a service of the escalation policy; one row where no service has it. #}
select
    concat_ws(
        ':', oncalls.source, oncalls.oncall_key, services.source_service_id
    ) as oncall_shift_id,
    oncalls.policy_name,
    oncalls.level,
    oncalls.person_id,
    services.name as service_name,
    by_id.service_id,
    oncalls.starts_at,
    oncalls.ends_at,
    oncalls.source,
    oncalls.page_id,
    oncalls.ordinal,
    oncalls.read_at
from {{ newest("stg_pagerduty__oncalls", "source, oncall_key") }} as oncalls
left join
    {{ newest("stg_pagerduty__services", "source, source_service_id") }} as services
    on oncalls.source = services.source
    and oncalls.escalation_policy_id = services.escalation_policy_id
left join
    {{ ref("service_aliases") }} as by_id
    on lower(services.source_service_id) = by_id.alias
