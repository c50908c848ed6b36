"""Trend of every metric's series over the latest 52 weeks or 24 months."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a series: slope, interval, p-values and the word for them.

    P-values are adjusted within a family: all series of one grain and one kind of scope.
    Source: transforms/statistics/trends.py, transforms/statistics/multiple.py
    """
    import numpy as np
    import pyarrow as pa

    from transforms.statistics.multiple import benjamini_hochberg
    from transforms.statistics.series import pack
    from transforms.statistics.trends import LEAST_POINTS, direction_words, find_trends

    dbt.config(materialized="table")
    points = (
        dbt.ref("int_metric_series")
        .filter("periods_ago < case grain when 'week' then 52 else 24 end")
        .project(
            "series_index, period_number, value,"
            " case grain when 'week' then 0 else 3 end"
            " + case scope when 'organisation' then 0 when 'team' then 1 else 2 end as family"
        )
        .order("series_index, period_number")
        .to_arrow_table()
    )
    known, series = np.unique(points["series_index"].to_numpy(), return_inverse=True)
    packed = pack(series)
    trends = find_trends(
        packed.values(points["period_number"].to_numpy()), packed.values(points["value"].to_numpy())
    )
    family = points["family"].to_numpy()[packed.rows[:, 0]] if known.size else known
    p_value = np.where(trends.n >= LEAST_POINTS, trends.p_value, np.nan)
    p_adjusted = benjamini_hochberg(p_value, family=family)

    def column(values: Any) -> Any:
        return pa.array(values, mask=np.isnan(values))

    return pa.table(
        {
            "series_index": known.astype(np.int64),
            "point_count": trends.n,
            "slope": column(trends.slope),
            "slope_low": column(trends.slope_low),
            "slope_high": column(trends.slope_high),
            "p_value": column(p_value),
            "p_adjusted": column(p_adjusted),
            "direction_word": pa.array(direction_words(trends, p_adjusted), pa.string()),
        }
    )
