{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    met as (
        select deployment_id, kind, other_deployment_id, other_service_id
        from {{ ref("deployment_collisions") }}
        union all
        select other_deployment_id, kind, deployment_id, service_id
        from {{ ref("deployment_collisions") }}
    ),
    counted as (
        select
            deployment_id,
            count(*) filter (where kind = 'same_service') as same_count,
            count(*) filter (where kind = 'adjacent') as adjacent_count,
            min(other_service_id) filter (
                where kind = 'adjacent'
            ) as adjacent_service_id,
            list(
                'fct_deployments:' || other_deployment_id order by other_deployment_id
            ) as evidence
        from met
        group by deployment_id
    )
select
    subjects.subject_id,
    subjects.service_id,
    subjects.team_id,
    subjects.environment_id,
    subjects.started_at as occurred_at,
    case
        when subjects.finished_at is null and counted.deployment_id is null
        then 'inconclusive'
        when
            coalesce(counted.same_count, 0)
            > {{ threshold("deployment_collisions_max") }}
        then 'fail'
        when counted.adjacent_count > 0
        then 'warn'
        else 'pass'
    end as verdict,
    case
        when subjects.finished_at is null and counted.deployment_id is null
        then 'still_running'
        when
            coalesce(counted.same_count, 0)
            > {{ threshold("deployment_collisions_max") }}
        then 'ci_already_scheduled'
        when counted.adjacent_count > 0
        then 'related_ci_already_scheduled'
        else 'alone'
    end as reason_code,
    case
        when subjects.finished_at is null and counted.deployment_id is null
        then 'It has not ended, so that others may still meet it.'
        when
            coalesce(counted.same_count, 0)
            > {{ threshold("deployment_collisions_max") }}
        then
            'It overlaps '
            || counted.same_count
            || ' other deployments of the service to the environment.'
        when counted.adjacent_count > 0
        then
            'It overlaps a deployment of '
            || counted.adjacent_service_id
            || ', which is called by it or calls it.'
        else 'No other deployment of the service or its neighbours overlaps it.'
    end as reason,
    list_concat(
        [{{ subject_key("subjects") }}], coalesce(counted.evidence, [])
    ) as evidence,
    coalesce(counted.same_count, 0) as value,
    {{ threshold("deployment_collisions_max") }} as threshold
from subjects
left join counted on subjects.subject_id = counted.deployment_id
