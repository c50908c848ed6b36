{#
  Commits whose change request is named: in their own message, or in the title, branch or an
  original commit of the change that they belong to. The change's commits inherit what it names.
#}
with
    requests as (
        select change_request_id, upper(number) as request_key
        from {{ ref("change_requests") }}
        where is_current and not is_deleted
    ),
    members as (
        select change_id, repository, merge_commit_sha as commit_sha
        from {{ ref("changes") }}
        where merge_commit_sha is not null
        union
        select change_id, repository, commit_sha
        from {{ ref("change_commits") }}
    ),
    named_by_changes as (
        select
            change_id,
            'change_title' as method,
            unnest({{ named_keys("title") }}) as request_key
        from {{ ref("changes") }}
        union all
        select
            change_id,
            'change_branch' as method,
            unnest({{ named_keys("head_branch") }}) as request_key
        from {{ ref("changes") }}
        union all
        select
            change_id,
            'commit_message' as method,
            unnest({{ named_keys("title") }}) as request_key
        from {{ ref("change_commits") }}
    ),
    mentions as (
        select
            repository,
            commit_sha,
            'commit_message' as method,
            unnest(named_keys) as request_key
        from {{ ref("commits") }}
        union all
        select
            members.repository,
            members.commit_sha,
            named_by_changes.method,
            named_by_changes.request_key
        from named_by_changes
        inner join members on named_by_changes.change_id = members.change_id
    )
select
    mentions.repository,
    mentions.commit_sha,
    requests.change_request_id,
    min(mentions.method) as method
from mentions
inner join requests on mentions.request_key = requests.request_key
group by mentions.repository, mentions.commit_sha, requests.change_request_id
