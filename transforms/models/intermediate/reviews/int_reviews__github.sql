with
    pull_reviews as (
        select *
        from {{ newest("stg_github__pull_reviews", "source, repository, review_id") }}
    ),
    reviews as (
        select
            source || ':' || review_id as review_id,
            source || ':' || repository || '#' || pull_number as change_id,
            reviewer_id,
            commit_sha,
            state,
            source_url,
            is_bot,
            submitted_at,
            source,
            page_id,
            ordinal,
            read_at
        from pull_reviews
    )
select *
from reviews
