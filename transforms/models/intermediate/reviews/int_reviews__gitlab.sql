{# Comments and approvals; an approval that its giver took back later is dismissed. #}
with
    notes as (
        select * from {{ newest("stg_gitlab__merge_request_notes", "source, note_id") }}
    ),
    judged as (
        select
            source,
            note_id,
            lead(state) over (
                partition by source, repository, number, reviewer_id
                order by submitted_at, note_id
            ) as next_state
        from notes
        where state in ('approved', 'dismissed')
    ),
    reviews as (
        select
            notes.source || ':' || notes.note_id as review_id,
            notes.source || ':' || notes.repository || '#' || notes.number as change_id,
            notes.reviewer_id,
            coalesce(
                case when judged.next_state = 'dismissed' then 'dismissed' end,
                notes.state
            ) as state,
            notes.is_bot,
            notes.submitted_at,
            notes.source,
            notes.page_id,
            notes.ordinal,
            notes.read_at
        from notes
        left join
            judged on notes.source = judged.source and notes.note_id = judged.note_id
        where notes.state is not null and notes.state <> 'dismissed'
    )
select *
from reviews
