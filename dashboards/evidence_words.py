"""What is said of packages of evidence: sentences, and rows of the tables of their page."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from dashboards.incidents import local
from dashboards.safe_text import plain_text
from dashboards.view import View
from dashboards.words import DASH, count_words, date_words, moment_words

SHORT = 12


def packages_sentence(packages: pl.DataFrame) -> str:
    """Return how many packages there are, how the newest stands, and whether the chain holds."""
    if packages.is_empty():
        return "No package of evidence was made yet"
    newest = packages.row(0, named=True)
    how = (
        "is complete" if newest["is_complete"] else f"lacks {places_words(newest['missing_count'])}"
    )
    broken = packages.filter(~pl.col("is_linked")).height
    chain = "every one follows the one before"
    if broken:
        chain = f"{broken:,} of them {'does' if broken == 1 else 'do'} not follow the one before"
    if packages.height == 1:
        return f"One package of evidence was made; it {how}."
    many = count_words(packages.height, "package")
    return f"{many} of evidence; the newest {how}, and {chain}."


def places_words(count: int) -> str:
    """Return so many places for evidence, in words."""
    return count_words(count, "piece") + " of evidence"


def scope_words(row: Mapping[str, Any]) -> str:
    """Return what a package is about."""
    days = ""
    if row["from_date"] and row["to_date"]:
        days = f"{date_words(row['from_date'])} until {date_words(row['to_date'])}"
    release = f"release {row['release_version']}" if row["release_version"] else ""
    parts = (row["service_id"], release, days, row["framework"])
    return plain_text(", ".join(one for one in parts if one))


def completeness_table(controls: pl.DataFrame) -> pl.DataFrame:
    """Return one row a control: its state in words, its subjects, and its evidence."""
    listed = [
        (
            plain_text(row["title"] or row["control_id"]),
            state_words(row),
            row["filled_count"] / row["required_count"] if row["required_count"] else None,
            f"{row['filled_count']:,} of {row['required_count']:,}",
            row["pass_count"],
            row["warn_count"],
            row["fail_count"],
            row["exempt_count"],
            row["unproven_count"],
        )
        for row in controls.iter_rows(named=True)
    ]
    columns = {"Control": pl.String, "State": pl.String, "Evidence there": pl.Float64,
               "Evidence": pl.String, "Pass": pl.Int64, "Warning": pl.Int64, "Fail": pl.Int64,
               "Exempt": pl.Int64, "No data": pl.Int64}  # fmt: skip
    return pl.DataFrame(listed, schema=columns, orient="row")


def state_words(row: Mapping[str, Any]) -> str:
    """Return whether a control is satisfied, as the package's findings say it."""
    if row["fail_count"]:
        return "✕ not satisfied"
    if row["unproven_count"] or row["exempt_count"]:
        return "? not shown to hold"
    if row["warn_count"]:
        return "◐ satisfied, with warnings"
    return "✓ satisfied" if row["pass_count"] else "– nothing to judge"


def chain_table(view: View, packages: pl.DataFrame) -> pl.DataFrame:
    """Return the packages with what each follows; a link that does not hold says so."""
    listed = [
        (
            moment_words(local(view, row["made_at"])),
            scope_words(row),
            f"{row['filled_count']:,} of {row['required_count']:,}",
            row["package_sha256"][:SHORT],
            (row["previous_sha256"] or "the first")[:SHORT],
            "✓ follows" if row["is_linked"] else "✕ does not follow",
            (row["supersedes_sha256"] or DASH)[:SHORT],
        )
        for row in packages.iter_rows(named=True)
    ]
    columns = ("Made", "About", "Evidence", "Digest", "Follows", "Chain", "Replaces")
    return pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String), orient="row")
