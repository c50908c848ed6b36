"""Reads of published data for pages, cached by build so that a page never mixes two builds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from dashboards.reading import Reading, reading
from dashboards.series import Point
from transforms.home import Home
from transforms.published import (
    SCOPED,
    Between,
    Build,
    Explanation,
    Published,
    UnknownTable,
    current_build,
    open_build,
)

_BUILD_KEY = "leadline_published"


@dataclass(frozen=True)
class Selection:
    """What the filters select: half-open local days, teams and services, and their names.

    Units: `since` is included, `until` is not; `before` is the start of the equal period before.
    """

    since: date
    until: date
    before: date | None
    period: str
    team_ids: tuple[str, ...] | None = None
    service_ids: tuple[str, ...] | None = None
    team: str = ""
    service: str = ""
    is_custom: bool = False

    @property
    def filters(self) -> dict[str, list[str]]:
        """Return the chosen teams and services as filters of a table's rows."""
        asked = {"team_id": self.team_ids, "service_id": self.service_ids}
        return {column: list(ids) for column, ids in asked.items() if ids}

    def address(self) -> dict[str, str]:
        """Return the selection as an address names it; `to` is the day after the last."""
        days = {"from": self.since.isoformat(), "to": self.until.isoformat()}
        period = days if self.is_custom else {"period": self.period}
        named = {"team": self.team, "service": self.service, **period}
        return {name: value for name, value in named.items() if value}


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(_build: Build, path: str, scope: str) -> Published:
    return open_build(_build, scope=scope)


def published_of_session(
    home: Home, *, scope: str = "", chosen: Build | None = None
) -> Published | None:
    """Return the build this browser session reads; it stays until the viewer asks for a newer.

    A viewer who is limited to a scope reads its file, whose build has an id of its own, so that
    nothing that is cached by the id is shared with others. `chosen` is an earlier build to look at.
    Errors: whatever the published door raises when the build cannot be opened.
    """
    if chosen is not None:
        return _opened(chosen, str(chosen.path), scope)
    held: tuple[str, Published] | None = st.session_state.get(_BUILD_KEY)
    if held is not None and held[0] == scope:
        return held[1]
    build = current_build(home)
    if build is None:
        return None
    published = _opened(build, str(build.path), scope)
    st.session_state[_BUILD_KEY] = (scope, published)
    return published


def forget_build() -> None:
    """Let the next run of this session open the newest build."""
    st.session_state.pop(_BUILD_KEY, None)


def newer_build(home: Home, *, shown: str) -> Build | None:
    """Return the build that `current` names when it is not the one shown."""
    build = current_build(home)
    return None if build is None or build.build_id == shown.partition(SCOPED)[0] else build


@st.cache_data(max_entries=50, show_spinner=False)
def definitions(_published: Published, build_id: str) -> dict[str, dict[str, Any]]:
    """Return the published definition of every metric by name."""
    return {row["metric"]: row for row in _published.definitions().iter_rows(named=True)}


@st.cache_data(max_entries=2000, show_spinner=False)
def window(
    _published: Published,
    build_id: str,
    metric: str,
    since: date,
    until: date,
    team_ids: tuple[str, ...] | None,
    service_ids: tuple[str, ...] | None,
) -> Reading:
    """Return one metric over any days and filter, read through its table macro."""
    frame = _published.window(
        metric, since=since, until=until, team_ids=team_ids, service_ids=service_ids
    )
    return reading(frame.row(0, named=True))


@st.cache_data(max_entries=200, show_spinner=False)
def team_windows(
    _published: Published, build_id: str, metric: str, since: date, until: date
) -> dict[str, Reading]:
    """Return one metric over any days for each team that has rows in them, in one read."""
    try:
        rows = _published.team_windows(metric, since=since, until=until)
    except UnknownTable:
        return {}
    return {row["scope_id"]: reading(row) for row in rows}


@st.cache_data(max_entries=500, show_spinner=False)
def points(
    _published: Published,
    build_id: str,
    metric: str,
    grain: str,
    scope: str,
    scope_id: str,
    since: date,
) -> tuple[Point, ...]:
    """Return one metric's periods from `since` on, oldest first."""
    frame = _published.metric(metric, grain=grain, scope=scope, scope_id=scope_id, since=since)
    rows = frame.sort("period_start_date").iter_rows(named=True)
    return tuple(
        Point(row["period_start_date"], row["period_end_date"], reading(row)) for row in rows
    )


@st.cache_data(max_entries=200, show_spinner=False)
def observations(
    _published: Published, build_id: str, metric: str, selection: Selection, limit: int
) -> pl.DataFrame:
    """Return the rows behind a metric, newest first."""
    return _published.observations(
        metric,
        since=selection.since,
        until=selection.until,
        team_ids=selection.team_ids,
        service_ids=selection.service_ids,
        limit=limit,
    )


@st.cache_data(max_entries=50, show_spinner=False)
def explanation(
    _published: Published, build_id: str, metric: str, selection: Selection
) -> Explanation:
    """Return what a number is made of: definition, SQL, counts, reasons and rows."""
    return _published.explain(
        metric,
        since=selection.since,
        until=selection.until,
        team_ids=selection.team_ids,
        service_ids=selection.service_ids,
    )


@st.cache_data(max_entries=100, show_spinner=False)
def table(_published: Published, build_id: str, name: str) -> pl.DataFrame:
    """Return one small table as it is published, by its name."""
    reads = {
        "teams": _published.teams,
        "services": _published.services,
        "source_health": _published.source_health,
        "audit_results": _published.audit_results,
        "coverage_figures": _published.coverage_figures,
        "schema_changes": _published.schema_changes,
        "restatements": _published.restatements,
    }
    return reads[name]()


@st.cache_data(max_entries=100, show_spinner=False)
def rows(
    _published: Published,
    build_id: str,
    name: str,
    filters: Mapping[str, Any],
    order: str,
    limit: int,
    between: Between | None = None,
) -> pl.DataFrame:
    """Return rows of a published table by equality filters and the range of one column."""
    return _published.rows(name, filters=filters, between=between, order=order or None, limit=limit)


@dataclass(frozen=True)
class Span:
    """From the first month with anything in it to the end of the last one (not included)."""

    first: date
    last: date


@st.cache_data(max_entries=50, show_spinner=False)
def history(_published: Published, build_id: str, metrics: tuple[str, ...]) -> Span | None:
    """Return the months in which any of the metrics has rows; None when there are none."""
    known = definitions(_published, build_id)
    months = [
        row
        for name in metrics
        if name in known
        for row in _published.metric(
            name, grain="month", scope="organisation", scope_id="all"
        ).iter_rows(named=True)
        if row["n"]
    ]
    if not months:
        return None
    return Span(
        first=min(row["period_start_date"] for row in months),
        last=max(row["period_end_date"] for row in months),
    )
