"""What source health and coverage say, in words for tables; the counts are as published."""

import polars as pl

from dashboards.safe_text import plain_text, safe_text
from dashboards.states import SourceAge
from dashboards.words import (
    DASH,
    count_words,
    duration_words,
    moment_words,
    names_words,
    percent_words,
)

_COUNTS = ("read_count", "loaded_count", "duplicate_count", "quarantined_count")


def ages(health: pl.DataFrame) -> tuple[SourceAge, ...]:
    """Return each source by its most delayed stream."""
    found: dict[str, SourceAge] = {}
    for row in health.sort("source").iter_rows(named=True):
        stream = SourceAge(
            source=row["source"],
            last_success_at=row["last_success_at"],
            lag_seconds=row["lag_seconds"],
            expected_seconds=row["expected_lag_seconds"],
            is_late=bool(row["is_late"]),
        )
        held = found.get(stream.source)
        if held is None or (stream.is_late and not held.is_late):
            found[stream.source] = stream
    return tuple(found.values())


def unfinished(health: pl.DataFrame) -> pl.DataFrame:
    """Return the streams whose last reading did not come to its end."""
    return health.filter(pl.col("last_error").is_not_null() & (pl.col("last_status") != "complete"))


def error_sentences(health: pl.DataFrame) -> tuple[str, ...]:
    """Return each error once, with the streams that it stopped and what to run."""
    stopped: dict[tuple[str, str], list[str]] = {}
    for row in unfinished(health).sort("source", "stream").iter_rows(named=True):
        stopped.setdefault((row["source"], row["last_error"]), []).append(row["stream"])
    return tuple(
        f"{safe_text(source)} was not read to its end "
        f"({safe_text(names_words(streams, most=6))}): {safe_text(error)}. "
        "Run `leadline doctor` for the remedy."
        for (source, error), streams in stopped.items()
    )


def sources_table(health: pl.DataFrame) -> pl.DataFrame:
    """Return one row a source in words: is it in time, by its most delayed stream."""
    errors = {
        row["source"]: plain_text(row["last_error"])
        for row in unfinished(health).iter_rows(named=True)
    }
    return pl.DataFrame(
        [
            {
                "Source": plain_text(source.source),
                "State": "late" if source.is_late else "in time",
                "Last success (UTC)": moment_words(source.last_success_at),
                "Lag": duration_words(source.lag_seconds),
                "Expected within": duration_words(source.expected_seconds),
                "Last error": errors.get(source.source, "none"),
            }
            for source in ages(health)
        ]
    )


def rows_add_up(health: pl.DataFrame) -> bool:
    """Whether every stream's rows read are loaded, duplicate or quarantined."""
    return all(_adds_up(row) for row in health.iter_rows(named=True))


def _adds_up(row: dict[str, int | None]) -> bool:
    read, loaded, duplicate, quarantined = (row[name] or 0 for name in _COUNTS)
    return read == loaded + duplicate + quarantined


def health_table(health: pl.DataFrame) -> pl.DataFrame:
    """Return one row a stream in words: last success, counts and whether they add up."""
    return pl.DataFrame(
        [
            {
                "Source": plain_text(row["source"]),
                "Stream": plain_text(row["stream"]),
                "Last success (UTC)": moment_words(row["last_success_at"]),
                "Read": row["read_count"] or 0,
                "Loaded": row["loaded_count"] or 0,
                "Duplicate": row["duplicate_count"] or 0,
                "Quarantined": row["quarantined_count"] or 0,
                "Adds up": "yes" if _adds_up(row) else "no",
            }
            for row in health.sort("source", "stream").iter_rows(named=True)
        ]
    )


WHY_NOT_KNOWN = {
    "contents_missing": "the clone has no file contents",
    "not_read": "git was not asked for it yet",
    "switched_off": "switched off in the settings",
    "trees_missing": "the clone has no folders",
}


def coverage_table(coverage: pl.DataFrame) -> pl.DataFrame:
    """Return coverage figures in words: what is known of how much, and why not all of it.

    A build of before reasons were kept has none; without any the column is left out.
    """
    table = pl.DataFrame(
        [
            {
                "What": plain_text(row["meaning"] or row["figure"].replace("_", " ")),
                "Source": plain_text(row["source"]) or DASH,
                "Known": f"{row['numerator'] or 0:,.0f} of {row['denominator'] or 0:,.0f}",
                "Share": percent_words(row["ratio"], n=round(row["denominator"] or 0)),
                "Why not all": reasons_words(row.get("reason")),
            }
            for row in coverage.iter_rows(named=True)
        ]
    )
    return table if (table["Why not all"] != "").any() else table.drop("Why not all")


def reasons_words(reasons: str | None) -> str:
    """Return why something is not known, in words; several reasons are told by commas."""
    words = [WHY_NOT_KNOWN.get(one, plain_text(one)) for one in (reasons or "").split(", ") if one]
    return "; ".join(words)


_CHANGES = {
    "new": "new field",
    "missing": "field is missing",
    "changed": "field of another type",
    "unknown_value": "value we do not know",
}


def changes_sentence(changes: pl.DataFrame) -> str:
    """Return whether the sources' records look as they did, and what that means for numbers."""
    if changes.is_empty():
        return "The records of every source look as they did when it was read first."
    read = changes.filter(pl.col("is_read") & (pl.col("change") != "new")).height
    touched = (
        f"{read} of them in a field that a number may rest on"
        if read
        else "none of them in a field that a number rests on"
    )
    return f"{count_words(changes.height, 'difference')} since the first reading, {touched}."


def changes_table(changes: pl.DataFrame) -> pl.DataFrame:
    """Return what began to look different, the newest first, fields that are read before others."""
    return pl.DataFrame(
        [
            {
                "Source": plain_text(row["source"]),
                "Stream": plain_text(row["stream"]),
                "Field": plain_text(row["field"]),
                "What": _CHANGES[row["change"]],
                "Detail": plain_text(row["detail"] or DASH),
                "Used": "yes" if row["is_read"] else "no",
                "First seen (UTC)": moment_words(row["seen_at"]),
            }
            for row in changes.sort(
                ["is_read", "seen_at", "source", "stream", "field"],
                descending=[True, True, False, False, False],
            ).iter_rows(named=True)
        ]
    )
