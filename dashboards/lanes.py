"""What stands on the lanes of a time axis: deployments, alerts and windows of the calendar."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import polars as pl

from dashboards.incidents import Incident, local
from dashboards.timeline import Axis, Firing, Shade, Tick
from dashboards.view import View
from dashboards.words import moment_words
from transforms.published import UnknownTable

TICKS, ALERTS, WINDOWS = 4000, 2000, 5000
WINDOW_KINDS = {
    "freeze": "Freeze",
    "blackout": "Blackout",
    "maintenance": "Maintenance",
    "downtime": "Downtime",
    "vendor_maintenance": "Maintenance of a vendor",
    "vendor_freeze": "Freeze of a vendor",
}


def naive(view: View, moment: datetime | None) -> datetime | None:
    """Return an instant of the build in the report zone, without the zone, as plotly takes it."""
    zoned = local(view, moment)
    return None if zoned is None else zoned.replace(tzinfo=None)


def both_words(view: View, moment: datetime | None) -> str:
    """Return an instant in the report zone and in UTC: `22 Nov 2026 10:00 (09:00 UTC)`."""
    zoned = local(view, moment)
    if moment is None or zoned is None:
        return moment_words(None)
    if zoned.replace(tzinfo=None) == moment:
        return f"{moment_words(moment)} UTC"
    is_same_day = zoned.date() == moment.date()
    utc = f"{moment:%H:%M}" if is_same_day else moment_words(moment)
    return f"{moment_words(zoned)} {zoned.tzname()} ({utc} UTC)"


def axis_of(view: View) -> Axis:
    """Return the selected days as an axis in the report zone."""
    return Axis(
        first=datetime.combine(view.selection.since, time()),
        last=datetime.combine(view.selection.until, time()),
        now=view.as_of.replace(tzinfo=None),
    )


def bars_of(
    view: View, incidents: Sequence[Incident]
) -> list[tuple[Incident, datetime, datetime, str]]:
    """Return incidents with start and end on the axis, and their start in words."""
    now = view.as_of.replace(tzinfo=None)
    return [
        (
            one,
            naive(view, one.began_at) or now,
            naive(view, one.restored_at) or now,
            both_words(view, one.began_at),
        )
        for one in incidents
    ]


def read_ticks(view: View, services: Sequence[str] | None) -> list[Tick]:
    """Return deployments that reached production in the selection, the newest first."""
    filters: dict[str, object] = {"environment_tier": "production"}
    if services is not None:
        filters["service_id"] = list(services)
    elif view.selection.service_ids:
        filters["service_id"] = list(view.selection.service_ids)
    elif view.selection.team_ids:
        filters["team_id"] = list(view.selection.team_ids)
    rows = view.rows(
        "fct_deployments",
        filters=filters,
        order="-finished_at",
        limit=TICKS,
        between=("finished_date", view.selection.since, view.selection.until),
    )
    ticks = []
    for row in rows.iter_rows(named=True):
        at = naive(view, row["finished_at"])
        if at is None or not row["reached_production"] or row["service_id"] is None:
            continue
        is_bad = "failed" if row["is_failed"] else "ok"
        ticks.append(
            Tick(
                deployment_id=row["deployment_id"],
                service_id=row["service_id"],
                label=row["version"] or row["deployment_id"],
                state="rolled_back" if row["is_rolled_back"] else is_bad,
                at=at,
                when=both_words(view, row["finished_at"]),
                kind=row["kind"] or "",
                source_url=row["source_url"] or "",
            )
        )
    return ticks


def read_alerts(view: View, services: Sequence[str]) -> list[Firing]:
    """Return the alerts that were firing in the selection; builds of before know none."""
    since, until = view.selection.since, view.selection.until
    try:
        rows = view.rows(
            "alerts",
            filters={"service_id": list(services)},
            order="started_at",
            limit=ALERTS,
            between=("last_seen_at", since, view.as_of.date() + timedelta(days=1)),
        )
    except UnknownTable:
        return []
    now = view.as_of.replace(tzinfo=None)
    return [
        Firing(
            service_id=row["service_id"],
            name=row["name"] or "alert",
            severity=row["severity"] or "",
            began=began,
            ended=naive(view, row["ended_at"]) or now,
            is_active=row["ended_at"] is None,
        )
        for row in rows.iter_rows(named=True)
        if (began := naive(view, row["started_at"])) and began.date() <= until
    ]


def selected_services(view: View) -> list[str] | None:
    """Return the services of the selection, None of everything."""
    if view.selection.service_ids:
        return list(view.selection.service_ids)
    if view.selection.team_ids:
        services = view.table("services")
        mine = services.filter(pl.col("team_id").is_in(list(view.selection.team_ids)))
        return list(mine["service_id"])
    return None


def read_windows(view: View, *, ahead: timedelta = timedelta()) -> list[Shade]:
    """Return freezes and maintenances that touch the selection, recurring ones each time.

    `ahead` looks that far beyond as-of. A window that was moved or withdrawn before it began is
    left out. Builds of before know no recurring windows; allowed times are usual and not drawn.
    """
    axis = axis_of(view)
    last = max(axis.last, axis.now + ahead) if ahead else axis.last
    chosen = selected_services(view)
    shades = []
    for row in _windows(view, first=axis.first, last=last):
        began, ended = naive(view, row["starts_at"]), naive(view, row["ends_at"])
        if began is None or ended is None or began >= last or ended <= axis.first:
            continue
        shades += [
            Shade(
                word=WINDOW_KINDS[row["kind"]],
                title=row["title"] or "",
                service_id=service or "",
                began=began,
                ended=ended,
                when=f"{both_words(view, row['starts_at'])} to {both_words(view, row['ends_at'])}",
                source_url=row["source_url"] or "",
            )
            for service in row["service_ids"]
            if service is None or chosen is None or service in chosen
        ]
    return shades


def _windows(view: View, *, first: datetime, last: datetime) -> list[dict[str, Any]]:
    """Return the windows that are drawn, each with its services; a lone None is all of them."""
    slack = timedelta(days=1)
    try:
        rows = view.rows(
            "window_occurrences",
            filters={"kind": list(WINDOW_KINDS)},
            order="starts_at",
            limit=WINDOWS,
            between=("ends_at", first - slack, last + timedelta(days=800)),
        )
    except UnknownTable:
        return _single_windows(view)
    return [
        row | {"service_ids": [None] if row["service_ids"] is None else row["service_ids"]}
        for row in rows.iter_rows(named=True)
        if row["starts_at"] < last + slack
        and (row["known_to"] is None or row["known_to"] > row["starts_at"])
    ]


def _single_windows(view: View) -> list[dict[str, Any]]:
    rows = view.known_rows("calendar_windows", filters={"is_current": True}, order="starts_at")
    return [
        row | {"service_ids": [row["service_id"]]}
        for row in rows.iter_rows(named=True)
        if row["kind"] in WINDOW_KINDS and not row["is_deleted"]
    ]
