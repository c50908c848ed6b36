"""Commits that are copies of another commit of their service: cherry-picked, for instance."""

from typing import Any

STARTS = """
select min(commit_index) as first from commits group by repository
union all
select count(*) from commits
order by first
"""
MEMBERS = """
with
    known as (
        select distinct repository, commit_sha, patch_id
        from patches
        where read_at <= timestamp '{as_of}'
    ),
    repeated as (
        select repository, patch_id
        from known
        group by repository, patch_id
        having count(*) > 1
    )
select known.repository, known.commit_sha, known.patch_id
from known
inner join
    repeated
    on known.repository = repeated.repository and known.patch_id = repeated.patch_id
"""
INDEXED = """
select
    patch_members.repository, patch_members.commit_sha, patch_members.patch_id,
    commits.commit_index, commits.committed_at
from commits
inner join
    patch_members
    on commits.repository = patch_members.repository
    and commits.commit_sha = patch_members.commit_sha
"""
LIVE = """
select live.service_id, live.repository, live.commit_sha, live.deployment_id
from live
inner join
    patch_commits
    on live.repository = patch_commits.repository
    and live.commit_sha = patch_commits.commit_sha
"""
ORDERS = """
select distinct deployment_id, deployment_index
from walked
where deployment_id in (select deployment_id from patch_live)
"""
PAIRS = """
with
    members as (
        select
            owners.service_id, patch_commits.*, patch_orders.deployment_index
        from patch_commits
        inner join owners on patch_commits.repository = owners.repository
        left join
            patch_live
            on owners.service_id = patch_live.service_id
            and patch_commits.repository = patch_live.repository
            and patch_commits.commit_sha = patch_live.commit_sha
        left join
            patch_orders on patch_live.deployment_id = patch_orders.deployment_id
    ),
    ranked as (
        select
            *,
            first_value(commit_sha) over same_patch as original_commit_sha,
            first_value(commit_index) over same_patch as original_index
        from members
        window
            same_patch as (
                partition by service_id, repository, patch_id
                order by deployment_index nulls last, committed_at, commit_sha
            )
    )
select service_id, repository, commit_sha, original_commit_sha, commit_index, original_index
from ranked
where commit_sha <> original_commit_sha
order by service_id, repository, commit_sha
"""
CLOCKS = """
select coalesce(epoch(committed_at), 0)::bigint as committed from commits order by commit_index
"""


def model(dbt: Any, session: Any) -> Any:
    """Return (service_id, repository, commit_sha, original_commit_sha).

    Of the commits with one patch id, the first that went live is the original; of those that never
    did, the first committed. One that descends from the original is no copy: what was undone in
    between was done once more.

    Source: transforms/metrics.md, section 2; https://git-scm.com/docs/git-patch-id.
    """
    import pyarrow as pa

    from transforms.statistics.commit_ancestry import is_ancestor, monotone_rank
    from transforms.statistics.commit_graph import make_graph

    dbt.config(materialized="table")
    as_of = dbt.source("build", "parameters").project("as_of::varchar").fetchall()[0][0]
    commits = dbt.ref("int_commits__indexed")
    edges = dbt.ref("int_commit_edges")
    live = dbt.ref("int_commit_deployments")
    walked = dbt.ref("int_deployments__walked")
    owners = dbt.ref("service_repositories")
    members = dbt.ref("stg_git__patches").query("patches", MEMBERS.format(as_of=as_of))
    columns = ("service_id", "repository", "commit_sha", "original_commit_sha")
    found = members.to_arrow_table()
    if found.num_rows == 0:
        return pa.schema([(column, pa.string()) for column in columns]).empty_table()
    session.register("patch_members", found)
    session.register("patch_commits", commits.query("commits", INDEXED).to_arrow_table())
    session.register("patch_live", live.query("live", LIVE).to_arrow_table())
    session.register("patch_orders", walked.query("walked", ORDERS).to_arrow_table())
    pairs = owners.query("owners", PAIRS).to_arrow_table()
    for name in ("patch_members", "patch_commits", "patch_live", "patch_orders"):
        session.unregister(name)
    starts = commits.query("commits", STARTS).to_arrow_table()
    clocks = commits.query("commits", CLOCKS).to_arrow_table()
    links = edges.to_arrow_table()
    graph = make_graph(
        edge_child=links["child_index"].to_numpy(),
        edge_parent=links["parent_index"].to_numpy(),
        repository_start=starts["first"].to_numpy(),
    )
    is_redone = is_ancestor(
        graph.starts,
        graph.parents,
        rank=monotone_rank(graph.starts, graph.parents, committed=clocks["committed"].to_numpy()),
        of=pairs["commit_index"].to_numpy(),
        ancestor=pairs["original_index"].to_numpy(),
    )
    return pairs.select(columns).filter(pa.array(~is_redone))
