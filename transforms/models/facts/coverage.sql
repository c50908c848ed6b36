{# From which day to which day each kind of data is known; outside, nothing is counted as none. #}
with
    deployments as (
        select
            'deployments' as domain,
            min({{ local_date("finished_at") }}) as first_date,
            max({{ local_date("read_at") }}) as last_date
        from {{ ref("int_deployments__collapsed") }}
        where environment_tier = 'production' and exclusion_reason is null
    ),
    incidents as (
        select
            'incidents' as domain,
            min({{ local_date("incidents.impact_started_at") }}) as first_date,
            max({{ local_date("folded.read_at") }}) as last_date
        from {{ ref("fct_incidents") }} as incidents
        inner join
            {{ ref("int_incidents__folded") }} as folded
            on incidents.incident_id = folded.incident_id
        where incidents.exclusion_reason is null
    ),
    last_readings as (
        select
            case
                when kind in ('git', 'github')
                then 'deployments'
                when kind in ('pagerduty', 'servicenow')
                then 'incidents'
            end as domain,
            max({{ local_date("read_at") }}) as last_date
        from {{ source("staging", "journal") }}
        where
            event = 'run_finished' and status = 'complete' and read_at <= {{ as_of() }}
        group by domain
    ),
    domains as (
        select *
        from deployments
        union all
        select *
        from incidents
    )
select
    domains.domain,
    domains.first_date,
    greatest(
        domains.last_date, coalesce(last_readings.last_date, domains.last_date)
    ) as last_date
from domains
left join last_readings on domains.domain = last_readings.domain
where domains.first_date is not null
