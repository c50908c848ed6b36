{#
  Whether readiness tells anything: by quarter, how often deployments of each decision failed, and the
  chance that one that did not fail had scored higher than one that did (AUC, ties by half).
#}
with
    scored as (
        select
            scores.*,
            cast(date_trunc('quarter', scores.started_at) as date) as quarter_start_date
        from {{ ref("readiness_scores") }} as scores
        inner join
            {{ ref("fct_deployments") }} as facts
            on scores.deployment_id = facts.deployment_id
        where scores.score is not null and not facts.is_immature
    ),
    ranked as (
        select
            *,
            rank() over (partition by quarter_start_date order by score)
            + (count(*) over (partition by quarter_start_date, score) - 1)
            / 2.0 as mid_rank
        from scored
    ),
    counted as (
        select
            quarter_start_date,
            count(*) as deployment_count,
            count(case when is_failed then 1 end) as failed_count,
            count(case when decision = 'go' then 1 end) as go_count,
            count(
                case when decision = 'go' and is_failed then 1 end
            ) as go_failed_count,
            count(case when decision = 'conditional' then 1 end) as conditional_count,
            count(
                case when decision = 'conditional' and is_failed then 1 end
            ) as conditional_failed_count,
            count(case when decision = 'no_go' then 1 end) as no_go_count,
            count(
                case when decision = 'no_go' and is_failed then 1 end
            ) as no_go_failed_count,
            sum(case when not is_failed then mid_rank end) as good_rank_sum
        from ranked
        group by quarter_start_date
    )
select
    * exclude (good_rank_sum),
    (
        good_rank_sum
        - (deployment_count - failed_count)
        * (deployment_count - failed_count + 1)
        / 2.0
    )
    / nullif(failed_count * (deployment_count - failed_count), 0) as auc
from counted
