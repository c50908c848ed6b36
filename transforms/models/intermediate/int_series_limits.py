"""Control limits of every point of every metric's series."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a point of a series that has limits: centre, limits and signals.

    Shares get Laney's p' limits, all other metrics individuals' (XmR) limits.
    Source: transforms/statistics/limits.py
    """
    import numpy as np
    import pyarrow as pa

    from transforms.statistics.limits import (
        beyond_limits,
        laney_limits,
        runs_of_eight,
        xmr_limits,
    )
    from transforms.statistics.series import pack

    dbt.config(materialized="table")
    tables = []
    for kind, chart in (("kind = 'ratio'", "laney_p"), ("kind <> 'ratio'", "xmr")):
        points = (
            dbt.ref("int_metric_series")
            .filter(kind)
            .project("series_index, period_number, value, numerator, denominator")
            .order("series_index, period_number")
            .to_arrow_table()
        )
        _, series = np.unique(points["series_index"].to_numpy(), return_inverse=True)
        packed = pack(series)
        columns = {name: points[name].to_numpy() for name in points.column_names}
        values = packed.values(columns["value"])
        if chart == "laney_p":
            limits = laney_limits(
                packed.values(columns["numerator"]), packed.values(columns["denominator"])
            )
        else:
            limits = xmr_limits(values)
        cells = packed.is_known & ~np.isnan(limits.centre)
        rows = packed.rows[cells]
        firm = np.broadcast_to(limits.is_firm[:, None], cells.shape)
        # No metric falls below zero.
        lower = np.maximum(limits.lower, 0.0)
        tables.append(
            pa.table(
                {
                    "series_index": columns["series_index"][rows],
                    "period_number": columns["period_number"][rows],
                    "chart": pa.array([chart] * rows.size, pa.string()),
                    "centre": limits.centre[cells],
                    "lower": lower[cells],
                    "upper": limits.upper[cells],
                    "is_firm": firm[cells],
                    "is_beyond_limit": beyond_limits(values, limits)[cells],
                    "is_run_of_8": runs_of_eight(values, limits)[cells],
                }
            )
        )
    return pa.concat_tables(tables)
