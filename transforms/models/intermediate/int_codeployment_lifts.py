"""Whether deployments of two services fail more often together than alone."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a pair of services, as listed, with its lift.

    Source: transforms/statistics/together.py
    """
    import numpy as np
    import polars as pl

    from transforms.statistics.together import judge, lift

    dbt.config(materialized="table")
    pairs = pl.from_arrow(dbt.ref("int_codeployments").to_arrow_table())
    sides = [
        pairs.select(name, f"other_{name}").to_numpy()
        for name in (
            "together_failed_count",
            "together_count",
            "alone_failed_count",
            "alone_count",
        )
    ]
    found = lift(*sides)
    said, adjusted = judge(found, pairs["codeployment_count"].to_numpy())
    is_tested = said != "too_little_data"
    numbers = {
        "lift": found.ratio,
        "lift_low": found.low,
        "lift_high": found.high,
        "p_value": found.p,
        "p_adjusted": adjusted,
    }
    return pairs.with_columns(
        pl.Series("statement", said.tolist(), dtype=pl.String),
        *(
            pl.Series(name, np.where(is_tested, one, np.nan), dtype=pl.Float64).fill_nan(None)
            for name, one in numbers.items()
        ),
    ).to_arrow()
