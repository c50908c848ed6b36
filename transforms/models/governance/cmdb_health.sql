{# How good the CMDB is, as shares and counts with what they are held against, for all and by tier. #}
with
    policy as (
        select
            coalesce(
                max(try_cast(document ->> '$.required' as varchar[])),
                ['name', 'class_name', 'operational_status']
            ) as required,
            coalesce(
                max(try_cast(document ->> '$.recommended' as varchar[])),
                ['owner', 'environment_name']
            ) as recommended
        from {{ policy_rows("cmdb") }}
        where policy_key = '*'
    ),
    united as (
        select 'all' as scope, *
        from {{ ref("cmdb_reconciliation") }}
        union all
        select 'tier ' || cast(tier as varchar) as scope, *
        from {{ ref("cmdb_reconciliation") }}
        where tier is not null
    ),
    filled as (
        select
            items.configuration_item_id,
            {% for weight, fields in (
                ("required", "policy.required"),
                ("recommended", "policy.recommended"),
            ) -%}
                len(
                    list_filter(
                        {{ fields }},
                        lambda field: case
                            field
                            {% for column in (
                                "name",
                                "class_name",
                                "operational_status",
                                "owner",
                                "environment_name",
                                "service_id",
                                "correlation_id",
                            ) -%}
                                when '{{ column }}' then items.{{ column }} is not null
                            {% endfor -%}
                            else false
                        end
                    )
                )
                / nullif(len({{ fields }}), 0)::double as {{ weight }}_ratio
                {% if not loop.last %},{% endif %}
            {% endfor %}
        from {{ ref("configuration_items") }} as items
        cross join policy
    ),
    weights as (
        select
            {{ threshold("cmdb_required_weight") }} as required_weight,
            {{ threshold("cmdb_recommended_weight") }} as recommended_weight
    ),
    active_items as (
        select service_id, count(*) as item_count
        from {{ ref("configuration_items") }}
        where
            service_id is not null
            and coalesce(lower(operational_status), '')
            not in ('6', 'retired', 'absent')
        group by service_id
    ),
    deployed as (
        select 'all' as scope, subject_id, service_id
        from {{ ref("control_subjects") }}
        union all
        select 'tier ' || cast(tier as varchar), subject_id, service_id
        from {{ ref("control_subjects") }}
        where tier is not null
    ),
    figures as (
        select
            scope,
            'accuracy' as figure,
            count(case when outcome = 'matched' then 1 end)::double as numerator,
            count(*)::double as denominator,
            {# without any discovery there is nothing to agree with #}
            case
                when exists (select 1 from {{ ref("observed_items") }})
                then
                    count(case when outcome = 'matched' then 1 end)
                    / nullif(count(*), 0)::double
            end as value,
            case
                when scope = 'tier 1'
                then {{ threshold("cmdb_accuracy_tier_1_ratio_min") }}
                else {{ threshold("cmdb_accuracy_ratio_min") }}
            end as threshold,
            true as is_least
        from united
        group by scope
        union all
        select
            scope,
            'staleness',
            count(case when is_stale then 1 end),
            count(*),
            count(case when is_stale then 1 end) / nullif(count(*), 0)::double,
            cast(null as double),
            false
        from united
        where configuration_item_id is not null
        group by scope
        union all
        select
            scope,
            'duplicates',
            count(case when outcome = 'duplicate' then 1 end),
            count(*),
            count(case when outcome = 'duplicate' then 1 end)::double,
            {{ threshold("cmdb_duplicates_max") }},
            false
        from united
        where configuration_item_id is not null
        group by scope
        union all
        select
            united.scope,
            'completeness',
            sum(
                coalesce(filled.required_ratio, 1) * weights.required_weight
                + coalesce(filled.recommended_ratio, 1) * weights.recommended_weight
            ),
            count(*),
            avg(
                coalesce(filled.required_ratio, 1) * weights.required_weight
                + coalesce(filled.recommended_ratio, 1) * weights.recommended_weight
            ),
            cast(null as double),
            true
        from united
        inner join filled on united.configuration_item_id = filled.configuration_item_id
        cross join weights
        group by united.scope
        union all
        select
            deployed.scope,
            'deployments_with_one_item',
            count(case when active_items.item_count = 1 then 1 end),
            count(*),
            count(case when active_items.item_count = 1 then 1 end)
            / nullif(count(*), 0)::double,
            cast(null as double),
            true
        from deployed
        left join active_items on deployed.service_id = active_items.service_id
        where exists (select 1 from {{ ref("configuration_items") }})
        group by deployed.scope
    )
select
    scope,
    figure,
    numerator,
    denominator,
    value,
    threshold,
    case
        when value is null
        then 'no_data'
        when threshold is null
        then 'not_applicable'
        when is_least and value < threshold
        then 'fail'
        when not is_least and value > threshold
        then 'fail'
        else 'pass'
    end as verdict
from figures
