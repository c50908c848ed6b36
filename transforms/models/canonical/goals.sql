{# What the organisation wants to reach, as leadline.yml said at as-of. #}
select
    goal_id,
    max(metric) as metric,
    max(scope) as scope,
    max(scope_id) as scope_id,
    max(target_value) as target_value,
    max(target_words) as target_words,
    max(owner) as owner,
    max(reason) as reason,
    max(effective_from_date) as effective_from_date,
    max(effective_to_date) as effective_to_date
from {{ ref("int_catalogue__current") }}
where record_type = 'goal' and goal_id is not null and target_value is not null
group by goal_id
