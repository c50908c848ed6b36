"""A metric's page in words and tables: definition, changes, own history, bands and scores."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from dashboards.safe_text import plain_text, safe_link, safe_text
from dashboards.words import (
    DASH,
    between_words,
    clean_number,
    count_words,
    date_words,
    duration_words,
    percent_words,
    value_words,
)

DERIVED_MARK = "*"
DERIVED_WORDS = (
    "* A limit that Leadline derived: the report leaves a hole there, or gives a centre only."
)
_ADDRESS = re.compile(r"https://[^\s,;)]+")
_TOO_LITTLE = {
    "no_data": "no data",
    "few_observations": "too few to say",
    "few_periods": "too few periods before",
    "no_interval": "no interval to compare",
}
Row = Mapping[str, Any]


def linked_text(text: str) -> str:
    """Return a text as Markdown in which only plain https addresses are links."""
    parts, at = [], 0
    for found in _ADDRESS.finditer(text):
        url = safe_link(found.group())
        shown = safe_text(found.group().removeprefix("https://").rstrip("/"))
        parts += [safe_text(text[at : found.start()], limit=1000)]
        parts += [f"[{shown}]({url})" if url else shown]
        at = found.end()
    spaced = [*parts, safe_text(text[at:], limit=1000)]
    return _spaced(spaced)


def _spaced(parts: list[str]) -> str:
    """Join parts whose outer spaces were trimmed: a link follows a bracket or a space."""
    joined = ""
    for part in parts:
        needs_space = joined and part and joined[-1] not in "( " and part[0] not in "\\.,;:) "
        joined += f" {part}" if needs_space else part
    return joined


def listed(texts: Iterable[str] | None) -> str:
    """Return sentences as a Markdown list."""
    return "\n".join(f"- {safe_text(text, limit=1000)}" for text in texts or ())


def period_words(row: Row) -> str:
    """Return the month or quarter of a row as `Oct 2026` or `3rd quarter 2026`."""
    start = row["period_start_date"]
    if row["grain"] == "month":
        return f"{start:%b %Y}"
    ordinal = ("1st", "2nd", "3rd", "4th")[(start.month - 1) // 3]
    return f"{ordinal} quarter {start.year}"


def verdict_words(row: Row) -> str:
    """Return what a comparison with the own past says, in words."""
    if row["verdict"] != "too_little_data":
        return str(row["verdict"]).replace("_", " ")
    return _TOO_LITTLE.get(row["reason"] or "", "too little data")


def baseline_sentence(row: Row, *, unit: str) -> str:
    """Return the latest complete period against its own past, in one sentence."""
    value = value_words(row["value"], unit=unit, n=row["n"])
    if row["n"] == 0:
        return f"{period_words(row)}: {verdict_words(row)}."
    if row["verdict"] == "too_little_data":
        return f"{period_words(row)}: {value}, {verdict_words(row)} (n {row['n']:,})."
    before = between_words(
        row["baseline_low"], row["baseline_high"], unit=unit, n=row["baseline_observation_count"]
    )
    words = {"better": "better than all of them", "worse": "worse than all of them"}
    said = words.get(row["verdict"], "no clear change")
    periods = count_words(row["baseline_period_count"], row["grain"])
    return f"{period_words(row)}: {value}; the {periods} before: {before}, so {said}."


def band_words(row: Row) -> str:
    """Return where a period lies in one edition: a level, a range, a score, or why nowhere."""
    if row["band_state"] == "scores_only":
        return _score_words(row)
    if row["band_state"] == "no_data":
        return "no data"
    if row["band_state"] == "insufficient":
        return f"too few to say (n {row['n']:,})"
    mark = f" {DERIVED_MARK}" if row["is_derived"] else ""
    return f"{row['band_word']}{mark}"


def _score_words(row: Row) -> str:
    score, low, high = (clean_number(row[name]) for name in ("score", "score_low", "score_high"))
    if score is None:
        return "no data"
    likely = "" if low is None or high is None else f" ({low:.1f} to {high:.1f})"
    everybody = f"; all industries {row['industry_score_mean']:.1f}"
    return f"{score:.1f} of 10{likely}{everybody}"


def bands_table(rows: Iterable[Row]) -> pl.DataFrame:
    """Return one row an edition: where the latest complete month and quarter lie."""
    found: dict[int, dict[str, str]] = {}
    for row in rows:
        cells = found.setdefault(row["edition"], {})
        cells[f"{row['grain'].capitalize()} ({period_words(row)})"] = band_words(row)
    return pl.DataFrame([{"Edition": str(year), **found[year]} for year in sorted(found)])


def published_table(bands: Iterable[Row]) -> pl.DataFrame:
    """Return the shipped ranges of one metric, each marked as published or derived."""
    columns = ("Edition", "Level", "From and to", "Published as", "Share", "Origin", "Note")
    ordered = sorted(bands, key=lambda row: (row["edition"], row["level_rank"], row["lower"]))
    return pl.DataFrame(
        [
            {
                "Edition": str(row["edition"]),
                "Level": row["level"],
                "From and to": range_words(row),
                "Published as": plain_text(row["published_as"]) or DASH,
                "Share": percent_words(row["share_of_respondents_ratio"], n=1)
                if row["is_share_confirmed"]
                else DASH,
                "Origin": "derived" if row["is_derived"] else _source_words(row["source_tag"]),
                "Note": plain_text(row["note"]),
            }
            for row in ordered
        ],
        schema=dict.fromkeys(columns, pl.String),
    )


def _source_words(tag: str) -> str:
    return {"S": "report", "D": "secondary source"}.get(tag, tag)


def range_words(row: Row) -> str:
    """Return a range as `1 d to 7 d`, `over 183 d`, `0 % to 15 %` or `at least 1 a day`."""
    lower, upper, unit = row["lower"], clean_number(row["upper"]), row["unit"]
    if unit == "deployments per day":
        if upper is None:
            return f"at least {_rate_words(lower)}"
        return f"under {_rate_words(upper)}" if lower == 0 else (
            f"{_rate_words(lower)} to {_rate_words(upper)}"
        )  # fmt: skip
    words = duration_words if unit == "seconds" else _percent
    if upper is None:
        return f"over {words(lower)}"
    return f"under {words(upper)}" if lower == 0 else f"{words(lower)} to {words(upper)}"


def _percent(ratio: float | None) -> str:
    return DASH if ratio is None else f"{round(ratio * 100, 1):g} %"


def _rate_words(rate: float) -> str:
    return f"{rate:g} a day" if rate >= 1 else f"1 in {count_words(round(1 / rate), 'day')}"


def changes_table(changes: Iterable[Row]) -> pl.DataFrame:
    """Return the dated changes of a definition, newest first."""
    return pl.DataFrame(
        [
            {
                "Date": date_words(row["changed_date"]),
                "Version": row["version"],
                "What changed": plain_text(row["what"]),
                "The past": "computed again" if row["was_history_rebuilt"] else "left as it was",
            }
            for row in sorted(changes, key=lambda row: row["changed_date"], reverse=True)
        ],
        schema=dict.fromkeys(("Date", "Version", "What changed", "The past"), pl.String),
    )
