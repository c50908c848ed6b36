{#
  Exemptions from controls: granted in Leadline (decisions) or stated by a table of somebody's own.
  One that was withdrawn ends then. An approver counts once and never when it is who granted.
#}
with
    decisions as (
        select *, try_cast(reason as json) as document
        from {{ source("staging", "decisions") }}
        where
            kind in ('exemption', 'exemption_approval') and decided_at <= {{ as_of() }}
    ),
    withdrawals as (
        select subject, min(decided_at) as withdrawn_at
        from decisions
        where kind = 'exemption_approval' and verdict = 'withdrawn'
        group by subject
    ),
    approvals as (
        select subject, {{ person_of("decisions.who") }} as approver_id, decided_at
        from decisions
        where kind = 'exemption_approval' and verdict = 'approved'
    ),
    granted as (
        select
            decisions.decision_id as exemption_id,
            try_cast(
                decisions.document ->> '$.control_ids' as varchar[]
            ) as control_ids,
            decisions.document ->> '$.subject_type' as subject_type,
            decisions.document ->> '$.subject_id' as subject_id,
            {{ masked("decisions.document ->> '$.reason'") }} as reason,
            {{ person_of("decisions.who") }} as granted_by_id,
            decisions.decided_at as granted_at,
            least(
                {{ instant("decisions.document ->> '$.expires_at'") }},
                coalesce(
                    withdrawals.withdrawn_at,
                    {{ instant("decisions.document ->> '$.expires_at'") }}
                )
            ) as expires_at,
            decisions.document ->> '$.incident_id' as incident_id,
            withdrawals.withdrawn_at is not null as is_withdrawn,
            'leadline' as source
        from decisions
        left join
            withdrawals on withdrawals.subject = 'exemption:' || decisions.decision_id
        where decisions.kind = 'exemption'
    ),
    voices as (
        {# an approver counts from the first time on #}
        select
            granted.exemption_id,
            approvals.approver_id,
            min(approvals.decided_at) as approved_at
        from granted
        inner join approvals on approvals.subject = 'exemption:' || granted.exemption_id
        where approvals.approver_id <> granted.granted_by_id
        group by granted.exemption_id, approvals.approver_id
    ),
    approved as (
        {# it is approved since there are as many as are asked for, whoever comes later #}
        select
            exemption_id,
            list(approver_id order by approver_id) as approver_ids,
            (list(approved_at order by approved_at, approver_id))[
                cast({{ threshold("exemption_approvers_min") }} as bigint)
            ] as approved_at
        from voices
        group by exemption_id
    ),
    told as (
        select
            granted.*,
            coalesce(approved.approver_ids, []) as approver_ids,
            approved.approved_at
        from granted
        left join approved on granted.exemption_id = approved.exemption_id
        {%- for name in var("exemptions", []) %}
            union all by name
            select
                exemption_id,
                control_ids,
                subject_type,
                subject_id,
                {{ masked("reason") }} as reason,
                granted_by_id,
                granted_at,
                expires_at,
                incident_id,
                false as is_withdrawn,
                list_sort(
                    list_distinct(
                        list_filter(
                            [approver_id, second_approver_id],
                            lambda one:one is not null
                            and one is distinct from granted_by_id
                        )
                    )
                ) as approver_ids,
                granted_at as approved_at,
                source
            from
                (
                    {# one person under two names is one person #}
                    select
                        stated.* replace (
                            coalesce(
                                granters.person_id, stated.granted_by_id
                            ) as granted_by_id,
                            coalesce(
                                firsts.person_id, stated.approver_id
                            ) as approver_id,
                            coalesce(
                                seconds.person_id, stated.second_approver_id
                            ) as second_approver_id
                        )
                    from {{ ref(name) }} as stated
                    left join
                        {{ ref("identity_aliases") }} as granters
                        on stated.granted_by_id = granters.alias_id
                    left join
                        {{ ref("identity_aliases") }} as firsts
                        on stated.approver_id = firsts.alias_id
                    left join
                        {{ ref("identity_aliases") }} as seconds
                        on stated.second_approver_id = seconds.alias_id
                )
        {%- endfor %}
    )
select
    told.exemption_id,
    told.control_ids,
    told.subject_type,
    told.subject_id,
    coalesce(
        deployments.service_id,
        requests.service_id,
        case when told.subject_type = 'service' then told.subject_id end
    ) as service_id,
    told.reason,
    told.granted_by_id,
    told.approver_ids,
    len(told.approver_ids) as approver_count,
    told.granted_at,
    told.approved_at,
    told.expires_at,
    told.incident_id,
    case
        when told.is_withdrawn
        then 'withdrawn'
        when told.expires_at <= {{ as_of() }}
        then 'expired'
        when len(told.approver_ids) < {{ threshold("exemption_approvers_min") }}
        then 'pending'
        else 'live'
    end as state,
    told.source
from told
left join
    {{ ref("fct_deployments") }} as deployments
    on told.subject_type = 'deployment'
    and told.subject_id = deployments.deployment_id
left join
    (
        select change_request_id, any_value(service_id) as service_id
        from {{ ref("change_requests") }}
        where is_current
        group by change_request_id
    ) as requests
    on told.subject_type = 'change_request'
    and told.subject_id = requests.change_request_id
where
    told.granted_at is not null
    and told.expires_at is not null
    and told.control_ids is not null
