{{ control(subject="post_implementation_review") }}

with
    reviews as (
        select
            *,
            {{ seconds_between("finished_at", "due_at") }} / 3600 as allowed_hours,
            {{ seconds_between("finished_at", "held_at") }} / 3600 as taken_hours,
            strftime(due_at, '%Y-%m-%d %H:%M UTC') as due_words,
            strftime(held_at, '%Y-%m-%d %H:%M UTC') as held_words
        from {{ ref("post_implementation_reviews") }}
    ),
    known as (select count(held_at) as held_count from reviews)
select
    post_implementation_review_id as subject_id,
    service_id,
    team_id,
    environment_id,
    finished_at as occurred_at,
    case
        when state = 'on_time'
        then 'pass'
        when state = 'open'
        then 'not_applicable'
        when known.held_count = 0
        then 'no_data'
        else 'fail'
    end as verdict,
    case
        state
        when 'on_time'
        then 'held_on_time'
        when 'late'
        then 'held_late'
        when 'unpublished'
        then 'held_unpublished'
        when 'overdue'
        then 'not_held'
        else 'not_due'
    end as reason_code,
    case
        state
        when 'on_time'
        then
            'The review was held '
            || held_words
            || ', due '
            || due_words
            || ', and is published.'
        when 'late'
        then
            'The review was held '
            || held_words
            || ', after it was due '
            || due_words
            || '.'
        when 'unpublished'
        then
            'The review was held '
            || held_words
            || ', due '
            || due_words
            || ', and is not published.'
        when 'overdue'
        then
            case
                when known.held_count = 0
                then 'No source tells of any review; it was due '
                else 'No review is known; it was due '
            end
            || due_words
            || '.'
        else 'The review is not due before ' || due_words || '.'
    end as reason,
    list_concat(
        [
            case
                when subject_type = 'deployment'
                then 'fct_deployments:' || subject_id
                else 'change_requests:' || subject_id
            end
        ],
        case when review_id is null then [] else [review_id] end
    ) as evidence,
    taken_hours as value,
    allowed_hours as threshold
from reviews
cross join known
