{# Commits never change; one that two sources read is kept from the one that was read first. #}
with
    from_git as not materialized(
        select * from {{ newest("stg_git__commits", "source, repository, commit_sha") }}
    ),
    from_hosts as not materialized(
        select *
        from {{ newest("stg_github__commits", "source, repository, commit_sha") }}
    ),
    twice as (
        select hosts.repository, hosts.commit_sha
        from from_hosts as hosts
        inner join
            from_git as git
            on hosts.repository = git.repository
            and hosts.commit_sha = git.commit_sha
    ),
    read_commits as (
        select
            repository,
            commit_sha,
            author_id,
            title,
            null as source_url,
            parent_shas,
            reverted_shas,
            named_keys,
            is_bot,
            authored_at,
            committed_at,
            source,
            page_id,
            ordinal,
            read_at
        from from_git
        union all
        select
            hosts.repository,
            hosts.commit_sha,
            hosts.author_id,
            hosts.title,
            hosts.source_url,
            hosts.parent_shas,
            hosts.reverted_shas,
            hosts.named_keys,
            hosts.is_bot,
            hosts.authored_at,
            hosts.committed_at,
            hosts.source,
            hosts.page_id,
            hosts.ordinal,
            hosts.read_at
        from from_hosts as hosts
        left join
            twice
            on hosts.repository = twice.repository
            and hosts.commit_sha = twice.commit_sha
        where twice.commit_sha is null
    ),
    commits as (
        select
            repository,
            commit_sha,
            author_id,
            title,
            source_url,
            coalesce(parent_shas, []) as parent_shas,
            coalesce(reverted_shas, []) as reverted_shas,
            coalesce(named_keys, []) as named_keys,
            len(coalesce(parent_shas, [])) as parent_count,
            is_bot,
            len(coalesce(parent_shas, [])) > 1 as is_merge,
            authored_at,
            committed_at,
            source,
            page_id,
            ordinal,
            read_at
        from {{ of_people("commits", "read_commits") }}
    )
select *
from commits
