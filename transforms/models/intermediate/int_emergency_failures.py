"""Whether deployments under emergency changes fail more often than those under normal ones."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row: both counts, the odds ratio and the one-sided tests.

    Source: transforms/statistics/emergencies.py
    """
    import polars as pl

    from transforms.statistics.emergencies import emergency_failures

    dbt.config(materialized="table")
    counts = pl.from_arrow(dbt.ref("int_emergency_counts").to_arrow_table())
    return emergency_failures(counts).to_arrow()
