"""What the risk model says of every subject; nothing while it refuses."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a subject and service: probability, percentile and each feature's part.

    Source: transforms/statistics/risk.py
    """
    import polars as pl

    from transforms.statistics.risk_frames import score_risk

    dbt.config(materialized="table")
    fit = pl.from_arrow(dbt.ref("int_risk_fit").to_arrow_table())
    subjects = pl.from_arrow(
        dbt.ref("int_risk_features")
        .project("* replace (epoch(started_at) as started_at)")
        .to_arrow_table()
    )
    keys = ["subject_kind", "subject_id", "service_id", "probability", "percentile"]
    return score_risk(subjects, fit).select(keys).to_arrow()
