{# Required gates that a production deployment went around, by how it did. #}
select
    deployment_gate_id as gate_bypass_id,
    deployment_id,
    service_id,
    team_id,
    environment_id,
    gate,
    outcome as kind,
    evidence,
    started_at,
    gate_finished_at
from {{ ref("deployment_gates") }}
where is_bypass
