{#
  What was pushed by the build's as-of. `key_source` is the source whose records they are: with
  `of` the one that is polled too, so that a record has one key however it came.
#}
select
    events.*,
    coalesce(settings.polled_source, events.source) as key_source,
    events.source || ':' || events.delivery_id || '#' || events.position as event_key,
    lower(events.state) as word
from {{ ref("stg_push__events") }} as events
inner join
    {{ ref("int_source_settings") }} as settings on events.source = settings.source
where events.read_at <= {{ as_of() }}
