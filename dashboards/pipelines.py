"""What pipelines did in a selection of months: counts, shares with intervals, and flaky tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from dashboards.incidents import local
from dashboards.reading import Reading, reading
from dashboards.safe_text import plain_text, safe_link
from dashboards.series import Point
from dashboards.shares import share_interval
from dashboards.view import View
from dashboards.words import (
    DASH,
    between_words,
    count_words,
    duration_words,
    moment_words,
    percent_words,
    share_sentence,
)

TABLE, READ_ROWS = "pipeline_resilience", 20_000
COUNTS = (
    "stage_run_count", "failed_stage_count", "salvaged_stage_count", "rerun_count",
    "selective_rerun_count", "test_result_count", "flaky_failure_count", "wasted_minutes",
)  # fmt: skip
ADVICE = {"quarantine": "set apart", "watch": "watch", "settled": "settled"}


@dataclass(frozen=True)
class Share:
    """One share of a page: its basis, its label, the counts it divides, and the noun of both."""

    basis: str
    label: str
    part: str
    whole: str
    noun: str


SHARES = (
    Share("stage_failures", "Stages that failed", "failed_stage_count", "stage_run_count",
          "stage run"),
    Share("salvage_rate", "Failures that a rerun mended", "salvaged_stage_count",
          "failed_stage_count", "failed stage"),
    Share("selective_reruns", "Reruns of failed stages only", "selective_rerun_count",
          "rerun_count", "rerun"),
    Share("flake_run_rate", "Test results that were flakes", "flaky_failure_count",
          "test_result_count", "test result"),
)  # fmt: skip


def months_between(view: View) -> tuple[str, date, date]:
    """Return the months that the selected period touches, as a condition on rows."""
    return "month_start_date", view.selection.since.replace(day=1), view.selection.until


def read_months(view: View) -> pl.DataFrame:
    """Return the rows of the selection; without columns where the build has none."""
    frame = view.known_rows(TABLE, filters={}, order="month_start_date")
    if not frame.width:
        return frame
    return view.rows(
        TABLE, filters=view.selection.filters, order="month_start_date", limit=READ_ROWS,
        between=months_between(view),
    )  # fmt: skip


def totals(rows: pl.DataFrame) -> dict[str, float | None]:
    """Return the sums of counts; time is unknown where no row knows it."""
    return {
        name: None if rows[name].drop_nulls().is_empty() else float(rows[name].sum())
        for name in COUNTS
    }


def figure_words(share: Share, sums: Mapping[str, float | None]) -> tuple[str, str]:
    """Return a share and its evidence: counts and interval, or why there is none."""
    part, whole = round(sums[share.part] or 0), round(sums[share.whole] or 0)
    if not whole:
        return "no data", f"no {share.noun} was read"
    low, high = share_interval(part, whole)
    likely = between_words(low, high, unit="ratio", n=whole)
    counted = f"{part:,} of {count_words(whole, share.noun)}"
    return percent_words(part / whole, n=whole), f"{counted} · likely {likely}"


def wasted_words(sums: Mapping[str, float | None]) -> tuple[str, str]:
    """Return the time that went to waste, and of how many stage runs."""
    minutes, runs = sums["wasted_minutes"], round(sums["stage_run_count"] or 0)
    if minutes is None or not runs:
        return "no data", "no stage run was read"
    return duration_words(minutes * 60), f"in {count_words(runs, 'stage run')} · a total"


def salvage_sentence(sums: Mapping[str, float | None]) -> str:
    """Return how many failures were none of the code, in one sentence."""
    part, whole = (
        round(sums[name] or 0) for name in ("salvaged_stage_count", "failed_stage_count")
    )
    runs = round(sums["stage_run_count"] or 0)
    if not runs:
        return "No stage of a pipeline is known in this selection."
    if not whole:
        return f"None of {count_words(runs, 'stage run')} failed."
    low, high = share_interval(part, whole)
    did = "passed when run again on the same code"
    said = share_sentence(part, whole, part / whole, low, high, did=did)
    return said.replace("deployment", "failed stage") + "."


def share_points(rows: pl.DataFrame, share: Share, *, until: date) -> tuple[Point, ...]:
    """Return a share by month; the month that is not over is provisional."""
    points = []
    for (start,), month in rows.sort("month_start_date").group_by(
        "month_start_date", maintain_order=True
    ):
        assert isinstance(start, date)
        end = (start + timedelta(days=31)).replace(day=1)
        points.append(Point(start, end, _reading(totals(month), share, is_running=end > until)))
    return tuple(points)


def _reading(sums: Mapping[str, float | None], share: Share, *, is_running: bool) -> Reading:
    part, whole = round(sums[share.part] or 0), round(sums[share.whole] or 0)
    low, high = share_interval(part, whole)
    return reading(
        dict.fromkeys(("mean", "p75", "p90", "coverage"))
        | {
            "metric": share.basis, "unit": "ratio", "value": part / whole if whole else None,
            "n": whole, "state": "ok" if whole else "no_data", "numerator": part,
            "denominator": whole, "ci_low": low, "ci_high": high, "open_count": 0,
            "excluded_count": 0, "is_provisional": is_running,
        }
    )  # fmt: skip


def workflows_table(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row a workflow of a repository, what wastes most time first."""
    told = []
    for (repository, workflow), of_one in rows.group_by("repository", "workflow"):
        sums = totals(of_one)
        cells = {share.label: _cell(share, sums) for share in SHARES}
        told.append(
            {
                "Pipeline": plain_text(f"{repository} {workflow}"),
                "Wasted": duration_words((sums["wasted_minutes"] or 0) * 60)
                if sums["wasted_minutes"] is not None
                else DASH,
                **cells,
                "minutes": sums["wasted_minutes"] or 0.0,
            }
        )
    schema = {"Pipeline": pl.String, "Wasted": pl.String,
              **{share.label: pl.String for share in SHARES}, "minutes": pl.Float64}  # fmt: skip
    frame = pl.DataFrame(told, schema=schema)
    return frame.sort("minutes", "Pipeline", descending=[True, False]).drop("minutes")


def _cell(share: Share, sums: Mapping[str, float | None]) -> str:
    part, whole = round(sums[share.part] or 0), round(sums[share.whole] or 0)
    return f"{part:,} of {whole:,} ({percent_words(part / whole, n=whole)})" if whole else DASH


def flaky_sentence(rows: pl.DataFrame) -> str:
    """Return how many tests are flaky now, and how many were once."""
    if rows.is_empty():
        return "No test both passed and failed at one commit."
    counts = dict(rows["advice"].value_counts().iter_rows())
    apart, watch = counts.get("quarantine", 0), counts.get("watch", 0)
    settled = counts.get("settled", 0)
    now = "no test was flaky lately" if not apart + watch else (
        f"{count_words(apart + watch, 'test')} {'was' if apart + watch == 1 else 'were'} flaky "
        f"lately, {apart:,} so often that it should stop nobody"
    )  # fmt: skip
    more = " more" if apart + watch else ""
    once = f"; {settled:,}{more} {'was' if settled == 1 else 'were'} once" if settled else ""
    return f"{now[:1].upper()}{now[1:]}{once}."


def flaky_table(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Return flaky tests, those that need somebody first, with the newest run that saw one fail."""
    order = list(ADVICE)
    runs = _failed_runs(view, rows)
    ranked = sorted(
        rows.iter_rows(named=True),
        key=lambda row: (order.index(row["advice"]), -row["flaky_commit_count"], row["test_name"]),
    )
    return pl.DataFrame(
        [
            {
                "Run": runs.get((row["service_id"], row["class_name"], row["test_name"]), ""),
                "Test": plain_text(f"{row['class_name'] or row['suite']} {row['test_name']}",
                                   limit=120),
                "Service": plain_text(row["service_id"]),
                "Advice": ADVICE[row["advice"]],
                "Flaky on commits": f"{row['flaky_commit_count']:,} of {row['commit_count']:,}",
                "Flaky failures": f"{row['flaky_failure_count']:,} of {row['result_count']:,}",
                "Likely rate": between_words(
                    row["flake_run_low"], row["flake_run_high"], unit="ratio",
                    n=row["result_count"],
                ),
                "Last": moment_words(local(view, row["last_flaky_at"])),
            }
            for row in ranked
        ]
    )  # fmt: skip


def _failed_runs(view: View, tests: pl.DataFrame) -> dict[tuple[str, str, str], str]:
    """Return for each test the address of the newest run in which it failed, where it is known."""
    if tests.is_empty():
        return {}
    failures = view.known_rows(
        "test_results",
        filters={
            "test_name": sorted(set(tests["test_name"])),
            "service_id": sorted(set(tests["service_id"])),
            "status": ["failed", "error"],
        },
        order="-started_at",
    )
    if failures.is_empty():
        return {}
    runs = view.known_rows(
        "pipeline_runs", filters={"commit_sha": sorted(set(failures["commit_sha"].drop_nulls()))}
    )
    urls = {_number(row["pipeline_run_id"]): row["source_url"] for row in _named(runs)}
    found: dict[tuple[str, str, str], str] = {}
    for row in _named(failures):
        url = safe_link(urls.get(_number(row["pipeline_run_id"] or "")))
        if url:
            key = (row["service_id"], row["class_name"] or "", row["test_name"])
            found.setdefault(key, url)
    return found


def _named(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return list(frame.iter_rows(named=True))


def _number(run_id: str) -> str:
    """Return a run's own number; reports name a run without the source before it."""
    return run_id.rpartition(":")[2]
