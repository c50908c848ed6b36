"""The public holidays of every country, and part of it, that a calendar or a vendor names."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return (holiday_country, holiday_subdivision, holiday_date, holiday_name), sorted.

    Names are in the language of the country.
    Years run from 1990, before which no event counts, to the year after next from as-of.
    """
    import pyarrow as pa

    dbt.config(materialized="table")
    last = dbt.ref("build_information").project("year(as_of) + 2").fetchall()[0][0]
    places = "holiday_country, holiday_subdivision"
    named = (
        dbt.ref("int_calendars")
        .project(places)
        .union(dbt.ref("vendors").project(places))
        .filter("holiday_country is not null")
        .distinct()
        .order("holiday_country, holiday_subdivision")
        .fetchall()
    )
    rows: list[dict[str, object]] = []
    if named:
        # Only who names a country waits for the library.
        from holidays import country_holidays

        for country, subdivision in named:
            # Without a language the names would be those of the machine's locale.
            language = country_holidays(country).default_language
            found = country_holidays(
                country, subdiv=subdivision, years=range(1990, last + 1), language=language
            )
            rows.extend(
                {
                    "holiday_country": country,
                    "holiday_subdivision": subdivision,
                    "holiday_date": day,
                    "holiday_name": name,
                }
                for day, name in sorted(found.items())
            )
    return pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                ("holiday_country", pa.string()),
                ("holiday_subdivision", pa.string()),
                ("holiday_date", pa.date32()),
                ("holiday_name", pa.string()),
            ]
        ),
    )
