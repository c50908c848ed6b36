"""The first production deployment of every commit, by one walk over the commit graph."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return (service_index, commit_index, deployment_index) for every commit that went live.

    Source: transforms/metrics.md, section 2; transforms/statistics/commit_graph.py holds the walk.
    """
    import pyarrow as pa

    from transforms.statistics.commit_graph import first_deployments

    dbt.config(materialized="table")
    edges = dbt.ref("int_commit_edges").to_arrow_table()
    commit_count = dbt.ref("int_commits__indexed").count("*").fetchall()[0][0]
    walked = (
        dbt.ref("int_deployments__walked")
        .filter("commit_index is not null")
        .project("service_index, commit_index, deployment_index")
        .order("deployment_index")
        .to_arrow_table()
    )
    service, commit, deployment = first_deployments(
        edge_child=edges["child_index"].to_numpy(),
        edge_parent=edges["parent_index"].to_numpy(),
        commit_count=commit_count,
        deployed_service=walked["service_index"].to_numpy(),
        deployed_commit=walked["commit_index"].to_numpy(),
        deployment=walked["deployment_index"].to_numpy(),
    )
    return pa.table(
        {"service_index": service, "commit_index": commit, "deployment_index": deployment}
    )
