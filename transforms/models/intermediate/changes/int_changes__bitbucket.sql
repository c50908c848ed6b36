{#
  Bitbucket names a merge commit by its first digits and a merge by no date: a commit that was read
  tells both, else the first reading of the merged request does.
#}
with
    pulls as (
        select *
        from
            {{
                newest(
                    "stg_bitbucket__pull_requests", "source, repository, pull_number"
                )
            }}
    ),
    ended as (
        select source, repository, pull_number, min(source_updated_at) as ended_at
        from {{ ref("stg_bitbucket__pull_requests") }}
        where read_at <= {{ as_of() }} and state <> 'OPEN'
        group by source, repository, pull_number
    ),
    merge_commits as (
        select
            left(commit_sha, 12) as merge_commit,
            min(commit_sha) as commit_sha,
            min(committed_at) as committed_at
        from {{ ref("stg_git__commits") }}
        where
            read_at <= {{ as_of() }}
            and left(commit_sha, 12) in (
                select left(merge_commit, 12)
                from {{ ref("stg_bitbucket__pull_requests") }}
            )
        group by left(commit_sha, 12)
        having count(distinct commit_sha) = 1
    ),
    changes as (
        select
            pulls.source
            || ':'
            || pulls.repository
            || '#'
            || pulls.pull_number as change_id,
            pulls.repository,
            pulls.pull_number,
            pulls.author_id,
            coalesce(merge_commits.commit_sha, pulls.merge_commit) as merge_commit_sha,
            pulls.title,
            lower(pulls.state) as state,
            pulls.head_branch,
            pulls.base_branch,
            pulls.source_url,
            cast([] as varchar[]) as labels,
            pulls.is_bot,
            coalesce(pulls.is_draft, false) as is_draft,
            pulls.state = 'MERGED' as is_merged,
            pulls.created_at,
            case
                when pulls.state = 'MERGED'
                then coalesce(merge_commits.committed_at, ended.ended_at)
            end as merged_at,
            case when pulls.state <> 'OPEN' then ended.ended_at end as closed_at,
            pulls.source_updated_at,
            pulls.source,
            pulls.page_id,
            pulls.ordinal,
            pulls.read_at
        from pulls
        left join
            ended
            on pulls.source = ended.source
            and pulls.repository = ended.repository
            and pulls.pull_number = ended.pull_number
        left join
            merge_commits on left(pulls.merge_commit, 12) = merge_commits.merge_commit
    )
select *
from changes
