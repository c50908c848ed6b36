{# Templates of standard changes that policy.yml lists, and whether they are live at as-of. #}
with
    stated as (
        select
            policy_key as template_name,
            document ->> '$.title' as title,
            try_cast(document ->> '$.live_from' as date) as live_from_date,
            try_cast(document ->> '$.live_until' as date) as live_until_date
        from {{ policy_rows("standard_changes") }}
    )
select
    template_name,
    title,
    live_from_date,
    live_until_date,
    coalesce(live_from_date <= {{ local_date(as_of()) }}, true)
    and coalesce(live_until_date >= {{ local_date(as_of()) }}, true) as is_live
from stated
