{#
  One row per service, environment, pipeline run and artifact (C1 of transforms/metrics.md, section
  1): attempts of one run are one deployment, and one that succeeded is not undone by a later
  attempt; a rollback within the run is a deployment of its own. Runs that take one artifact from
  region to region within 24 hours are one deployment too (C2); where no region is stated, none is
  guessed. No part of a key may be null: a source may know neither repository nor artifact, and one
  such key would hide every deployment.
#}
with recursive
    records as (
        select
            *,
            coalesce(service_id, '?' || coalesce(repository, service_name, ''))
            || '|'
            || environment_id
            || '|'
            || coalesce(pipeline_run_id, deployment_id)
            || '|'
            || coalesce(artifact, '')
            || case when is_rollback then '|rollback' else '' end
            || case when is_deleted then '|deleted' else '' end as run_key,
            status in ('succeeded', 'partial') or is_exposed as is_reached
        from {{ ref("int_deployments__judged") }}
    ),
    targets as (
        select
            run_key,
            region,
            concat_ws(
                '|',
                source,
                coalesce(service_id, '?' || coalesce(repository, service_name, '')),
                environment_id,
                artifact,
                is_rollback,
                case when is_deleted then 'deleted' end
            ) as rollout_key,
            concat_ws(
                '|',
                source,
                coalesce(service_id, '?' || coalesce(repository, service_name, '')),
                environment_id,
                region,
                case when is_deleted then 'deleted' end
            ) as place_key,
            min(started_at) as started_at,
            bool_or(is_reached) as is_reached
        from records
        where region is not null
        group by run_key, region, rollout_key, place_key
    ),
    begun as (
        select
            *,
            min(started_at) over (
                partition by rollout_key
                order by
                    started_at range between interval 24 hours preceding and current row
            ) as begun_at
        from targets
    ),
    followed as (
        {# what was in the region before: the same artifact, or another whose roll-out began then #}
        select
            *,
            case
                when
                    last_value(
                        case when is_reached then rollout_key end ignore nulls
                    ) over place
                    = rollout_key
                then
                    last_value(
                        case when is_reached then started_at end ignore nulls
                    ) over place
                else
                    last_value(
                        case when is_reached then begun_at end ignore nulls
                    ) over place
            end as place_changed_at
        from begun
        window
            place as (
                partition by place_key
                order by started_at, run_key
                rows between unbounded preceding and 1 preceding
            )
    ),
    runs as (
        select
            run_key,
            rollout_key,
            min(started_at) as started_at,
            max(place_changed_at) as place_changed_at
        from followed
        group by run_key, rollout_key
    ),
    rollouts as (
        select rollout_key, min(started_at) as rollout_started_at
        from runs
        group by rollout_key
        union all
        {# the next begins a day later, or where a region has got something since that began later #}
        select runs.rollout_key, min(runs.started_at) as rollout_started_at
        from rollouts
        inner join
            runs
            on rollouts.rollout_key = runs.rollout_key
            and runs.started_at > rollouts.rollout_started_at
        where
            runs.started_at >= rollouts.rollout_started_at + interval 24 hours
            or runs.place_changed_at >= rollouts.rollout_started_at
        group by runs.rollout_key, rollouts.rollout_started_at
    ),
    regional as (
        select
            runs.run_key,
            runs.rollout_key || '|' || max(rollouts.rollout_started_at) as group_key
        from runs
        inner join
            rollouts
            on runs.rollout_key = rollouts.rollout_key
            and runs.started_at >= rollouts.rollout_started_at
        group by runs.run_key, runs.rollout_key
    ),
    placed as (
        select
            records.*,
            coalesce(regional.group_key, records.run_key) as group_key,
            regional.group_key is not null as is_regional
        from records
        left join regional on records.run_key = regional.run_key
    ),
    repeated as (select group_key from placed group by group_key having count(*) > 1),
    numbered as (
        select
            *,
            row_number() over (
                partition by group_key, region
                order by
                    is_reached desc,
                    coalesce(finished_at, started_at) desc,
                    deployment_id desc
            ) as newest_attempt
        from placed
        where is_regional or group_key in (select group_key from repeated)
    ),
    attempts as (
        select
            group_key,
            count(*) as attempt_count,
            min(started_at) as first_started_at,
            list(deployment_id order by deployment_id) as attempt_ids
        from numbered
        group by group_key
    ),
    reached_targets as (
        select
            group_key,
            greatest(count(*), max(target_count)) as target_count,
            count(case when is_reached then 1 end) as reached_target_count,
            count(case when status = 'in_progress' then 1 end) as running_count,
            count(
                case when status in ('failed', 'cancelled', 'superseded') then 1 end
            ) as stopped_count,
            bool_or(status = 'partial') as has_partial,
            bool_or(is_failure) as is_failure,
            min(case when is_reached then finished_at end) as first_exposed_at,
            max(finished_at) as last_finished_at,
            min(
                case when is_reached then failed_verification end
            ) as failed_verification,
            max(fixes_incident) as fixes_incident,
            case
                when count(distinct coalesce(config_hash, '')) = 1
                then max(config_hash)
                else string_agg(region || '=' || config_hash, ',' order by region)
            end as config_hash
        from numbered
        where is_regional and newest_attempt = 1
        group by group_key
    ),
    leading_records as (
        {# most are alone in their group, and need no ranking #}
        select *, 1 as newest_attempt
        from placed
        where not is_regional and group_key not in (select group_key from repeated)
        union all
        select *
        from numbered
        where newest_attempt = 1 and not is_regional
        union all
        {# a roll-out is known by its first region, so that its key stays while it goes on #}
        select *
        from numbered
        where newest_attempt = 1 and is_regional
        qualify
            row_number() over (
                partition by group_key
                order by is_reached desc, started_at, deployment_id
            )
            = 1
    ),
    combined as (
        select
            leading_records.* exclude (
                region,
                target_count,
                is_reached,
                newest_attempt,
                run_key,
                created_at
            ) replace (
                coalesce(
                    attempts.first_started_at, leading_records.started_at
                ) as started_at,
                coalesce(
                    reached_targets.last_finished_at, leading_records.finished_at
                ) as finished_at,
                coalesce(
                    reached_targets.is_failure, leading_records.is_failure
                ) as is_failure,
                coalesce(
                    reached_targets.failed_verification,
                    leading_records.failed_verification
                ) as failed_verification,
                coalesce(
                    reached_targets.fixes_incident, leading_records.fixes_incident
                ) as fixes_incident,
                case
                    when leading_records.is_regional
                    then reached_targets.config_hash
                    else leading_records.config_hash
                end as config_hash,
                case
                    when reached_targets.reached_target_count is null
                    then leading_records.status
                    when
                        reached_targets.running_count > 0
                        and attempts.first_started_at + interval 24 hours
                        > {{ as_of() }}
                    then 'in_progress'
                    when reached_targets.reached_target_count = 0
                    then leading_records.status
                    when
                        reached_targets.reached_target_count
                        = reached_targets.target_count
                    then
                        case
                            when reached_targets.has_partial
                            then 'partial'
                            else leading_records.status
                        end
                    when
                        reached_targets.stopped_count = 0
                        and attempts.first_started_at + interval 24 hours
                        > {{ as_of() }}
                    then 'in_progress'
                    else 'partial'
                end as status
            ),
            coalesce(attempts.attempt_count, 1) as attempt_count,
            coalesce(
                attempts.attempt_ids, [leading_records.deployment_id]
            ) as attempt_ids,
            coalesce(
                reached_targets.target_count, leading_records.target_count, 1
            ) as target_count,
            case
                when reached_targets.group_key is not null
                then reached_targets.reached_target_count
                when leading_records.status = 'succeeded'
                then coalesce(leading_records.target_count, 1)
                when leading_records.status <> 'partial'
                then 0
            end as reached_target_count,
            case
                when reached_targets.group_key is not null
                then reached_targets.first_exposed_at
                when leading_records.is_reached
                then leading_records.finished_at
            end as first_exposed_at
        from leading_records
        left join attempts on leading_records.group_key = attempts.group_key
        left join
            reached_targets on leading_records.group_key = reached_targets.group_key
    )
select
    * replace (case when status <> 'in_progress' then finished_at end as finished_at),
    status in ('succeeded', 'partial')
    or (is_exposed and status <> 'in_progress') as reached_production
from combined
