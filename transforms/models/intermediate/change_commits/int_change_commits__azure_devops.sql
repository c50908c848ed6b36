with
    pull_commits as (
        select *
        from
            {{
                newest(
                    "stg_azure_devops__pull_request_commits",
                    "source, repository_id, pull_number, commit_sha",
                )
            }}
    ),
    pulls as (
        select *
        from
            {{
                newest(
                    "stg_azure_devops__pull_requests",
                    "source, repository_id, pull_number",
                )
            }}
    ),
    change_commits as (
        select
            pulls.source
            || ':'
            || pulls.repository
            || '#'
            || pulls.pull_number as change_id,
            pulls.repository,
            pull_commits.commit_sha,
            pull_commits.author_id,
            pull_commits.title,
            false as is_bot,
            false as is_merge,
            pull_commits.authored_at,
            pull_commits.committed_at,
            pull_commits.source,
            pull_commits.page_id,
            pull_commits.ordinal,
            pull_commits.read_at
        from pull_commits
        inner join
            pulls
            on pull_commits.source = pulls.source
            and pull_commits.repository_id = pulls.repository_id
            and pull_commits.pull_number = pulls.pull_number
    )
select *
from change_commits
