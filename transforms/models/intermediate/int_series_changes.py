"""Change points of every metric's weekly series."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a change: between which weeks it lies, and the levels on both sides.

    Counts are judged by the Poisson law over covered days, shares by the binomial law, everything
    else by ranks.
    Source: transforms/statistics/change_points.py
    """
    import numpy as np
    import pyarrow as pa

    from transforms.statistics.change_points import find_changes
    from transforms.statistics.series import pack

    dbt.config(materialized="table")
    tables = []
    for law, kinds in (
        ("poisson", "kind = 'frequency'"),
        ("binomial", "kind = 'ratio'"),
        ("ranks", "kind not in ('frequency', 'ratio')"),
    ):
        points = (
            dbt.ref("int_metric_series")
            .filter(f"grain = 'week' and {kinds}")
            .project("series_index, period_number, value, numerator, denominator")
            .order("series_index, period_number")
            .to_arrow_table()
        )
        columns = {name: points[name].to_numpy() for name in points.column_names}
        known, series = np.unique(columns["series_index"], return_inverse=True)
        packed = pack(series)
        if law == "ranks":
            found = find_changes(packed.values(columns["value"]), law=law)
        else:
            found = find_changes(
                packed.values(columns["numerator"]),
                packed.values(columns["denominator"]),
                law=law,
            )
        # Frequencies are counted over days and told per week.
        unit = 7.0 if law == "poisson" else 1.0
        number = columns["period_number"]
        tables.append(
            pa.table(
                {
                    "series_index": known[found.series].astype(np.int64),
                    "law": pa.array([law] * found.series.size, pa.string()),
                    "period_number": number[packed.rows[found.series, found.place]],
                    "earliest_number": number[packed.rows[found.series, found.earliest]],
                    "latest_number": number[packed.rows[found.series, found.latest]],
                    "point_count": packed.counts[found.series],
                    "value_before": found.before * unit,
                    "value_after": found.after * unit,
                    "gain": found.gain,
                }
            )
        )
    return pa.concat_tables(tables)
