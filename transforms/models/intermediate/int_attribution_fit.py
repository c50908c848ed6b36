"""The model of what causes incidents, fitted on everything that this build knows."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a number of the fit; none while there are too few incidents to fit.

    Source: transforms/statistics/attribution.py
    """
    from transforms.statistics.attribution_frames import fitted, read_frames

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
    return fitted(frames).to_arrow()
