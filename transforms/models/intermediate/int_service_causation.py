"""Whether incidents cluster in the two hours after a service's changes, and how surely."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a service that was watched, and one for the organisation.

    Source: transforms/statistics/causation_table.py
    """
    import polars as pl

    from transforms.statistics.causation_table import causation_table

    dbt.config(materialized="table")
    events = pl.from_arrow(dbt.ref("int_causation_events").to_arrow_table())
    return causation_table(events).to_arrow()
