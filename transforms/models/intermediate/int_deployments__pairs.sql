{#
  Deployments of one service and environment that two sources may both have told of. The same run or
  change request counts first; then the same artifact in intervals that overlap or nearly touch. Each
  deployment has at most one counterpart in another source: the nearest, when both choose each other.
#}
with
    contested as (
        select service_id, environment_id
        from {{ ref("int_deployments__grouped") }}
        where service_id is not null
        group by service_id, environment_id
        having min(source) <> max(source)
    ),
    deployments as (
        select
            grouped.*,
            coalesce(grouped.finished_at, grouped.started_at) as ended_at,
            substr(grouped.pipeline_run_id, length(grouped.source) + 2) as run_number
        from {{ ref("int_deployments__grouped") }} as grouped
        inner join
            contested
            on grouped.service_id = contested.service_id
            and grouped.environment_id = contested.environment_id
        where not grouped.is_deleted
    ),
    clues as (
        select deployment_id, 'run ' || run_number as clue
        from deployments
        where run_number is not null
        union all
        select deployment_id, 'request ' || change_request_number
        from deployments
        where change_request_number is not null
        union all
        select deployment_id, 'commit ' || commit_sha
        from deployments
        union all
        select deployment_id, 'digest ' || artifact_digest
        from deployments
        where artifact_digest is not null
    ),
    identified as (
        select deployments.*, clues.clue
        from deployments
        inner join clues on deployments.deployment_id = clues.deployment_id
    ),
    compared as (
        select
            one.deployment_id,
            other.deployment_id as other_deployment_id,
            one.service_id,
            one.environment_id,
            one.source,
            other.source as other_source,
            min(abs(epoch(one.started_at) - epoch(other.started_at))) as seconds_apart,
            bool_or(
                one.clue like 'run %' and one.is_rollback = other.is_rollback
            ) as is_same_run,
            bool_or(
                one.clue like 'request %' and one.is_rollback = other.is_rollback
            ) as is_same_request,
            bool_or(
                one.clue like 'digest %'
                or one.clue like 'commit %'
                and (one.artifact_digest is null or other.artifact_digest is null)
            ) as is_same_artifact,
            bool_or(
                one.clue like 'digest %' or one.clue like 'commit %'
            ) as is_same_code,
            bool_or(one.artifact_digest <> other.artifact_digest) as is_other_digest,
            bool_or(
                one.started_at <= other.ended_at + interval 120 seconds
                and other.started_at <= one.ended_at + interval 120 seconds
            ) as is_overlapping
        from identified as one
        inner join
            identified as other
            on one.clue = other.clue
            and one.service_id = other.service_id
            and one.environment_id = other.environment_id
            and one.source < other.source
            and one.started_at < other.started_at + interval 24 hours
            and other.started_at < one.started_at + interval 24 hours
        group by
            one.deployment_id,
            other.deployment_id,
            one.service_id,
            one.environment_id,
            one.source,
            other.source
    ),
    matched as (
        select
            *,
            case
                when coalesce(is_other_digest, false)
                then 4
                when is_same_run
                then 1
                when is_same_request
                then 2
                when is_same_artifact and is_overlapping
                then 3
                else 4
            end as match_rank
        from compared
    ),
    chosen as (
        select
            *,
            row_number() over (
                partition by deployment_id, other_source
                order by
                    match_rank,
                    is_same_artifact desc,
                    seconds_apart,
                    other_deployment_id
            ) as choice,
            row_number() over (
                partition by other_deployment_id, source
                order by match_rank, is_same_artifact desc, seconds_apart, deployment_id
            ) as other_choice
        from matched
    )
select
    deployment_id,
    other_deployment_id,
    service_id,
    environment_id,
    source,
    other_source,
    seconds_apart,
    is_same_code,
    match_rank < 4 and choice = 1 and other_choice = 1 as is_same,
    case
        match_rank when 1 then 'run' when 2 then 'change_request' when 3 then 'interval'
    end as matched_by
from chosen
