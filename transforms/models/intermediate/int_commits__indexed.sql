{#
  Commits by a dense number, so that the walk over the graph works on arrays. A repository at a time:
  one order of all of them would be sorted in one piece.
#}
with
    sizes as (
        select repository, count(*) as commit_count
        from {{ ref("commits") }}
        group by repository
    ),
    starts as (
        select
            repository,
            cast(
                sum(commit_count) over (order by repository) - commit_count as bigint
            ) as first_index
        from sizes
    )
select
    starts.first_index + row_number() over (
        partition by commits.repository
        order by commits.committed_at, commits.commit_sha
    )
    - 1 as commit_index,
    commits.repository,
    commits.commit_sha,
    commits.parent_shas,
    commits.committed_at
from {{ ref("commits") }} as commits
inner join starts on commits.repository = starts.repository
