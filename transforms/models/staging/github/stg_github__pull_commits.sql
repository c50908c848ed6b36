{{
    config(
        kind="github",
        stream="pull_commits",
        key=["repository", "pull_number", "commit_sha"],
    )
}}

select
    repository,
    try_cast(pull_number as bigint) as pull_number,
    sha as commit_sha,
    split_part(message, chr(10), 1) as title,
    {{ co_author_ids("message") }} as co_author_ids,
    json_array_length(try_cast(parents as json)) as parent_count,
    {{ pseudonym("coalesce(login, author_email)") }} as author_id,
    {{ pseudonym("login") }} as author_login_id,
    {{ pseudonym("author_email") }} as author_address_id,
    coalesce(author_type = 'Bot' or login like '%[bot]', false) as is_bot,
    {{ instant("authored") }} as authored_at,
    {{ instant("committed") }} as committed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a commit without sha": "sha is null",
                "a commit without pull request": "try_cast(pull_number as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "sha": "$.sha",
                "authored": "$.commit.author.date",
                "committed": "$.commit.committer.date",
                "author_email": "$.commit.author.email",
                "login": "$.author.login",
                "author_type": "$.author.type",
                "message": "$.commit.message",
                "parents": "$.parents",
            },
            {"repository": "$.repository", "pull_number": "$.pull_number"},
        )
    }}
