{#
  A check is a verdict on a commit, by whatever app gave it. It is no job of a pipeline: those of
  GitHub Actions are read as jobs already, under the same number, and the others belong to no run.
#}
with
    checks as (
        select *
        from {{ newest("stg_github__pull_checks", "source, repository, check_id") }}
        union all by name
        select *
        from
            {{
                newest(
                    "stg_github__deployment_checks", "source, repository, check_id"
                )
            }}
    ),
    known as (
        select *
        from checks
        qualify
            row_number() over (
                partition by source, check_id
                order by read_at desc, page_id desc, ordinal desc
            )
            = 1
    )
select
    source || ':check:' || check_id as measure_id,
    coalesce(app_name, 'github') as tool,
    'check: ' || name as metric,
    case
        when conclusion in ('success', 'neutral')
        then 'pass'
        when conclusion = 'action_required'
        then 'warn'
        when conclusion in ('failure', 'timed_out', 'startup_failure')
        then 'fail'
    end as verdict,
    repository,
    commit_sha,
    coalesce(completed_at, started_at) as measured_at,
    source_url,
    source,
    page_id,
    ordinal,
    read_at
from known
