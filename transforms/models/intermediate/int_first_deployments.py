"""The first production deployment of every commit, by one walk over the commit graph."""

from typing import Any

STARTS = """
select min(commit_index) as first from commits group by repository
union all
select count(*) from commits
order by first
"""


def model(dbt: Any, session: Any) -> Any:
    """Return (service_index, commit_index, deployment_index) for every commit that went live.

    Source: transforms/metrics.md, section 2; transforms/statistics/commit_graph.py holds the walk.
    """
    import pyarrow as pa

    from transforms.statistics.commit_graph import Deployed, first_deployments, make_graph

    dbt.config(materialized="table")
    edges = dbt.ref("int_commit_edges").to_arrow_table()
    starts = dbt.ref("int_commits__indexed").query("commits", STARTS).to_arrow_table()
    walked = (
        dbt.ref("int_deployments__walked")
        .filter("commit_index is not null")
        .project("service_index, commit_index, deployment_index")
        .order("deployment_index")
        .to_arrow_table()
    )
    graph = make_graph(
        edge_child=edges["child_index"].to_numpy(),
        edge_parent=edges["parent_index"].to_numpy(),
        repository_start=starts["first"].to_numpy(),
    )
    service, commit, deployment = first_deployments(
        graph,
        Deployed(
            service=walked["service_index"].to_numpy(),
            commit=walked["commit_index"].to_numpy(),
            number=walked["deployment_index"].to_numpy(),
        ),
    )
    return pa.table(
        {"service_index": service, "commit_index": commit, "deployment_index": deployment}
    )
