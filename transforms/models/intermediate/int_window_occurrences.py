"""The stretches in which the windows of all calendars are open."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return a row a stretch of each version of a window, from the first deployment on.

    They reach 400 days beyond as-of, so that planned changes meet the windows of a year.
    Source: transforms/calendars/expansion.py
    """
    import pyarrow as pa

    from transforms.calendars.expansion import expand

    dbt.config(materialized="table")
    bounds = dbt.ref("build_information").project("as_of, as_of + interval 400 days")
    as_of, before = bounds.fetchall()[0]
    first = dbt.ref("deployments").project("min(coalesce(started_at, finished_at))").fetchall()
    windows = dbt.ref("int_window_versions").order("calendar_window_id, version_number")
    rows = expand(windows.to_arrow_table().to_pylist(), min(as_of, first[0][0] or as_of), before)
    instant = pa.timestamp("us")
    return pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                ("calendar_window_id", pa.string()),
                ("version_number", pa.int64()),
                ("starts_at", instant),
                ("ends_at", instant),
                ("problem", pa.string()),
            ]
        ),
    )
