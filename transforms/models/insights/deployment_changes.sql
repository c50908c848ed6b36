{# Changes that first went live with a deployment, with what is known of their reviews: how many approved, never who. #}
with
    reviewed as (
        select
            change_id,
            count(
                distinct case when state = 'approved' then reviewer_id end
            ) as approver_count,
            count(distinct review_id) as review_count
        from {{ ref("reviews") }}
        where not is_bot
        group by change_id
    )
select
    changes.deployment_id,
    changes.change_id,
    changes.service_id,
    changes.title,
    changes.source_url,
    changes.exclusion_reason,
    changes.commit_count,
    coalesce(reviewed.approver_count, 0) as approver_count,
    coalesce(reviewed.review_count, 0) as review_count,
    changes.lead_time_seconds,
    changes.is_bot,
    changes.is_reviewable,
    changes.started_at,
    changes.merged_at,
    changes.deployed_at
from {{ ref("fct_changes") }} as changes
left join reviewed on changes.change_id = reviewed.change_id
where changes.deployment_id is not null
