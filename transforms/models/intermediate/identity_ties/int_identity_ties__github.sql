{# GitHub names the login only where the address of a commit is one that the account has verified. #}
with
    commits as (
        select author_login_id, author_address_id, source, read_at
        from {{ ref("stg_github__commits") }}
        union all
        select author_login_id, author_address_id, source, read_at
        from {{ ref("stg_github__pull_commits") }}
    ),
    ties as (
        select distinct
            author_login_id as login_id, author_address_id as address_id, source
        from commits
        where
            author_login_id is not null
            and author_address_id is not null
            and read_at <= {{ as_of() }}
    )
select *
from ties
