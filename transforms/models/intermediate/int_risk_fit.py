"""The model of which deployments fail, and how good it is on months that it has not seen."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a number of the fit; counts only while there are too few failures.

    Source: transforms/statistics/risk.py
    """
    import polars as pl

    from transforms.statistics.risk_frames import fit_risk

    dbt.config(materialized="table")
    features = pl.from_arrow(dbt.ref("risk_features").order("importance_order").to_arrow_table())
    subjects = pl.from_arrow(
        dbt.ref("int_risk_features")
        .project(
            "* replace (epoch(started_at) as started_at, epoch(matures_at) as matures_at),"
            " cast(date_trunc('month', started_at) as date) as month_start_date"
        )
        .to_arrow_table()
    )
    return fit_risk(subjects, features["feature"].to_list()).to_arrow()
