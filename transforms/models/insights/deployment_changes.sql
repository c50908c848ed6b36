{# Changes that first went live with a deployment, with what is known of their reviews: how many approved, never who. #}
select
    changes.deployment_id,
    changes.change_id,
    changes.service_id,
    changes.title,
    changes.source_url,
    changes.exclusion_reason,
    changes.commit_count,
    count(
        distinct case when reviews.state = 'approved' then reviews.reviewer_id end
    ) as approver_count,
    count(distinct reviews.review_id) as review_count,
    changes.lead_time_seconds,
    changes.is_bot,
    changes.is_reviewable,
    changes.started_at,
    changes.merged_at,
    changes.deployed_at
from {{ ref("fct_changes") }} as changes
left join
    {{ ref("reviews") }} as reviews
    on changes.change_id = reviews.change_id
    and not reviews.is_bot
where changes.deployment_id is not null
group by all
