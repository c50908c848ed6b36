"""Whether deployments right after a freeze fail more often than the others."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return (calendar_window_id, p_value), a row a freeze with deployments in both groups.

    Source: transforms/statistics/two_rates.py
    """
    import pyarrow as pa

    dbt.config(materialized="table")
    counts = (
        dbt.ref("int_freeze_surge_counts")
        .filter("surge_count > 0 and baseline_count > 0")
        .order("calendar_window_id")
        .to_arrow_table()
        .to_pylist()
    )
    rows: list[dict[str, object]] = []
    if counts:
        # Only who has a freeze waits for the library.
        from transforms.statistics.two_rates import fisher

        rows = [
            {
                "calendar_window_id": one["calendar_window_id"],
                "p_value": fisher(
                    one["surge_failed_count"],
                    one["surge_count"],
                    one["baseline_failed_count"],
                    one["baseline_count"],
                ),
            }
            for one in counts
        ]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([("calendar_window_id", pa.string()), ("p_value", pa.float64())])
    )
