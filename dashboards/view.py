"""What a page is given: one build, one selection, and short ways to read both."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from dashboards import reader
from dashboards.reader import Selection
from dashboards.reading import Reading
from dashboards.series import Point
from dashboards.words import names_words
from transforms.published import Between, Build, Explanation, Published, UnknownTable

KNOWN_ROWS = 5000


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
        return reader.definitions(self.published, self.build.build_id)

    def now(self, metric: str) -> Reading:
        """Return a metric over the selected period."""
        return self.window(metric, self.selection.since, self.selection.until)

    def before(self, metric: str) -> Reading | None:
        """Return a metric over the equal period before, None when there is none."""
        if self.selection.before is None:
            return None
        return self.window(metric, self.selection.before, self.selection.since)

    def window(self, metric: str, since: date, until: date) -> Reading:
        """Return a metric over other days than the selected ones."""
        chosen = self.selection
        return reader.window(
            self.published, self.build.build_id, metric, since, until, chosen.team_ids,
            chosen.service_ids,
        )  # fmt: skip

    def team_windows(self, metric: str, since: date, until: date) -> dict[str, Reading]:
        """Return a metric over some days for each team that has rows in them, by its id.

        Empty in a build of before teams could be read together.
        """
        return reader.team_windows(self.published, self.build.build_id, metric, since, until)

    @property
    def scope(self) -> tuple[str, str]:
        """Return scope and its id for the selected service, team or everything."""
        chosen = self.selection
        if chosen.service_ids:
            return "service", chosen.service_ids[0]
        if chosen.team_ids:
            return "team", chosen.team_ids[0]
        return "organisation", "all"

    def points(self, metric: str, *, grain: str, since: date) -> tuple[Point, ...]:
        """Return a metric's periods for the selected service, team or everything."""
        scope, scope_id = self.scope
        return reader.points(
            self.published, self.build.build_id, metric, grain, scope, scope_id, since
        )  # fmt: skip

    def observations(self, metric: str, *, limit: int) -> pl.DataFrame:
        """Return the rows behind a metric for the selection, newest first."""
        build = self.build.build_id
        return reader.observations(self.published, build, metric, self.selection, limit)

    def explain(self, metric: str) -> Explanation:
        """Return what a number of the selection is made of."""
        return reader.explanation(self.published, self.build.build_id, metric, self.selection)

    def table(self, name: str) -> pl.DataFrame:
        """Return one small published table."""
        return reader.table(self.published, self.build.build_id, name)

    def rows(
        self,
        name: str,
        *,
        filters: Mapping[str, Any],
        order: str,
        limit: int,
        between: Between | None = None,
    ) -> pl.DataFrame:
        """Return rows of a published table; `between` gives one column a first and an end."""
        return reader.rows(
            self.published, self.build.build_id, name, filters, order, limit, between
        )

    def all_rows(self, name: str, *, order: str = "") -> pl.DataFrame:
        """Return every row of a published table, read afresh: it may be too large to keep."""
        return self.published.rows(name, order=order or None)

    def all_observations(self, metric: str) -> pl.DataFrame:
        """Return every row behind a metric for the selection, read afresh, newest first."""
        chosen = self.selection
        return self.published.observations(
            metric, since=chosen.since, until=chosen.until, team_ids=chosen.team_ids,
            service_ids=chosen.service_ids,
        )  # fmt: skip

    def known_rows(self, name: str, *, filters: Mapping[str, Any], order: str = "") -> pl.DataFrame:
        """Return rows of a table that builds of before do not have: none then, without columns."""
        try:
            return self.rows(name, filters=filters, order=order, limit=KNOWN_ROWS)
        except UnknownTable:
            return pl.DataFrame()
