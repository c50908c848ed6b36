"""Reads of published data for pages, cached by build so that a page never mixes two builds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboards.reading import Reading, reading
from dashboards.series import Point
from dashboards.words import names_words
from transforms.home import Home
from transforms.published import (
    Build,
    Explanation,
    Published,
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


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(_build: Build, path: str) -> Published:
    return open_build(_build)


def published_of_session(home: Home) -> Published | None:
    """Return the build this browser session reads; it stays until the viewer asks for a newer.

    Errors: whatever the published door raises when the build cannot be opened.
    """
    held: Published | None = st.session_state.get(_BUILD_KEY)
    if held is not None:
        return held
    build = current_build(home)
    if build is None:
        return None
    published = _opened(build, str(build.path))
    st.session_state[_BUILD_KEY] = published
    return published


def forget_build() -> None:
    """Let the next run of this session open the newest build."""
    st.session_state.pop(_BUILD_KEY, None)


def newer_build(home: Home, *, shown: str) -> Build | None:
    """Return the build that `current` names when it is not the one shown."""
    build = current_build(home)
    return None if build is None or build.build_id == shown else build


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
    """Return one small table: teams, services, source_health, audit_results, coverage_figures."""
    reads = {
        "teams": _published.teams,
        "services": _published.services,
        "source_health": _published.source_health,
        "audit_results": _published.audit_results,
        "coverage_figures": _published.coverage_figures,
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
) -> pl.DataFrame:
    """Return rows of a published table by equality filters."""
    return _published.rows(name, filters=filters, order=order, limit=limit)


@st.cache_data(max_entries=50, show_spinner=False)
def first_day(_published: Published, build_id: str, metrics: tuple[str, ...]) -> date | None:
    """Return the first day of the months for which any of the metrics is published."""
    known = definitions(_published, build_id)
    starts = [
        _published.metric(name, grain="month", scope="organisation", scope_id="all")[
            "period_start_date"
        ].min()
        for name in metrics
        if name in known
    ]
    return min((start for start in starts if isinstance(start, date)), default=None)


@dataclass(frozen=True)
class View:
    """What a page is given: one build, one selection, and short ways to read both."""

    published: Published
    selection: Selection
    zone: ZoneInfo

    @property
    def build(self) -> Build:
        """Return the build that everything on the page is read from."""
        return self.published.build

    @property
    def as_of(self) -> datetime:
        """Return the build's last instant in the report zone."""
        return self.build.as_of.astimezone(self.zone)

    def of_teams(self, names: tuple[str, ...]) -> "View":
        """Return the same view for the named teams only."""
        frame = self.table("teams").filter(pl.col("name").is_in(list(names)))
        chosen = replace(
            self.selection, team_ids=tuple(frame["team_id"]), team=names_words(names, most=12)
        )
        return replace(self, selection=chosen)

    def definitions(self) -> dict[str, dict[str, Any]]:
        """Return the published definition of every metric by name."""
        return definitions(self.published, self.build.build_id)

    def now(self, metric: str) -> Reading:
        """Return a metric over the selected period."""
        return self.window(metric, self.selection.since, self.selection.until)

    def before(self, metric: str) -> Reading | None:
        """Return a metric over the equal period before, None when there is none."""
        if self.selection.before is None:
            return None
        return self.window(metric, self.selection.before, self.selection.since)

    def window(
        self, metric: str, since: date, until: date, *, team_ids: tuple[str, ...] | None = None
    ) -> Reading:
        """Return a metric over other days, or for other teams, than the selected ones."""
        teams = team_ids or self.selection.team_ids
        service_ids = self.selection.service_ids
        build = self.build.build_id
        return window(self.published, build, metric, since, until, teams, service_ids)

    def points(self, metric: str, *, grain: str, since: date) -> tuple[Point, ...]:
        """Return a metric's periods for the selected service, team or everything."""
        chosen = self.selection
        scope, scope_id = "organisation", "all"
        if chosen.service_ids:
            scope, scope_id = "service", chosen.service_ids[0]
        elif chosen.team_ids:
            scope, scope_id = "team", chosen.team_ids[0]
        return points(
            self.published, self.build.build_id, metric, grain, scope, scope_id, since
        )  # fmt: skip

    def observations(self, metric: str, *, limit: int) -> pl.DataFrame:
        """Return the rows behind a metric for the selection, newest first."""
        build = self.build.build_id
        return observations(self.published, build, metric, self.selection, limit)

    def explain(self, metric: str) -> Explanation:
        """Return what a number of the selection is made of."""
        return explanation(self.published, self.build.build_id, metric, self.selection)

    def table(self, name: str) -> pl.DataFrame:
        """Return one small published table."""
        return table(self.published, self.build.build_id, name)

    def rows(
        self, name: str, *, filters: Mapping[str, Any], order: str, limit: int
    ) -> pl.DataFrame:
        """Return rows of a published table."""
        return rows(self.published, self.build.build_id, name, filters, order, limit)
