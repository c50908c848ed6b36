{# How probable it is that a change event caused at least one incident: one of them is enough. #}
select
    change_event_id,
    {# certainty has no logarithm; in an order, so that threads cannot change the last digits #}
    case
        when max(probability) >= 1.0 - 1e-12
        then 1.0
        else 1.0 - exp(list_sum(list_sort(list(ln(1.0 - probability)))))
    end as probability,
    count(*) as incident_count
from {{ ref("incident_suspects") }}
group by change_event_id
