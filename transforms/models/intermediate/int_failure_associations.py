"""Every level of every factor of failure, compared with its reference level."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a factor and level.

    Source: transforms/statistics/association.py
    """
    import polars as pl

    from transforms.statistics.association import associations

    dbt.config(materialized="table")
    counts = pl.from_arrow(dbt.ref("int_factor_counts").to_arrow_table())
    factors = pl.from_arrow(dbt.ref("failure_factors").to_arrow_table())
    references = dict(factors.select("factor", "reference_level").iter_rows())
    return associations(counts, references=references).to_arrow()
