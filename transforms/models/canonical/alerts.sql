{#
  One row per alert, from each system that knows it. A source is asked from time to time, so the
  end is often known no better than the last read with the alert and the first without it.
#}
with
    alerts as (select * from {{ from_sources("alerts", ["alert_id", "service_id"]) }}),
    named as (
        select
            alerts.* exclude (service_name),
            coalesce(
                alerts.service_name,
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
    named.* replace(
        case
            when named.ended_at is not null
            then greatest(named.ended_at, named.started_at)
        end as ended_at
    ),
    aliases.service_id
from named
left join
    {{ ref("service_aliases") }} as aliases on lower(named.service_name) = aliases.alias
