"""What a publish restated, in words for a page: numbers of past periods, old and new, and why."""

from datetime import date, timedelta
from typing import Any

import polars as pl

from dashboards.safe_text import plain_text
from dashboards.words import DASH, count_words, date_words, names_words, value_words
from transforms.published import SCOPED

CAUSES = {
    "definition": "the metric is defined otherwise",
    "code": "other code",
    "configuration": "the configuration was changed",
    "verdict": "a person decided",
    "late_data": "data read since",
}
MOST_ROWS = 200
_SCOPES = ("organisation", "team", "service")


def since_last_publish(restatements: pl.DataFrame, *, build_id: str) -> pl.DataFrame:
    """Return the rows of this publish, the organisation's first, newest periods first."""
    return (
        restatements.filter(pl.col("new_build_id") == build_id.partition(SCOPED)[0])
        .with_columns(
            pl.col("scope")
            .replace_strict({name: rank for rank, name in enumerate(_SCOPES)}, default=len(_SCOPES))
            .alias("rank")
        )
        .sort(
            ["rank", "period_end_date", "metric", "grain", "scope_id"],
            descending=[False, True, False, False, False],
        )
        .drop("rank")
    )


def restated_sentence(restated: pl.DataFrame, *, earlier: int) -> str:
    """Return how many numbers changed and why, or that none did."""
    before = (
        f" Earlier publishes restated {count_words(earlier, 'number')}; "
        "`select * from v1.restatements` lists them."
        if earlier
        else ""
    )
    if restated.is_empty():
        return f"No number of a past period has changed since the last publish.{before}"
    causes = restated["cause"].value_counts().sort(["count", "cause"], descending=[True, False])
    why = "; ".join(
        f"{cause_words(row['cause'])}: {row['count']:,}" for row in causes.iter_rows(named=True)
    )
    young = int(restated["was_provisional"].sum())
    told = f" Provisional until then: {young:,}." if young else ""
    return (
        f"{count_words(restated.height, 'number')} of past periods changed ({why}).{told}{before}"
    )


def restated_table(restated: pl.DataFrame, *, titles: dict[str, str]) -> pl.DataFrame:
    """Return one row a number in words: metric, scope, period, old, new and cause."""
    return pl.DataFrame(
        [
            {
                "Metric": plain_text(titles.get(row["metric"], row["metric"])),
                "For": _scope_words(row),
                "Period": _period_words(row["period_start_date"], row["period_end_date"]),
                "Old": _number_words(row, "old"),
                "New": _number_words(row, "new"),
                "Cause": cause_words(row["cause"]),
                "Was provisional": "yes" if row["was_provisional"] else "no",
            }
            for row in restated.head(MOST_ROWS).iter_rows(named=True)
        ]
    )


def cause_words(cause: str) -> str:
    """Return the causes of a restatement as a list in words."""
    return names_words([CAUSES.get(one, one) for one in cause.split(", ")], most=len(CAUSES))


def _scope_words(row: dict[str, Any]) -> str:
    if row["scope"] == "organisation":
        return "Organisation"
    return f"{str(row['scope']).capitalize()} {plain_text(row['scope_id'])}"


def _period_words(start: date, end: date) -> str:
    return f"{date_words(start)} to {date_words(end - timedelta(days=1))}"


def _number_words(row: dict[str, Any], side: str) -> str:
    value, n = row[f"{side}_value"], row[f"{side}_n"]
    if n is None:
        return "not published"
    words = value_words(value, unit=row["unit"], n=n)
    if words == DASH:
        words = str(row[f"{side}_state"]).replace("_", " ")
    return f"{words} (n {n:,})"
