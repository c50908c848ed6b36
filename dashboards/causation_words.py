"""Whether incidents cluster after deployments, in words; nothing stronger than the interval."""

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from dashboards.intervals_chart import Interval
from dashboards.safe_text import plain_text
from dashboards.words import DASH, clean_number, count_words, figure_words, percent_words

LEAST = "at least 5 incidents and 20 deployments"
SAID = {
    "evidence": "more after deployments",
    "no_evidence": "no evidence",
    "too_little_data": "too few to say",
}
_ORDER = {"evidence": 0, "no_evidence": 1, "too_little_data": 2}
Row = Mapping[str, Any]


def headline(row: Row | None, *, of: str) -> str:
    """Return the page's first sentence; `of` names the selected service, empty for all."""
    where = f"for {of}" if of else "here"
    if row is None:
        return f"There are no deployments and incidents to compare {where} yet."
    inside, total = row["exposed_incident_count"], _incidents(row)
    if row["statement"] == "too_little_data":
        have = count_words(total, "incident")
        return f"Too little {where} to say whether incidents follow deployments ({have})."
    if row["statement"] == "no_evidence":
        return f"No evidence that deployments cause incidents {where}."
    return (
        f"Incidents cluster after deployments {where}: "
        f"{inside:,} of {total:,} began within two hours of one."
    )


def detail(row: Row | None) -> str:
    """Return counts, interval and how it was tested."""
    if row is None:
        return (
            "Deployments and incidents of the same services are needed; name both sources in "
            "`leadline.yml` and run `leadline run`. Data health says what has been read."
        )
    counts = (
        f"{row['exposed_incident_count']:,} of {count_words(_incidents(row), 'incident')} began "
        f"within two hours after one of {count_words(row['change_event_count'], 'deployment')}"
    )
    if row["statement"] == "too_little_data":
        return f"{counts}. Something is said from {LEAST[9:]} on."
    expected = row["exposed_incident_count"] - row["excess_incident_count"]
    return (
        f"{counts}; at the rate of all other hours about {figure_words(expected)} would have. "
        f"Deployments may account for {fraction_words(row)} of all incidents. "
        f"Tested by shifting the incidents by whole weeks, which keeps weekday and hour "
        f"({p_words(row['p_adjusted'])})."
    )


def fraction_words(row: Row) -> str:
    """Return the attributable fraction with its interval: `48 % (likely 39 % to 59 %)`."""
    n = _incidents(row)
    value, low, high = (
        percent_words(row[f"attributable_fraction{end}"], n=n) for end in ("", "_low", "_high")
    )
    return DASH if value == DASH else f"{value} (likely {low} to {high})"


def ratio_words(row: Row) -> str:
    """Return the rate ratio with its interval: `5.9 times (2.6 to 13)`."""
    ratio, low, high = (clean_number(row[f"rate_ratio{end}"]) for end in ("", "_low", "_high"))
    if low is None:
        return DASH
    if ratio is None:
        return f"at least {times_words(low)} times"
    ends = f"{times_words(low)} to {times_words(high)}" if high else f"{times_words(low)} up"
    return f"{times_words(ratio)} times ({ends})"


def times_words(ratio: float | None) -> str:
    """Return a ratio to two digits, for its interval says no more: `5.9`, `65,000`."""
    known = clean_number(ratio)
    if known is None or known < 10:
        return figure_words(known)
    digits = 1 - int(math.log10(known))
    return f"{round(known, digits):,.0f}"


def p_words(p: float | None) -> str:
    """Return a p-value: three digits, or that it is smaller."""
    known = clean_number(p)
    if known is None:
        return DASH
    return (
        "p below 0.001" if known < 0.001 else f"p {known:.3f}" if known < 0.1 else f"p {known:.2f}"
    )


def of_scope(table: pl.DataFrame, scope: str, scope_id: str) -> Row | None:
    """Return the row of the organisation or a service; None without one."""
    found = table.filter((pl.col("scope") == scope) & (pl.col("scope_id") == scope_id))
    return found.row(0, named=True) if found.height else None


def ranked(table: pl.DataFrame, *, chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows of the chosen services (name by id), the clearest evidence first."""
    rows = [
        row | {"name": chosen[row["scope_id"]]}
        for row in table.filter(pl.col("scope") == "service").iter_rows(named=True)
        if row["scope_id"] in chosen
    ]
    return sorted(
        rows,
        key=lambda row: (_ORDER[row["statement"]], -(row["attributable_fraction_low"] or 0.0),
                         -_incidents(row), row["name"]),
    )  # fmt: skip


def services_table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return services with their counts and what may be said of each."""
    return pl.DataFrame(
        [
            {
                "Service": plain_text(row["name"]),
                "Deployments": row["change_event_count"],
                "Incidents": _incidents(row),
                "Within two hours": row["exposed_incident_count"],
                "As often as otherwise": ratio_words(row)
                if row["statement"] != "too_little_data" else DASH,
                "Accounts for": fraction_words(row),
                "Says": SAID[row["statement"]],
            }
            for row in rows
        ]
    )  # fmt: skip


def ratio_intervals(rows: list[dict[str, Any]]) -> list[Interval]:
    """Return the rate ratios of services with enough data, as the chart draws them."""
    return [
        Interval(
            label=plain_text(row["name"]),
            value=clean_number(row["rate_ratio"]),
            low=row["rate_ratio_low"],
            high=clean_number(row["rate_ratio_high"]),
            words=ratio_words(row),
            is_clear=row["statement"] == "evidence",
        )
        for row in rows
        if row["statement"] != "too_little_data"
    ]


def _incidents(row: Row) -> int:
    return int(row["exposed_incident_count"] + row["other_incident_count"])
