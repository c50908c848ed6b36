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
    sources as (
        select distinct 'deployments' as domain, source
        from {{ ref("int_deployments__collapsed") }}
        union all
        select distinct 'incidents' as domain, source
        from {{ ref("int_incidents__folded") }}
    ),
    imports as (
        {# a file says nothing of the days after its last record, whenever it is read #}
        select distinct source, stream
        from {{ source("staging", "journal") }}
        where event = 'page' and versions_from_source
    ),
    last_readings as (
        select sources.domain, max({{ local_date("journal.read_at") }}) as last_date
        from {{ source("staging", "journal") }} as journal
        inner join sources on journal.source = sources.source
        left join
            imports
            on journal.source = imports.source
            and journal.stream = imports.stream
        where
            journal.event = 'run_finished'
            and journal.status = 'complete'
            and journal.read_at <= {{ as_of() }}
            and imports.source is null
        group by sources.domain
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
