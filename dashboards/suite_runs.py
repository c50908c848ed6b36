"""Runs of tests by week, and tests that are flaky, fail or are slow, as words and rows."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from dashboards.incidents import local, page_link
from dashboards.reading import Reading, reading
from dashboards.safe_text import plain_text, safe_link
from dashboards.series import Point
from dashboards.view import View
from dashboards.words import (
    DASH,
    count_words,
    date_words,
    duration_words,
    moment_words,
    percent_words,
)

WEEK = timedelta(days=7)
SMALL_RUNS = 10
Row = Mapping[str, Any]


def read_weeks(view: View, *, since: date) -> tuple[Row, ...]:
    """Return the weeks with a run of the view's scope from `since` on, oldest first."""
    scope, scope_id = view.scope
    rows = view.known_rows(
        "test_weeks", filters={"scope": scope, "scope_id": scope_id}, order="period_start_date"
    )
    return tuple(row for row in rows.iter_rows(named=True) if row["period_start_date"] >= since)


def passed_points(weeks: tuple[Row, ...]) -> tuple[Point, ...]:
    """Return the share of runs without a failed test by week; weeks without runs are gaps."""
    return _points(weeks, value="passed_ratio", unit="ratio")


def duration_points(weeks: tuple[Row, ...]) -> tuple[Point, ...]:
    """Return the median time of a run by week; weeks without runs or times are gaps."""
    return _points(weeks, value="median_run_seconds", unit="seconds")


def _points(weeks: tuple[Row, ...], *, value: str, unit: str) -> tuple[Point, ...]:
    if not weeks:
        return ()
    by_start = {row["period_start_date"]: row for row in weeks}
    start, points = weeks[0]["period_start_date"], []
    while start <= weeks[-1]["period_start_date"]:
        row = by_start.get(start)
        points.append(Point(start, start + WEEK, _reading(row, value=value, unit=unit)))
        start += WEEK
    return tuple(points)


def _reading(row: Row | None, *, value: str, unit: str) -> Reading:
    known = row or {}
    n = known.get("run_count", 0)
    is_share = unit == "ratio"
    columns = dict.fromkeys(("mean", "p75", "p90", "coverage"))
    return reading(
        columns
        | {
            "metric": value, "unit": unit, "value": known.get(value), "n": n,
            "state": "no_data" if not n else "insufficient" if n < SMALL_RUNS else "ok",
            "numerator": known.get("passed_run_count"), "denominator": n,
            "ci_low": known.get("passed_low") if is_share else None,
            "ci_high": known.get("passed_high") if is_share else None,
            "open_count": 0, "excluded_count": 0,
            "is_provisional": known.get("is_provisional", False),
        }
    )  # fmt: skip


def week_sentence(weeks: tuple[Row, ...]) -> str:
    """Return how the runs of the last complete week went, in one sentence."""
    over = [row for row in weeks if not row["is_provisional"]]
    if not over:
        return "No complete week with a run of tests is in this period."
    row = over[-1]
    last = row["period_end_date"] - timedelta(days=1)
    share = percent_words(row["passed_ratio"], n=row["run_count"])
    ends = [percent_words(row[end], n=row["run_count"]) for end in ("passed_low", "passed_high")]
    return (
        f"{row['passed_run_count']:,} of {count_words(row['run_count'], 'run')} of tests passed "
        f"({share}, likely between {ends[0]} and {ends[1]}) in the week to {date_words(last)}."
    )


def read_cases(view: View) -> pl.DataFrame:
    """Return the tests of the selected team or service with a result in the last 90 days."""
    return view.known_rows("test_cases", filters=view.selection.filters, order="-failed_count")


def _name(row: Row) -> str:
    parts = (row["class_name"] or row["suite"], row["test_name"])
    return plain_text(" ".join(part for part in parts if part), limit=120)


def flaky_table(view: View, cases: pl.DataFrame) -> pl.DataFrame:
    """Return the tests that passed and failed on one commit, the most often first."""
    rows = cases.filter(pl.col("is_flaky")).sort("flaky_commit_count", descending=True)
    listed = [
        (
            _name(row), plain_text(row["service_id"]),
            f"{row['flaky_commit_count']:,} of {row['commit_count']:,}",
            moment_words(local(view, row["last_flaky_at"])),
        )
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    return _frame(("Test", "Service", "Flaky on commits", "Last"), listed)


def failing_table(view: View, cases: pl.DataFrame) -> pl.DataFrame:
    """Return the tests that failed at all, the most often first, with the likely rate."""
    rows = cases.filter(pl.col("failed_count") > 0).sort("failed_count", descending=True)
    listed = [
        (
            _name(row), plain_text(row["service_id"]),
            f"{row['failed_count']:,} of {row['result_count']:,}",
            f"{percent_words(row['failed_low'], n=row['result_count'])} to "
            f"{percent_words(row['failed_high'], n=row['result_count'])}",
            moment_words(local(view, row["last_failed_at"])),
        )
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    return _frame(("Test", "Service", "Failed", "Likely share", "Last"), listed)


def slow_table(cases: pl.DataFrame, *, most: int) -> pl.DataFrame:
    """Return the tests that take longest in the middle."""
    rows = cases.filter(pl.col("median_seconds") > 0).sort("median_seconds", descending=True)
    listed = [
        (
            _name(row), plain_text(row["service_id"]), seconds_words(row["median_seconds"]),
            seconds_words(row["longest_seconds"]), f"{row['result_count']:,}",
        )
        for row in rows.head(most).iter_rows(named=True)
    ]  # fmt: skip
    return _frame(("Test", "Service", "Median", "Longest", "n"), listed)


def seconds_words(seconds: float | None) -> str:
    """Return a short time with milliseconds below ten seconds, else as any duration."""
    if seconds is None:
        return DASH
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else duration_words(seconds)


def failed_before_table(view: View, *, most: int) -> pl.DataFrame:
    """Return deployments of the selection whose commit had failed tests, the newest first."""
    chosen = view.selection
    filters: dict[str, object] = {
        "environment_tier": "production",
        "reached_production": True,
        **view.selection.filters,
    }
    deployed = view.rows(
        "fct_deployments", filters=filters, order="-finished_at", limit=most,
        between=("finished_date", chosen.since, chosen.until),
    )  # fmt: skip
    ids = deployed["deployment_id"].to_list()
    details = view.known_rows("deployment_details", filters={"deployment_id": ids})
    by_id = {row["deployment_id"]: row for row in details.iter_rows(named=True)}
    listed = []
    for row in deployed.iter_rows(named=True):
        detail = by_id.get(row["deployment_id"], {})
        if not detail.get("failed_test_count"):
            continue
        listed.append((
            page_link(view, "deployment", deployment=row["deployment_id"]),
            plain_text(f"{row['service_id']} {row['version'] or row['deployment_id']}"),
            moment_words(local(view, row["finished_at"])),
            f"{detail['failed_test_count']:,} of {detail['test_count']:,}",
            plain_text(", ".join(detail["failed_tests"] or ()), limit=120),
            "failed" if row["is_failed"] else "did not fail",
            safe_link(row["source_url"]) or "",
        ))  # fmt: skip
    columns = (
        "Open",
        "Deployment",
        "Finished",
        "Failed tests",
        "Which",
        "Deployment then",
        "Source",
    )
    return _frame(columns, listed)


def _frame(columns: tuple[str, ...], listed: Sequence[tuple[str, ...]]) -> pl.DataFrame:
    return pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String), orient="row")
