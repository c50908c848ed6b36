"""Incidents of a selection with their probable causes, one row an incident, and their list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from dashboards.reasons import ATTRIBUTIONS, chance_words
from dashboards.safe_text import plain_text, safe_link
from dashboards.view import View
from dashboards.words import DASH, duration_words, moment_words

READ_ROWS = 5000
COLUMNS = ("Source", "Incident", "Probable cause", "Severity", "Began", "Lasted")


@dataclass(frozen=True)
class Incident:
    """One incident that counts, and what probably caused it.

    Units: instants are naive, UTC; `services` are those of the selection.
    """

    incident_id: str
    services: tuple[str, ...]
    number: str
    title: str
    severity: int | None
    attribution: str
    basis: str
    is_explained: bool
    is_open: bool
    top: str
    top_service: str | None
    top_event_id: str | None
    top_probability: float
    none_probability: float | None
    began_at: datetime
    restored_at: datetime | None
    source_url: str | None

    @property
    def name(self) -> str:
        """Return number and title as they are said."""
        return f"{self.number} {self.title}".strip() or self.incident_id


def read_incidents(view: View) -> tuple[Incident, ...]:
    """Return the incidents of the view's selection, the newest first.

    Errors: UnknownTable when the build is older than the causes of incidents.
    """
    chosen = view.selection
    frame = view.rows(
        "incident_explanations",
        filters=chosen.filters,
        order="-impact_started_at",
        limit=READ_ROWS,
        between=("impact_started_date", chosen.since, chosen.until),
    )
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        grouped.setdefault(row["incident_id"], []).append(row)
    return tuple(_incident(rows) for rows in grouped.values())


def _incident(rows: Sequence[dict[str, Any]]) -> Incident:
    row = rows[0]
    return Incident(
        incident_id=row["incident_id"],
        services=tuple(sorted({one["service_id"] for one in rows if one["service_id"]})),
        number=row["number"] or "",
        title=row["title"] or "",
        severity=row["severity"],
        attribution=row["attribution"],
        basis=row["basis"],
        is_explained=bool(row["is_explained"]),
        is_open=bool(row["is_open"]),
        top=row["top_label"] or "",
        top_service=row["top_service_id"],
        top_event_id=row["top_change_event_id"],
        top_probability=row["top_probability"] or 0.0,
        none_probability=row["none_probability"],
        began_at=row["impact_started_at"],
        restored_at=row["restored_at"],
        source_url=row["source_url"],
    )


def local(view: View, moment: datetime | None) -> datetime | None:
    """Return an instant of the build in the report zone."""
    return None if moment is None else moment.replace(tzinfo=UTC).astimezone(view.zone)


def lasted_words(one: Incident) -> str:
    """Return how long an incident lasted, or that it is open."""
    if one.is_open or one.restored_at is None:
        return "still open" if one.is_open else DASH
    return duration_words((one.restored_at - one.began_at).total_seconds())


def cause_words(one: Incident) -> str:
    """Return the probable cause of an incident with its probability, in a few words."""
    if one.attribution == "deployment":
        name = plain_text(f"{one.top_service} {one.top}", limit=60)
        return f"{chance_words(one.top_probability)} {name}"
    if one.basis == "no_candidate":
        return "nothing deployed before it"
    if one.attribution == "not_deployment":
        return f"{chance_words(one.none_probability)} no deployment"
    if one.top_probability:
        name = plain_text(f"{one.top_service} {one.top}", limit=60)
        return f"unsure, most {chance_words(one.top_probability)} {name}"
    return ATTRIBUTIONS["unsure"]


def list_frame(view: View, incidents: Sequence[Incident]) -> pl.DataFrame:
    """Return the list of incidents as words, its first column the link to the source."""
    listed = [
        (
            safe_link(one.source_url) or "",
            plain_text(one.name, limit=120),
            cause_words(one),
            DASH if one.severity is None else f"{one.severity}",
            moment_words(local(view, one.began_at)),
            lasted_words(one),
        )
        for one in incidents
    ]
    return pl.DataFrame(listed, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")


def lanes_of(
    incidents: Sequence[Incident], chosen: Incident | None, *, most: int
) -> tuple[tuple[str, ...], int]:
    """Return the services that get a lane, and how many more have incidents.

    The chosen incident's services and its most probable cause's come first, then the services
    with the most incidents.
    """
    counts: dict[str, int] = {}
    for one in incidents:
        for service in one.services:
            counts[service] = counts.get(service, 0) + 1
    ranked = sorted(counts, key=lambda service: (-counts[service], service))
    first: list[str] = []
    if chosen is not None:
        first += chosen.services
        if chosen.top_service and chosen.attribution != "not_deployment":
            first.append(chosen.top_service)
    ordered = list(dict.fromkeys([*first, *ranked]))
    return tuple(ordered[:most]), max(0, len(ordered) - most)


def page_link(view: View, page: str, **parameters: str) -> str:
    """Return the address of a page that keeps the filters of this one."""
    kept = view.selection.address()
    if "period" in parameters:
        kept = {name: value for name, value in kept.items() if name not in ("from", "to")}
    # Who looks back at an earlier build goes on doing so.
    looked_back = {"build": st.query_params.get("build", "")}
    named = {**kept, **looked_back, **parameters}
    asked = {name: value for name, value in named.items() if value}
    return f"{page}?{urlencode(asked)}"


def hour_around(moment: datetime) -> tuple[datetime, datetime]:
    """Return the instants an hour before and after one."""
    return moment - timedelta(hours=1), moment + timedelta(hours=1, microseconds=1)
