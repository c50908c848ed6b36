"""Deployments outside of the allowed hours, over the whole history, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dashboards.causation_words import p_words, times_words
from dashboards.view import View
from dashboards.words import clean_number, count_words, percent_words, share_sentence

Row = Mapping[str, Any]


def read_summary(view: View) -> list[Row]:
    """Return the rows of the whole history that the selection is about: services, teams or all."""
    chosen = view.selection
    scope, names = (
        ("service", chosen.service_ids) if chosen.service_ids
        else ("team", chosen.team_ids) if chosen.team_ids
        else ("organisation", ("all",))
    )  # fmt: skip
    filters = {"grain": "all", "scope": scope, "scope_id": list(names)}
    rows = view.known_rows("off_hours_summary", filters=filters, order="scope_id")
    return list(rows.iter_rows(named=True))


def mark_first(shown: pl.DataFrame, results: pl.DataFrame, rows: Sequence[Row]) -> pl.DataFrame:
    """Return a table of results with a column that marks the first of its person."""
    first = {one for row in rows for one in row["first_deployment_ids"]}
    marks = ["first of its person" if one in first else "" for one in results["subject_id"]]
    if not any(marks):
        return shown
    return shown.with_columns(pl.Series("First time", marks[: shown.height], dtype=pl.String))


def history_sentences(row: Row) -> list[str]:
    """Return what the whole history says: how many, how they were excused, who, and the odds."""
    n = row["n"]
    if not n:
        return []
    said = share_sentence(
        row["off_hours_count"], n, row["off_hours_ratio"],
        row["off_hours_ratio_low"], row["off_hours_ratio_high"],
        did="began outside of the allowed hours",
    )  # fmt: skip
    excused = [
        f"{row['overridden_count']:,} with two approvals in time ({_likely(row, 'override')})",
        f"{row['exempt_count']:,} exempt" if row["exempt_count"] else "",
        f"{row['violation_count']:,} in violation ({_likely(row, 'violation')})",
    ]
    told = [f"{said}: {', '.join(part for part in excused if part)}."]
    if row["automated_rollback_count"]:
        robots = count_words(row["automated_rollback_count"], "rollback")
        told.append(f"{robots} by a robot {_were(row['automated_rollback_count'])} not counted.")
    return [*told, *_people(row), *odds_sentences(row)]


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _likely(row: Row, name: str) -> str:
    ratio, low, high = (
        percent_words(row[f"{name}_ratio{end}"], n=row["n"]) for end in ("", "_low", "_high")
    )
    return f"{ratio} of all, likely {low} to {high}"


def _people(row: Row) -> list[str]:
    known = row["known_person_count"]
    if not known:
        return ["Who began them is not known."] if row["off_hours_count"] else []
    if row["person_count"] == 1:
        told = f"One person began all {known:,} of which that is known."
    else:
        share = percent_words(row["top_person_ratio"], n=known)
        told = (
            f"{row['person_count']:,} people began those of which that is known; one of them "
            f"{row['top_person_count']:,} of {known:,} ({share})."
        )
    return [told]


def odds_sentences(row: Row) -> list[str]:
    """Return whether they fail more often, where the comparison is made at all."""
    if row["compared_count"] is None:
        return []
    counts = (
        f"Of the {row['compared_count']:,} whose outcome is known, "
        f"{row['compared_failed_count']:,} failed, against "
        f"{row['on_hours_failed_count']:,} of {row['on_hours_compared_count']:,} in the hours"
    )
    ratio = clean_number(row["odds_ratio"])
    if row["statement"] == "too_little_data" or ratio is None:
        return [f"{counts}: too few to compare."]
    low, high = (clean_number(row[f"odds_ratio_{end}"]) for end in ("low", "high"))
    likely = (
        f", likely {times_words(low)} to {times_words(high)}"
        if low is not None and high is not None
        else ""
    )
    tiers = count_words(row["stratum_count"] or 0, "tier")
    return [
        f"{counts}: odds of failure {times_words(ratio)} times as high{likely} "
        f"({p_words(row['p_stratified'])}, {tiers} held equal). "
        "An association is no cause."
    ]
