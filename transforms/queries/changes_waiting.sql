-- title: Open changes that wait longest
-- question: Which open changes need somebody to look at them?
-- asked by: team leads
-- topic: Delivery
select
    changes.title,
    changes.repository,
    date_diff('hour', changes.created_at, build.as_of) / 24 as days_open,
    count(reviews.review_id) as review_count,
    changes.labels,
    changes.source_url
from changes
cross join build_information as build
left join reviews on changes.change_id = reviews.change_id and not reviews.is_bot
where changes.state = 'open' and not changes.is_draft and not changes.is_bot
group by all
order by days_open desc
