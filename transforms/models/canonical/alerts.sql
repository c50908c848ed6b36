{#
  One row per alert, from each system that knows it. A source is asked from time to time, so the
  end is known no better than the last read with the alert and the first without it.
#}
with
    alerts as (
        select
            source,
            fingerprint,
            name,
            severity,
            labels,
            started_at,
            coalesce(stated_ended_at, ended_before) as known_ended_at,
            stated_ended_at is null and ended_before is not null as ended_at_is_bound,
            last_seen_at,
            source_url,
            page_id,
            ordinal,
            read_at
        from {{ ref("int_alerts__polled") }}
        union all
        select
            source,
            fingerprint,
            name,
            severity,
            labels,
            started_at,
            ended_before as known_ended_at,
            ended_before is not null as ended_at_is_bound,
            last_seen_at,
            source_url,
            page_id,
            ordinal,
            read_at
        from {{ ref("int_alerts__sampled") }}
    ),
    named as (
        select
            alerts.*,
            coalesce(
                cast(alerts.labels as json) ->> settings.alert_service_label,
                cast(alerts.labels as json) ->> 'job'
            ) as service_name
        from alerts
        inner join
            {{ ref("int_source_settings") }} as settings
            on alerts.source = settings.source
    )
select
    named.source
    || ':'
    || named.fingerprint
    || ':'
    || strftime(named.started_at, '%Y-%m-%dT%H:%M:%S.%fZ') as alert_id,
    named.source,
    named.fingerprint,
    named.name,
    named.severity,
    named.service_name,
    named.labels,
    aliases.service_id,
    named.started_at,
    case
        when named.known_ended_at is not null
        then greatest(named.known_ended_at, named.started_at)
    end as ended_at,
    named.ended_at_is_bound,
    named.last_seen_at,
    named.source_url,
    named.page_id,
    named.ordinal,
    named.read_at
from named
left join
    {{ ref("service_aliases") }} as aliases on lower(named.service_name) = aliases.alias
