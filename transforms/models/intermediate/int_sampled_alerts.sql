{#
  One row per alert of Prometheus, which tells at which points of time a set of labels was firing.
  Stretches that overlap or follow within one step are one alert, in however many pages they were
  read. An alert goes on while it was firing at the last point that was asked for.
#}
with
    stretches as (
        select * from {{ ref("stg_prometheus__alerts") }} where read_at <= {{ as_of() }}
    ),
    asked as (
        select
            source,
            max(
                {{ instant("json_extract_string(context, '$.through')") }}
            ) as through_at
        from {{ source("staging", "journal") }}
        where
            event = 'page'
            and kind = 'prometheus'
            and stream = 'alerts'
            and read_at <= {{ as_of() }}
        group by source
    ),
    marked as (
        select
            *,
            coalesce(
                first_at > max(last_at + to_seconds(step_seconds)) over (
                    partition by source, fingerprint
                    order by first_at, last_at, read_at, page_id, ordinal
                    rows between unbounded preceding and 1 preceding
                ),
                true
            ) as is_first
        from stretches
    ),
    numbered as (
        select
            *,
            count(case when is_first then 1 end) over (
                partition by source, fingerprint
                order by first_at, last_at, read_at, page_id, ordinal
                rows unbounded preceding
            ) as alert_number
        from marked
    ),
    alerts as (
        select
            source,
            fingerprint,
            min(first_at) as started_at,
            max(last_at) as last_seen_at,
            max(last_at + to_seconds(step_seconds)) as next_point_at,
            arg_max(name, (read_at, page_id, ordinal)) as name,
            arg_max(severity, (read_at, page_id, ordinal)) as severity,
            arg_max(labels, (read_at, page_id, ordinal)) as labels,
            arg_max(source_url, (read_at, page_id, ordinal)) as source_url,
            arg_max(page_id, (read_at, page_id, ordinal)) as page_id,
            arg_max(ordinal, (read_at, page_id, ordinal)) as ordinal,
            max(read_at) as read_at
        from numbered
        group by source, fingerprint, alert_number
    ),
    severities as (
        {# what a rule says, where all rules of that name say the same #}
        select source, name, min(severity) as severity
        from {{ ref("stg_prometheus__rules") }}
        where read_at <= {{ as_of() }}
        group by source, name
        having count(distinct severity) = 1 and min(severity) <> ''
    )
select
    alerts.* exclude(severity, next_point_at),
    coalesce(alerts.severity, severities.severity) as severity,
    case
        when alerts.next_point_at <= asked.through_at then alerts.next_point_at
    end as ended_before
from alerts
inner join asked on alerts.source = asked.source
left join
    severities on alerts.source = severities.source and alerts.name = severities.name
