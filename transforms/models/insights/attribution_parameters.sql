{# Every number of the fitted model that somebody may want to see, in words. #}
select
    case
        part
        when 'per_event'
        then 'incidents_per_change_event'
        when 'service'
        then 'service_multiplier'
        when 'batch'
        then 'batch_multiplier'
        when 'hops'
        then 'distance_multiplier'
        when 'background'
        then 'background_per_week'
        when 'profile'
        then 'hour_multiplier'
        when 'shown_within'
        then 'shown_within_seconds'
        when 'in_flight'
        then 'shown_in_flight'
    end as parameter,
    type,
    coalesce(level, cast(place as varchar)) as level,
    place as level_order,
    case part when 'background' then value * 604800 else value end as value
from {{ ref("int_attribution_fit") }}
where
    part in (
        'per_event',
        'service',
        'batch',
        'hops',
        'background',
        'profile',
        'shown_within',
        'in_flight'
    )
