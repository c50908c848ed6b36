"""Production deployments whose commit does not contain what was live before it."""

from typing import Any

STARTS = """
select min(commit_index) as first from commits group by repository
union all
select count(*) from commits
order by first
"""
LIVE = """
select
    deployment_id,
    commit_index,
    dense_rank() over (order by service_id, environment_id) - 1 as place_index,
    deployment_index
from walked
where commit_index is not null
order by place_index, deployment_index
"""
FORWARD = """
select kinds.deployment_id, true as is_history_rewritten
from kinds
inner join lost_history on kinds.deployment_id = lost_history.deployment_id
where kinds.kind not in ('rollback', 'redeploy')
order by kinds.deployment_id
"""


def model(dbt: Any, session: Any) -> Any:
    """Return (deployment_id, is_history_rewritten) for those deployments alone; the flag is true.

    What was live before is the deployment before of the same service and environment. A rollback
    goes back on purpose, and a redeployment is the same commit.

    Source: transforms/metrics.md, edge case 28; transforms/statistics/commit_ancestry.py decides.
    """
    import pyarrow as pa

    from transforms.statistics.commit_ancestry import contains_previous
    from transforms.statistics.commit_graph import Deployed, make_graph

    dbt.config(materialized="table")
    edges = dbt.ref("int_commit_edges").to_arrow_table()
    starts = dbt.ref("int_commits__indexed").query("commits", STARTS).to_arrow_table()
    live = dbt.ref("int_deployments__walked").query("walked", LIVE).to_arrow_table()
    graph = make_graph(
        edge_child=edges["child_index"].to_numpy(),
        edge_parent=edges["parent_index"].to_numpy(),
        repository_start=starts["first"].to_numpy(),
    )
    contains = contains_previous(
        graph,
        Deployed(
            service=live["place_index"].to_numpy(),
            commit=live["commit_index"].to_numpy(),
            number=live["deployment_index"].to_numpy(),
        ),
    )
    session.register("lost_history", live.select(["deployment_id"]).filter(pa.array(~contains)))
    kinds = dbt.ref("int_deployments__kinds").query("kinds", FORWARD).to_arrow_table()
    session.unregister("lost_history")
    return kinds
