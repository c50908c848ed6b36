{#
  Every subject of every control with its verdict: the control's own, and the one that stands after
  exemptions. An exemption lifts a warn, a fail, no_data or inconclusive when it was granted and
  approved before the subject happened and had not expired; the control's own verdict stays beside it.
#}
{%- set lifted = "('warn', 'fail', 'no_data', 'inconclusive')" -%}
with
    judged as (
        {%- for name in var("controls", []) %}
            select '{{ name | replace("control_", "", 1) }}' as control_id, *
            from {{ ref(name) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),
    described as (
        select judged.*, definitions.subject_type, definitions.severity
        from judged
        inner join
            {{ ref("control_definitions") }} as definitions
            on judged.control_id = definitions.control_id
    ),
    granted as (
        select *, unnest(control_ids) as control_id
        from {{ ref("exemptions") }}
        where approver_count >= {{ threshold("exemption_approvers_min") }}
    ),
    exempted as (
        select
            described.control_id,
            described.subject_id,
            arg_min(
                granted.exemption_id, (granted.granted_at, granted.exemption_id)
            ) as exemption_id
        from described
        inner join
            granted
            on granted.control_id in (described.control_id, '*')
            and described.occurred_at >= greatest(
                granted.granted_at, coalesce(granted.approved_at, granted.granted_at)
            )
            and described.occurred_at < granted.expires_at
            and (
                granted.subject_type = 'all'
                or (
                    granted.subject_type = described.subject_type
                    and granted.subject_id = described.subject_id
                )
                or (
                    granted.subject_type = 'service'
                    and granted.subject_id = described.service_id
                )
            )
        where described.verdict in {{ lifted }}
        group by described.control_id, described.subject_id
    )
select
    described.control_id,
    described.subject_type,
    described.subject_id,
    described.service_id,
    described.team_id,
    described.environment_id,
    described.occurred_at,
    {{ local_date("described.occurred_at") }} as occurred_date,
    case
        when exempted.exemption_id is null then described.verdict else 'exempt'
    end as verdict,
    described.verdict as underlying_verdict,
    exempted.exemption_id,
    described.severity,
    described.reason_code,
    described.reason,
    described.evidence,
    described.value,
    described.threshold
from described
left join
    exempted
    on described.control_id = exempted.control_id
    and described.subject_id = exempted.subject_id
