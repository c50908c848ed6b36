"""Each metric's own limits, its change points and its trend, read and said in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards import charts
from dashboards.series import Point
from dashboards.theme import Palette
from dashboards.view import View
from dashboards.words import count_words, date_words, value_words

TREND_WORDS = {"rising": "Rising", "falling": "Falling", "no_clear_trend": "No clear trend",
               "too_few_points": "Too few periods to say"}  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """One period of a control chart: the range in which the metric moves by itself."""

    start: date
    end: date
    lower: float
    upper: float
    is_firm: bool
    is_beyond: bool
    is_run: bool


@dataclass(frozen=True)
class Change:
    """Since when a metric has had another level. Units: values in the metric's unit."""

    day: date
    earliest: date
    latest: date
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Course:
    """Everything that is known of how one metric moves, of one scope."""

    metric: str
    limits: tuple[Limit, ...]
    changes: tuple[Change, ...]
    trend: str
    target: float | None


def read_courses(view: View, metrics: Sequence[str], *, grain: str) -> dict[str, Course]:
    """Return the course of each metric for the view's scope; empty parts where nothing is known."""
    scope, scope_id = view.scope
    of_scope = {"scope": scope, "scope_id": scope_id}
    limits = _by_metric(
        view.known_rows(
            "control_limits", filters=of_scope | {"grain": grain}, order="period_start_date"
        )
    )
    changes = _by_metric(view.known_rows("change_points", filters=of_scope, order="changed_date"))
    trends = _by_metric(view.known_rows("metric_trends", filters=of_scope | {"grain": grain}))
    goals = read_targets(view)
    return {
        metric: Course(
            metric=metric,
            limits=tuple(_limit(row) for row in limits.get(metric, ())),
            changes=tuple(_change(row) for row in changes.get(metric, ())),
            trend=trends[metric][0]["direction_word"] if metric in trends else "",
            target=goals.get(metric),
        )
        for metric in metrics
    }


def read_targets(view: View) -> dict[str, float]:
    """Return the goal of each metric that has one for the view's scope, in the metric's unit."""
    scope, scope_id = view.scope
    rows = view.known_rows("goals", filters={"scope": scope, "scope_id": scope_id})
    today = view.as_of.date()
    return {
        row["metric"]: row["target_value"]
        for row in rows.iter_rows(named=True)
        if (row["effective_from_date"] or today) <= today <= (row["effective_to_date"] or today)
    }


def _by_metric(rows: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row["metric"], []).append(row)
    return found


def _limit(row: dict[str, Any]) -> Limit:
    return Limit(
        start=row["period_start_date"], end=row["period_end_date"], lower=row["lower"],
        upper=row["upper"], is_firm=bool(row["is_firm"]),
        is_beyond=bool(row["is_beyond_limit"]), is_run=bool(row["is_run_of_8"]),
    )  # fmt: skip


def _change(row: dict[str, Any]) -> Change:
    return Change(
        day=row["changed_date"], earliest=row["earliest_date"], latest=row["latest_date"],
        before=row["value_before"], after=row["value_after"],
    )  # fmt: skip


def change_sentence(change: Change, *, unit: str) -> str:
    """Return a change point in one line: since when, from what to what."""
    known = unit if unit in ("seconds", "ratio") else ""
    values = [value_words(value, unit=known, n=100) for value in (change.before, change.after)]
    note = "" if known else f" ({unit})"
    spread = ""
    if change.earliest != change.latest:
        spread = f" (between {date_words(change.earliest)} and {date_words(change.latest)})"
    return f"since {date_words(change.day)}{spread}: {values[0]} before, {values[1]} after{note}"


def course_sentence(course: Course, *, since: date) -> str:
    """Return the trend of a metric and how many of the shown periods leave its own range."""
    trend = TREND_WORDS.get(course.trend, "Too few periods to say")
    shown = [limit for limit in course.limits if limit.start >= since]
    if not shown:
        return f"{trend}; too few periods for limits."
    beyond = sum(limit.is_beyond for limit in shown)
    run = " Eight or more in a row lie on one side." if any(one.is_run for one in shown) else ""
    if not beyond:
        return f"{trend}; every period is within its own limits.{run}"
    are = "is" if beyond == 1 else "are"
    return f"{trend}; {beyond:,} of {count_words(len(shown), 'period')} {are} beyond limits.{run}"


def course_chart(points: Sequence[Point], course: Course, *, colours: Palette) -> go.Figure:
    """Return a metric over time in its limits; ringed beyond them, a line at each change point."""
    figure = charts.trend(points, colours=colours, own_range=None, height=170)
    shown = [limit for limit in course.limits if points and limit.start >= points[0].start]
    tops = [point.reading.value or 0.0 for point in points if point.reading.is_known]
    is_log = figure.layout.yaxis.type == "log"
    if shown and not is_log:
        top = max([*tops, *(limit.upper for limit in shown if limit.is_firm)], default=0.0)
        figure.update_yaxes(range=[0, top * 1.12 or 1.0])
    for bound in ("upper", "lower"):
        figure.add_scatter(
            x=[day for limit in shown for day in (limit.start, limit.end)],
            y=[getattr(limit, bound) for limit in shown for _ in range(2)],
            mode="lines", line={"width": 0.5, "color": colours.faint},
            fill="tonexty" if bound == "lower" else None, fillcolor=colours.band,
            hoverinfo="skip", name=bound,
        )  # fmt: skip
    beyond = {limit.start for limit in shown if limit.is_beyond}
    ringed = [point for point in points if point.start in beyond and point.reading.is_known]
    figure.add_scatter(
        x=[point.middle for point in ringed], y=[point.reading.value for point in ringed],
        mode="markers", name="beyond", hoverinfo="skip",
        marker={"size": 13, "symbol": "circle-open", "color": colours.bad, "line": {"width": 2}},
    )  # fmt: skip
    for change in course.changes:
        if points and points[0].start <= change.day <= points[-1].end:
            figure.add_vline(x=change.day, line_width=1.5, line_color=colours.good)
    add_target(figure, course.target, colours=colours)
    return figure


def add_target(figure: go.Figure, target: float | None, *, colours: Palette) -> None:
    """Draw a pale dashed line where a goal lies; nothing without a goal."""
    if target is not None:
        figure.add_hline(y=target, line_width=1.5, line_dash="dash", line_color=colours.faint)
