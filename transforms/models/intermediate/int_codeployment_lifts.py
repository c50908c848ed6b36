"""Whether deployments of two services fail more often together than alone."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a pair of services, as listed, with its lift.

    Source: transforms/statistics/codeployment_table.py
    """
    import polars as pl

    from transforms.statistics.codeployment_table import codeployment_table

    dbt.config(materialized="table")
    events = pl.from_arrow(dbt.ref("int_codeployment_events").to_arrow_table())
    return codeployment_table(events).to_arrow()
