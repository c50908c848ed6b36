{{ control(subject="configuration_item") }}

with
    discovery as (select count(*) as seen_count from {{ ref("observed_items") }}),
    items as (
        {# without any discovery nothing is known of an item that is declared #}
        select
            reconciled.* replace (
                case
                    when
                        reconciled.outcome = 'declared_only'
                        and discovery.seen_count = 0
                    then 'nothing_discovered'
                    else reconciled.outcome
                end as outcome
            )
        from {{ ref("cmdb_reconciliation") }} as reconciled
        cross join discovery
    )
select
    items.reconciliation_id as subject_id,
    items.service_id,
    services.team_id,
    cast(null as varchar) as environment_id,
    {{ as_of() }} as occurred_at,
    case
        when items.outcome = 'ambiguous'
        then 'inconclusive'
        when items.outcome = 'nothing_discovered'
        then 'no_data'
        when items.outcome <> 'matched'
        then 'fail'
        when items.is_stale
        then 'warn'
        else 'pass'
    end as verdict,
    case
        when items.outcome = 'matched' and items.is_stale
        then 'stale'
        else items.outcome
    end as reason_code,
    case
        items.outcome
        when 'matched'
        then
            case
                when items.is_stale
                then 'The CMDB and discovery agree; nothing confirmed it for long.'
                else 'The CMDB and discovery agree.'
            end
        when 'attribute_mismatch'
        then
            'The CMDB and discovery differ in '
            || array_to_string(items.differing_attributes, ', ')
            || '.'
        when 'declared_only'
        then 'The CMDB lists it; nothing of it was discovered.'
        when 'nothing_discovered'
        then 'The CMDB lists it; no source of discovery is read.'
        when 'duplicate'
        then 'The CMDB lists it more than once.'
        when 'discovered_only'
        then 'It was discovered; the CMDB does not list it.'
        when 'retired_but_alive'
        then 'The CMDB calls it retired; it was seen alive.'
        else 'More than one item of the CMDB could be what was discovered.'
    end as reason,
    list_filter(
        [
            'configuration_items:' || items.configuration_item_id,
            'observed_items:' || items.observed_item_id
        ],
        lambda key:key is not null
    ) as evidence,
    cast(null as double) as value,
    cast(null as double) as threshold
from items
left join {{ ref("services") }} as services on items.service_id = services.service_id
