{{ config(kind="github", stream="commits", key=["repository", "commit_sha"]) }}

select
    repository,
    sha as commit_sha,
    split_part(message, chr(10), 1) as title,
    html_url as source_url,
    json_extract_string(try_cast(parents as json), '$[*].sha') as parent_shas,
    regexp_extract_all(
        message, 'This reverts commit ([0-9a-f]{40})', 1
    ) as reverted_shas,
    {{ named_keys("message") }} as named_keys,
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
                "a commit without repository": "repository is null",
                "a commit without committer date": "try_cast(committed as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "sha": "$.sha",
                "parents": "$.parents",
                "authored": "$.commit.author.date",
                "committed": "$.commit.committer.date",
                "author_email": "$.commit.author.email",
                "login": "$.author.login",
                "author_type": "$.author.type",
                "message": "$.commit.message",
                "html_url": "$.html_url",
            },
            {"repository": "$.repository"},
        )
    }}
