"""The months of each vendor with the time that it was down."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return a row a vendor and month, from the first that is known of it to as-of.

    Source: transforms/calendars/attainment.py
    """
    import pyarrow as pa

    from transforms.calendars.attainment import vendor_months

    dbt.config(materialized="table")
    as_of = dbt.ref("build_information").project("as_of").fetchall()[0][0]
    vendors = dbt.ref("int_vendor_stretches").order("vendor_id").to_arrow_table().to_pylist()
    rows: list[dict[str, object]] = []
    for one in vendors:
        outages = [(part["starts_at"], part["ends_at"]) for part in one["outages"] or []]
        maintenances = [(part["starts_at"], part["ends_at"]) for part in one["maintenances"] or []]
        rows += [
            {"vendor_id": one["vendor_id"], **month}
            for month in vendor_months(
                outages,
                maintenances,
                since=one["known_since"],
                before=as_of,
                excludes_maintenance=one["excludes_maintenance"],
            )
        ]
    return pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                ("vendor_id", pa.string()),
                ("month_start_at", pa.timestamp("us")),
                ("period_end_at", pa.timestamp("us")),
                ("downtime_seconds", pa.float64()),
                ("outage_count", pa.int64()),
                ("is_complete", pa.bool_()),
            ]
        ),
    )
