{#
  Alerts that were pushed are sightings of alerts. Of a system that is polled too they join its
  reads; else no read ends them (there is no stream `pushed`), only what the system says. Once it
  has said that one ended, an earlier message that comes late does not open it again.
#}
select
    key_source as source,
    case when key_source = source then 'pushed' else 'alerts' end as stream,
    subject_id as fingerprint,
    title as name,
    severity,
    labels,
    source_url,
    created_at as started_at,
    max(case when word = 'resolved' then greatest(finished_at, created_at) end) over (
        partition by source, subject_id, created_at
        order by read_at, page_id, ordinal
        rows between unbounded preceding and current row
    ) as stated_ended_at,
    case
        when word = 'resolved' then greatest(finished_at, created_at) else read_at
    end as seen_at,
    page_id,
    ordinal,
    read_at
from {{ ref("int_pushed_events") }}
where tells = 'alert'
