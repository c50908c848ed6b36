{#
  Deployments to production against change requests, and change requests against what was done, by
  month and service. Each direction starts from a whole population that is counted on its own
  (total_count); what became of its members has to add up to it.
#}
with
    deployments as (
        select
            'deployments' as direction,
            subjects.service_id,
            {{ local_date("subjects.started_at") }} as local_day,
            coalesce(links.rule, 'none') as outcome,
            coalesce(links.confidence < 1, false) as is_uncertain
        from {{ ref("control_subjects") }} as subjects
        left join
            {{ ref("change_request_links") }} as links
            on subjects.subject_id = links.deployment_id
            and links.is_first
    ),
    population as (
        select
            *,
            {{ request_phase("state") }} as phase,
            coalesce(work_started_at, planned_start_at, created_at, read_at) as began_at
        from {{ ref("change_requests") }}
        where is_current and not coalesce(is_deleted, false)
    ),
    linked as (
        select change_request_id, max(confidence) as confidence
        from {{ ref("change_request_links") }}
        group by change_request_id
    ),
    requests as (
        select
            'change_requests' as direction,
            population.service_id,
            {{ local_date("population.began_at") }} as local_day,
            case
                when linked.change_request_id is not null
                then 'deployed'
                when judged.reason_code is not null
                then judged.reason_code
                when population.phase = 'cancelled'
                then 'called_off'
                else 'not_implemented'
            end as outcome,
            coalesce(linked.confidence < 1, false) as is_uncertain
        from population
        left join linked on population.change_request_id = linked.change_request_id
        left join
            {{ ref("control_phantom_changes") }} as judged
            on population.change_request_id = judged.subject_id
    ),
    sorted as (
        select *
        from deployments
        union all
        select *
        from requests
    ),
    totals as (
        {# counted from the populations, before anything is joined to them #}
        select
            'deployments' as direction,
            service_id,
            cast(
                date_trunc('month', {{ local_date("started_at") }}) as date
            ) as period_start_date,
            count(*) as total_count
        from {{ ref("control_subjects") }}
        group by all
        union all
        select
            'change_requests',
            service_id,
            cast(date_trunc('month', {{ local_date("began_at") }}) as date),
            count(*)
        from population
        group by all
    ),
    counted as (
        select
            direction,
            service_id,
            cast(date_trunc('month', local_day) as date) as period_start_date,
            outcome,
            count(*) as item_count,
            count(case when is_uncertain then 1 end) as uncertain_count
        from sorted
        group by all
    )
select
    counted.direction,
    counted.period_start_date,
    counted.service_id,
    counted.outcome,
    counted.item_count,
    counted.uncertain_count,
    cast(
        sum(counted.item_count) over (
            partition by
                counted.direction, counted.period_start_date, counted.service_id
        ) as bigint
    ) as listed_count,
    totals.total_count
from counted
left join
    totals
    on counted.direction = totals.direction
    and counted.period_start_date = totals.period_start_date
    and counted.service_id is not distinct from totals.service_id
