"""What the model says of every incident: each candidate's probability, and that of none."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a candidate, and one an incident with null for no change event.

    Source: transforms/statistics/attribution.py, transforms/statistics/fixed_weights.py
    """
    import polars as pl

    from transforms.statistics.attribution_frames import attributed, fit_of_rows, read_frames

    dbt.config(materialized="table")
    frames = read_frames(
        services=dbt.ref("services"),
        reach=dbt.ref("service_reach"),
        events=dbt.ref("change_events"),
        incidents=dbt.ref("fct_incidents"),
        members=dbt.ref("incident_services"),
        coverage=dbt.ref("coverage"),
        build=dbt.ref("build_information"),
    )
    rows = pl.from_arrow(dbt.ref("int_attribution_fit").to_arrow_table())
    return attributed(frames, fit_of_rows(rows)).to_arrow()
