"""Reviews after implementation in words and tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dashboards.incidents import local, page_link
from dashboards.safe_text import plain_text, safe_link
from dashboards.subjects import subject_names
from dashboards.view import View
from dashboards.words import DASH, between_words, count_words, moment_words, percent_words

# The states of a review, those that need somebody first.
STATES = {
    "overdue": "Overdue",
    "unpublished": "Held, not published",
    "open": "Not due yet",
    "late": "Late",
    "on_time": "On time",
}
TRIGGERS = {
    "failed": "failed", "failed_low_severity": "failed mildly", "rolled_back": "rolled back",
    "emergency": "emergency", "tier_1_release": "tier 1", "degradation": "severe incident",
    "data_loss": "data loss", "slow_resolution": "long incident",
    "monitoring_failure": "noticed late",
}  # fmt: skip
FIELDS = 7


def due_sentence(states: Sequence[str]) -> str:
    """Return how many reviews that were due came in time; overdue ones are failures."""
    due = [state for state in states if state != "open"]
    waiting = len(states) - len(due)
    later = f" {waiting:,} more {'is' if waiting == 1 else 'are'} not due yet." if waiting else ""
    if not due:
        return f"No review was due.{later}"
    if due.count("overdue") == len(due):
        were = "was" if len(due) == 1 else "were"
        return f"{count_words(len(due), 'review')} {were} due; none is known.{later}"
    kept = due.count("on_time")
    overdue = due.count("overdue") + due.count("unpublished")
    missing = f"; {overdue:,} {'is' if overdue == 1 else 'are'} overdue" if overdue else ""
    share = percent_words(kept / len(due), n=len(due))
    return f"{kept:,} of {count_words(len(due), 'review')} came in time ({share}){missing}.{later}"


def closure_sentence(row: Mapping[str, Any]) -> str:
    """Return how fast actions are closed, and whether enough of them in time."""
    median = row["median_days"]
    half = (
        f"Half of {count_words(row['action_count'], 'action')} were closed within {median:.0f} d"
        if median is not None
        else f"Fewer than half of {count_words(row['action_count'], 'action')} are closed"
    )
    late = f", {row['overdue_count']:,} overdue" if row["overdue_count"] else ""
    said = f"{half}; {row['open_count']:,} open{late}."
    n = row["judged_count"]
    if not n:
        return f"{said} None had its 30 days yet."
    share = percent_words(row["closed_in_time_ratio"], n=n)
    likely = between_words(row["closed_in_time_low"], row["closed_in_time_high"], unit="ratio", n=n)
    return (
        f"{said} {row['closed_in_time_count']:,} of {n:,} were closed in time ({share}, likely "
        f"{likely}); the policy asks for {row['closure_target']:.0%}."
    )


def review_table(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Return required reviews: of what, why, until when, and what came."""
    names = subject_names(view, rows.select("subject_type", "subject_id").iter_rows())
    return pl.DataFrame(
        [
            {
                "Open": page_link(view, "deployment", deployment=row["subject_id"])
                if row["subject_type"] == "deployment"
                else "",
                "Release": names[row["subject_id"]],
                "Service": plain_text(row["service_id"]) or DASH,
                "Why": ", ".join(TRIGGERS.get(one, one) for one in row["triggers"]),
                "Ended": moment_words(local(view, row["finished_at"])),
                "Due": moment_words(local(view, row["due_at"])),
                "Held": moment_words(local(view, row["held_at"])) if row["held_at"] else DASH,
                "Fields": DASH
                if row["filled_field_count"] is None
                else f"{row['filled_field_count']} of {FIELDS}",
                "Source": safe_link(row["source_url"]) or "",
            }
            for row in rows.iter_rows(named=True)
        ]
    )


def action_table(rows: pl.DataFrame) -> pl.DataFrame:
    """Return open actions: what, against which cause, for how long, and until when."""
    return pl.DataFrame(
        [
            {
                "Action": plain_text(row["title"], limit=120) or plain_text(row["action_item_id"]),
                "Service": plain_text(row["service_id"]) or DASH,
                "Cause": plain_text(row["cause_code"]) or DASH,
                "Has an owner": "yes" if row["owner_id"] else "no",
                "Open for": f"{row['age_days']:.0f} d",
                "Due": moment_words(row["due_at"]) if row["due_at"] else "no day set",
                "State": "overdue" if row["is_overdue"] else "open",
            }
            for row in rows.iter_rows(named=True)
        ]
    )


def repeat_table(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Return incidents that repeat a cause, with the review that had named it."""
    names = subject_names(view, (("review", key) for key in rows["review_record_id"]))
    return pl.DataFrame(
        [
            {
                "Open": page_link(
                    view, "incidents", incident=row["incident_id"], period="Whole history"
                ),
                "Incident": plain_text(f"{row['number'] or ''} {row['title'] or ''}", limit=120),
                "Service": plain_text(row["service_id"]) or DASH,
                "Cause": plain_text(row["cause_code"]),
                "Began": moment_words(local(view, row["impact_started_at"])),
                "Review before": names[row["review_record_id"]],
                "Actions open then": row["open_action_count"],
                "Source": safe_link(row["source_url"]) or "",
            }
            for row in rows.iter_rows(named=True)
        ]
    )
