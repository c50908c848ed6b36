{# Parent links of which both ends were read; links that lead out of what was read are counted in coverage. #}
with
    commits as (select * from {{ ref("int_commits__indexed") }}),
    links as (
        select commit_index, repository, unnest(parent_shas) as parent_sha from commits
    ),
    edges as (
        select links.commit_index as child_index, parents.commit_index as parent_index
        from links
        inner join
            commits as parents
            on links.repository = parents.repository
            and links.parent_sha = parents.commit_sha
    )
select *
from edges
