{# Commits by a dense number, so that the walk over the graph works on arrays. #}
select
    row_number() over (order by repository, committed_at, commit_sha)
    - 1 as commit_index,
    repository,
    commit_sha,
    parent_shas,
    committed_at
from {{ ref("commits") }}
