"""How deployments and change requests came out of their controls, in counts, words and tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards.incidents import local, page_link
from dashboards.safe_text import plain_text, safe_link
from dashboards.shares import share_interval
from dashboards.subjects import subject_names
from dashboards.view import View
from dashboards.words import DASH, moment_words, percent_words, share_sentence
from transforms.published import UnknownTable

READ_ROWS = 50_000
JUDGED = ("pass", "warn", "fail", "no_data", "inconclusive", "exempt")
WORDS = {
    "fail": "failed",
    "no_data": "no data",
    "inconclusive": "cannot be told",
    "warn": "warning",
    "exempt": "exempt",
    "pass": "passed",
}


@dataclass(frozen=True)
class Tally:
    """The results of one control in a selection: how many were judged, and how they came out."""

    results: pl.DataFrame
    counts: Mapping[str, int]

    @property
    def n(self) -> int:
        """Return how many subjects the control bound; what has no data is among them."""
        return sum(self.counts.get(verdict, 0) for verdict in JUDGED)

    @property
    def failed(self) -> int:
        """Return how many failed."""
        return self.counts.get("fail", 0)

    def rows_of(self, *verdicts: str) -> pl.DataFrame:
        """Return the results with these verdicts, the newest first."""
        if self.results.is_empty():
            return self.results
        return self.results.filter(pl.col("verdict").is_in(verdicts))


def tally(view: View, control_id: str) -> Tally:
    """Return the results of a control for the view's teams, services and days."""
    chosen = view.selection
    try:
        frame = view.rows(
            "control_results",
            filters={"control_id": control_id, **chosen.filters},
            order="-occurred_at",
            limit=READ_ROWS,
            between=("occurred_date", chosen.since, chosen.until),
        )
    except UnknownTable:
        frame = pl.DataFrame()
    counts = dict(frame["verdict"].value_counts().iter_rows()) if frame.height else {}
    return Tally(results=frame, counts=counts)


def share_words(part: int, whole: int, did: str, *, noun: str = "deployment") -> str:
    """Return a share with its interval: `2 of 50 deployments ... (4 %, likely between ...)`."""
    low, high = share_interval(part, whole)
    said = share_sentence(part, whole, part / whole if whole else None, low, high, did=did)
    return said if noun == "deployment" else said.replace("deployment", noun)


def held_words(part: int, whole: int, *, limit: float | None, is_least: bool = False) -> str:
    """Return whether a share keeps its limit, in words; nothing where there is none to keep."""
    if limit is None or not whole:
        return ""
    kept = part / whole >= limit if is_least else part / whole <= limit
    bound = "at least" if is_least else "at most"
    state = "kept" if kept else "not kept"
    return f"{bound} {percent_words(limit, n=whole)} is asked: {state}"


def threshold(view: View, key: str) -> float | None:
    """Return the value of a threshold of this build, None where it has none of that name."""
    found = view.known_rows("thresholds", filters={"threshold_key": key})
    return None if found.is_empty() else float(found["value"][0])


def exceptions_table(view: View, results: pl.DataFrame, *, limit: int = 500) -> pl.DataFrame:
    """Return results as a table whose rows lead to the deployment and to its source."""
    urls = _deployment_urls(view, results)
    names = subject_names(view, results.select("subject_type", "subject_id").iter_rows())
    listed = [
        _exception(view, row, urls, names) for row in results.head(limit).iter_rows(named=True)
    ]
    columns = ("Open", "What", "When", "Service", "Why", "Result", "Source")
    return pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String), orient="row")


def _exception(
    view: View, row: Mapping[str, Any], urls: Mapping[str, str], names: Mapping[str, str]
) -> tuple[str, ...]:
    deployment = deployment_of(row)
    return (
        page_link(view, "deployment", deployment=deployment) if deployment else "",
        names[row["subject_id"]],
        moment_words(local(view, row["occurred_at"])),
        plain_text(row["service_id"]) or DASH,
        plain_text(row["reason"], limit=200),
        WORDS.get(row["verdict"], str(row["verdict"])),
        safe_link(urls.get(deployment or "")) or "",
    )


def deployment_of(row: Mapping[str, Any]) -> str | None:
    """Return the deployment that a result is about: its subject, or the first in its evidence."""
    if row["subject_type"] == "deployment":
        return str(row["subject_id"])
    for key in row["evidence"] or ():
        table, _, identity = str(key).partition(":")
        if table == "fct_deployments":
            return identity
    return None


def _deployment_urls(view: View, results: pl.DataFrame) -> dict[str, str]:
    if results.is_empty():
        return {}
    wanted = {deployment_of(row) for row in results.iter_rows(named=True)} - {None}
    frame = view.known_rows("fct_deployments", filters={"deployment_id": sorted(map(str, wanted))})
    if frame.is_empty():
        return {}
    return dict(frame.select("deployment_id", "source_url").iter_rows())


def unsure_words(tallied: Tally) -> str:
    """Return how many results cannot be told, which no share of failures shows."""
    unsure = tallied.counts.get("no_data", 0) + tallied.counts.get("inconclusive", 0)
    return f"{unsure:,} cannot be told." if unsure else ""
