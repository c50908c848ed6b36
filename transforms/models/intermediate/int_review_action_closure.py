"""How fast the actions of reviews are closed."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a scope: median days to closure with its interval.

    Source: transforms/statistics/closure_table.py
    """
    import polars as pl

    from transforms.statistics.closure_table import action_closure

    dbt.config(materialized="table")
    actions = pl.from_arrow(
        dbt.ref("int_review_actions_scoped")
        .project("scope, scope_id, age_days, is_open")
        .order("scope, scope_id, age_days, is_open")
        .to_arrow_table()
    )
    return action_closure(actions).to_arrow()
