"""What the page Calendar reads: broken windows, planned conflicts, free slots, price of freezes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from dashboards.incidents import local, page_link
from dashboards.lanes import both_words, naive, selected_services
from dashboards.safe_text import plain_text, safe_text
from dashboards.timeline import Shade
from dashboards.view import View
from dashboards.words import DASH, count_words, date_words, moment_words
from transforms.calendars.decisions import Decision, decide, next_slots
from transforms.calendars.published_windows import binding

FREEZES, HOURS = "freeze_violations", "authorised_hours"
RESULTS = 2000
AHEAD, REACH = timedelta(days=30), timedelta(days=366)
CONTROL_WORDS = {FREEZES: "Freeze", HOURS: "Allowed hours"}
ACKNOWLEDGED_WORDS = {
    "acknowledged": "acknowledged",
    "acknowledged_late": "acknowledged late",
    "plan_moved": "missing: acknowledged for another start",
    "overdue": "missing",
    "open": "in time",
}
CONFLICT_WORDS = {
    "blackout": "Freeze",
    "vendor_window": "Window of a vendor",
    "not_in_allowed_window": "Outside of allowed times",
}


def read_violations(view: View) -> pl.DataFrame:
    """Return deployments of the selection that a freeze or the hours forbade, newest first."""
    return view.rows(
        "control_results",
        filters={
            "control_id": [FREEZES, HOURS], "underlying_verdict": "fail", **view.selection.filters,
        },
        order="-occurred_at",
        limit=RESULTS,
        between=("occurred_date", view.selection.since, view.selection.until),
    )  # fmt: skip


def read_conflicts(view: View) -> pl.DataFrame:
    """Return planned change requests that meet a window; of a team, those of its services."""
    rows = view.rows("planned_conflicts", filters={}, order="planned_start_at", limit=RESULTS)
    chosen = selected_services(view)
    return rows if chosen is None else rows.filter(pl.col("service_id").is_in(chosen))


def calendar_sentence(violations: pl.DataFrame, conflicts: pl.DataFrame, *, period: str) -> str:
    """Return what was broken and what is planned into a window, in one sentence."""
    broken = violations.filter(pl.col("verdict") == "fail")
    frozen = broken.filter(pl.col("control_id") == FREEZES).height
    late = broken.filter(pl.col("control_id") == HOURS).height
    planned = conflicts["change_request_id"].n_unique()
    parts = [
        f"{count_words(frozen, 'deployment')} broke a freeze" if frozen else "No freeze was broken",
        f"{count_words(late, 'deployment')} began outside of allowed hours" if late else "",
    ]
    meets = "meets" if planned == 1 else "meet"
    ahead = f"{count_words(planned, 'planned change request')} {meets} a window" if planned else ""
    said = " and ".join(part for part in parts if part) + f" in {period.lower()}"
    return f"{said}; {ahead}." if ahead else f"{said}."


def violations_table(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Return broken windows as words, with the exemption where one lifts it."""
    listed = [
        (
            page_link(view, "deployment", deployment=row["subject_id"], period="Whole history"),
            moment_words(local(view, row["occurred_at"])),
            plain_text(row["service_id"] or "") or DASH,
            CONTROL_WORDS[row["control_id"]],
            plain_text(row["reason"], limit=200),
            "exempt" if row["verdict"] == "exempt" else "violation",
        )
        for row in rows.iter_rows(named=True)
    ]
    columns = ("Open", "Began", "Service", "Broke", "Why", "Counts as")
    return pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String), orient="row")


def conflicts_table(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Return planned change requests and the windows that they meet, as words."""
    listed = [
        (
            plain_text(f"{row['number'] or ''} {row['title'] or ''}", limit=120) or DASH,
            plain_text(row["service_id"] or "") or DASH,
            moment_words(local(view, row["planned_start_at"])),
            CONFLICT_WORDS[row["conflict"]],
            plain_text(row["window_title"] or "", limit=80) or DASH,
            _known_words(view, row),
        )
        for row in rows.iter_rows(named=True)
    ]
    columns = ("Change request", "Service", "Planned", "Meets", "Window", "Known")
    return pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String), orient="row")


def _known_words(view: View, row: Mapping[str, Any]) -> str:
    """Return since when a window is known, and how it was when the request was planned."""
    if not row["is_new_since_planned"]:
        return "when it was planned"
    if row.get("window_was_starts_at") is None:
        return "since it was planned"
    for moved, now, was in (
        ("moved", "window_starts_at", "window_was_starts_at"),
        ("its end moved", "window_ends_at", "window_was_ends_at"),
    ):
        if row[now] != row[was]:
            return f"{moved} since it was planned, from {moment_words(local(view, row[was]))}"
    return "changed since it was planned"


def read_acknowledgements(view: View) -> pl.DataFrame:
    """Return planned change requests and the vendors that they need, the earliest due first."""
    rows = view.known_rows("vendor_acknowledgements", filters={}, order="due_date")
    chosen = selected_services(view)
    if chosen is None or rows.is_empty():
        return rows
    return rows.filter(pl.col("service_id").is_in(chosen))


def acknowledgements_sentence(rows: pl.DataFrame) -> str:
    """Return how many acknowledgements are missing, and how many are still in time."""
    counts = dict(rows["status"].value_counts().iter_rows())
    missing = counts.get("overdue", 0) + counts.get("plan_moved", 0)
    told = [
        f"{missing:,} of {count_words(rows.height, 'acknowledgement')} "
        f"{'is' if missing == 1 else 'are'} missing"
    ]
    for status, word in (("open", "still in time"), ("acknowledged_late", "came late")):
        if counts.get(status):
            told.append(f"{counts[status]:,} {word}")
    return f"{'; '.join(told)}."


def acknowledgements_table(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Return which contact of a vendor has to acknowledge what until when, as words."""
    listed = [
        (
            plain_text(f"{row['number'] or ''} {row['title'] or ''}", limit=120) or DASH,
            plain_text(row["service_id"] or "") or DASH,
            moment_words(local(view, row["planned_start_at"])),
            plain_text(row["vendor_name"] or row["vendor_id"], limit=80),
            plain_text(row["contact"], limit=80),
            date_words(row["due_date"]),
            ACKNOWLEDGED_WORDS[row["status"]],
        )
        for row in rows.iter_rows(named=True)
    ]
    columns = ("Change request", "Service", "Planned", "Vendor", "Contact", "Due", "State")
    return pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String), orient="row")


def planned_shades(view: View, services: Sequence[str]) -> list[Shade]:
    """Return planned change requests of services that are still to come, as shades of lanes."""
    as_of = view.build.as_of.astimezone(UTC).replace(tzinfo=None)
    rows = view.known_rows(
        "change_requests", filters={"is_current": True, "service_id": list(services)},
        order="planned_start_at",
    )  # fmt: skip
    if rows.is_empty():
        return []
    coming = rows.filter(
        pl.col("planned_end_at").is_not_null() & (pl.col("planned_end_at") > as_of)
    )
    return [
        Shade(
            word="Planned change request",
            title=f"{row['number'] or ''} {row['title'] or ''}",
            service_id=row["service_id"],
            began=began,
            ended=naive(view, row["planned_end_at"]) or began,
            when=f"{both_words(view, row['planned_start_at'])} to "
            f"{both_words(view, row['planned_end_at'])}",
        )
        for row in coming.iter_rows(named=True)
        if (began := naive(view, row["planned_start_at"])) is not None
    ]


def now_and_next(
    view: View, service: str, *, minutes: int
) -> tuple[Decision, list[tuple[datetime, datetime]]]:
    """Return whether a service may be deployed to production at as-of, and the next free slots."""
    as_of = view.build.as_of.astimezone(UTC)
    rows = view.rows(
        "window_occurrences", filters={"effect": ["deny", "allow"]}, order="starts_at",
        limit=100_000,
        between=("ends_at", as_of.replace(tzinfo=None), (as_of + 2 * REACH).replace(tzinfo=None)),
    )  # fmt: skip
    bound = binding(
        rows.iter_rows(named=True), service_id=service, environment_id="production", known_at=as_of
    )
    decision = decide(bound.openings, as_of, has_allow=bound.has_allow)
    slots = next_slots(
        bound.openings, as_of, as_of + REACH, length=timedelta(minutes=minutes),
        has_allow=bound.has_allow,
    )  # fmt: skip
    return decision, slots


def decision_sentence(decision: Decision, service: str) -> str:
    """Return whether a service may be deployed at as-of, and which window decides it."""
    name = safe_text(service)
    titles = ", ".join(sorted({f'"{safe_text(one.title, limit=60)}"' for one in decision.windows}))
    if decision.reason_code == "blackout":
        return f"{name} is frozen now by {titles}."
    if not decision.is_allowed:
        return f"{name} has allowed times, and none is open now."
    return f"{name} may be deployed now" + (f", inside {titles}." if titles else ".")


def slots_table(view: View, slots: Sequence[tuple[datetime, datetime]]) -> pl.DataFrame:
    """Return free stretches in the report zone and in UTC."""
    listed = [
        (
            both_words(view, begins.replace(tzinfo=None)),
            both_words(view, ends.replace(tzinfo=None)),
        )
        for begins, ends in slots
    ]
    return pl.DataFrame(listed, schema={"From": pl.String, "To": pl.String}, orient="row")


def cost_frame(view: View) -> pl.DataFrame:
    """Return the price of freezes that touch the selection: what waited, and for how long."""
    rows = view.known_rows("freeze_costs", filters=view.selection.filters, order="starts_at")
    if rows.is_empty():
        return rows
    first = datetime.combine(view.selection.since, datetime.min.time())
    after = datetime.combine(view.selection.until, datetime.min.time())
    touching = rows.filter((pl.col("ends_at") > first) & (pl.col("starts_at") < after))
    return (
        touching.group_by("title", "starts_at", "ends_at", "frozen_days")
        .agg(pl.col("change_count").sum(), pl.col("item_days").sum())
        .sort("starts_at", descending=True)
    )


def cost_sentence(costs: pl.DataFrame, *, period: str) -> str:
    """Return what the freezes of a period cost together."""
    if costs.is_empty():
        return f"No merged change waited in a freeze in {period.lower()}."
    days = costs["item_days"].sum()
    return (
        f"Freezes held back {count_words(int(costs['change_count'].sum()), 'merged change')} for "
        f"{days:,.1f} change-days in {period.lower()}."
    )


def costs_table(view: View, costs: pl.DataFrame) -> pl.DataFrame:
    """Return the price of each freeze as words and numbers."""
    listed = [
        (
            plain_text(row["title"] or "freeze", limit=80),
            moment_words(local(view, row["starts_at"])),
            row["frozen_days"], row["change_count"], row["item_days"],
        )
        for row in costs.iter_rows(named=True)
    ]  # fmt: skip
    return pl.DataFrame(
        listed,
        schema={
            "Freeze": pl.String, "Began": pl.String, "Days": pl.Float64,
            "Changes that waited": pl.Int64, "Change-days": pl.Float64,
        },
        orient="row",
    )  # fmt: skip
