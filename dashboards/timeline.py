"""The picture of incidents and deployments on one time axis, a lane for each service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import plotly.graph_objects as go

from dashboards.charts import flat_layout
from dashboards.incidents import Incident, cause_words, lasted_words
from dashboards.safe_text import chart_text
from dashboards.theme import Palette
from dashboards.words import moment_words

LANE_HEIGHT, AXIS_HEIGHT = 25, 44
# A bar is drawn at least as long as this share of the axis: an hour in a quarter is no pixel.
LEAST_SHARE = 0.004
HEIGHTS = {1: 0.62, 2: 0.5, 3: 0.38, 4: 0.28}
LEAST_HEIGHT = 0.2


@dataclass(frozen=True)
class Tick:
    """A deployment on the time axis; the instant is in the report zone, without it."""

    deployment_id: str
    service_id: str
    label: str
    state: str
    at: datetime
    when: str = ""
    kind: str = ""
    source_url: str = ""


@dataclass(frozen=True)
class Shade:
    """A freeze or maintenance on the time axis; without a service it holds for all of them."""

    word: str
    title: str
    service_id: str
    began: datetime
    ended: datetime
    when: str
    source_url: str = ""


@dataclass(frozen=True)
class Firing:
    """An alert on the time axis; instants are in the report zone, without it."""

    service_id: str
    name: str
    severity: str
    began: datetime
    ended: datetime
    is_active: bool


@dataclass(frozen=True)
class Axis:
    """The time that is shown, in the report zone; `now` is the build's last instant."""

    first: datetime
    last: datetime
    now: datetime


SYMBOLS = {"ok": "circle", "failed": "circle-open", "rolled_back": "arrow-left"}
STATE_WORDS = {
    "ok": "did not fail",
    "failed": "failed",
    "rolled_back": "was rolled back",
}


def timeline(
    bars: Sequence[tuple[Incident, datetime, datetime, str]],
    ticks: Sequence[Tick],
    *,
    lanes: Sequence[str],
    axis: Axis,
    chosen: str | None,
    suspects: Sequence[str],
    colours: Palette,
    alerts: Sequence[Firing] = (),
    shades: Sequence[Shade] = (),
) -> go.Figure:
    """Return lanes with incident bars above, deployment marks and alerts below each lane's line.

    Shape: `bars` are incidents with start and end on the axis and the start in words; the chosen
    one and the marks of its suspects are in colour, everything else is grey. A mark's customdata
    is its id, what is said when it is pointed at, and whether it is an incident or a deployment.
    """
    figure = go.Figure()
    places = {service: len(lanes) - 1 - at for at, service in enumerate(lanes)}
    for place in places.values():
        figure.add_hline(y=place, line_width=1, line_color=colours.faint, layer="below")
    _add_shades(figure, shades, places, axis=axis, colours=colours)
    _add_bars(figure, bars, places, axis=axis, chosen=chosen, colours=colours)
    for state in SYMBOLS:
        _add_ticks(figure, ticks, places, state=state, suspects=suspects, colours=colours)
    _add_alerts(figure, alerts, places, axis=axis, colours=colours)
    flat_layout(figure, colours, height=AXIS_HEIGHT + LANE_HEIGHT * max(1, len(lanes)), right=12)
    figure.add_vline(x=axis.now, line_width=1.5, line_dash="dot", line_color=colours.ink)
    figure.update_layout(barmode="overlay", bargap=0, hovermode="closest", dragmode=False)
    # Without a mark plotly takes the axis for one of numbers, and draws the lines at no place.
    figure.update_xaxes(
        type="date", range=[axis.first, axis.last], autotickangles=[0], ticks="outside", ticklen=3,
        tickcolor=colours.faint, tickformatstops=[
            {"dtickrange": [None, 86_400_000], "value": "%H:%M<br>%-d %b"},
            {"dtickrange": [86_400_000, None], "value": "%-d %b<br>%Y"},
        ],
    )  # fmt: skip
    figure.update_yaxes(
        range=[-0.5, max(1, len(lanes)) - 0.25], tickvals=list(places.values()),
        ticktext=[chart_text(service, limit=22) for service in places],
        tickfont={"color": colours.ink},
    )  # fmt: skip
    return figure


def _add_shades(
    figure: go.Figure,
    shades: Sequence[Shade],
    places: dict[str, int],
    *,
    axis: Axis,
    colours: Palette,
) -> None:
    """Shade windows over their service's lane, or over all; a line at the top takes the pointer."""
    drawn = [one for one in shades if not one.service_id or one.service_id in places]
    top = max(1, len(places)) - 0.25
    for one in drawn:
        place = places.get(one.service_id)
        low, high = (-0.5, top) if place is None else (place - 0.45, place + 0.7)
        first, last = max(one.began, axis.first), min(one.ended, axis.last)
        figure.add_shape(
            type="rect", x0=first, x1=last, y0=low, y1=high, line_width=0, layer="below",
            fillcolor=colours.band,
        )  # fmt: skip
        figure.add_scatter(
            x=[first, last], y=[high - 0.05] * 2, mode="lines", name="windows",
            line={"color": colours.muted, "width": 3}, hoverinfo="text",
            text=f"<b>{one.word}</b> {chart_text(one.title)}<br>{one.when}",
        )  # fmt: skip


def _add_bars(
    figure: go.Figure,
    bars: Sequence[tuple[Incident, datetime, datetime, str]],
    places: dict[str, int],
    *,
    axis: Axis,
    chosen: str | None,
    colours: Palette,
) -> None:
    least = (axis.last - axis.first) * LEAST_SHARE
    drawn = [
        (one, start, max(end, start + least), places[service], when)
        for one, start, end, when in bars
        for service in one.services
        if service in places
    ]
    figure.add_bar(
        x=[start + (end - start) / 2 for _, start, end, *_ in drawn],
        width=[(end - start) / timedelta(milliseconds=1) for _, start, end, *_ in drawn],
        y=[HEIGHTS.get(one.severity or 9, LEAST_HEIGHT) for one, *_ in drawn],
        base=[place + 0.03 for _, _, _, place, _ in drawn],
        marker={
            "color": [colours.bad if one.incident_id == chosen else colours.neutral
                      for one, *_ in drawn],
            "line": {"width": 0},
        },
        customdata=[
            [one.incident_id, _bar_hover(one, when), "incident"] for one, _, _, _, when in drawn
        ],
        hovertemplate="%{customdata[1]}<extra></extra>",
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
        name="incidents",
    )  # fmt: skip


def _bar_hover(one: Incident, when: str) -> str:
    severity = "" if one.severity is None else f"severity {one.severity}, "
    return (
        f"<b>{chart_text(one.name)}</b><br>{severity}{when}, {lasted_words(one)}<br>"
        f"{chart_text(cause_words(one))}"
    )


def _add_ticks(
    figure: go.Figure,
    ticks: Sequence[Tick],
    places: dict[str, int],
    *,
    state: str,
    suspects: Sequence[str],
    colours: Palette,
) -> None:
    drawn = [tick for tick in ticks if tick.state == state and tick.service_id in places]
    is_suspect = [tick.deployment_id in suspects for tick in drawn]
    figure.add_scatter(
        x=[tick.at for tick in drawn], y=[places[tick.service_id] - 0.2 for tick in drawn],
        mode="markers",
        marker={
            "symbol": SYMBOLS[state],
            "size": [11 if hit else 9 if state == "rolled_back" else 6 for hit in is_suspect],
            "color": [colours.good if hit else colours.muted for hit in is_suspect],
            "line": {"width": 2 if state == "failed" else 0},
        },
        customdata=[
            [tick.deployment_id,
             f"<b>{chart_text(tick.service_id)} {chart_text(tick.label)}</b><br>"
             f"deployed {tick.when or moment_words(tick.at)}<br>{STATE_WORDS[tick.state]}",
             "deployment"]
            for tick in drawn
        ],
        hovertemplate="%{customdata[1]}<extra></extra>", name=state,
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
    )  # fmt: skip


def _add_alerts(
    figure: go.Figure,
    alerts: Sequence[Firing],
    places: dict[str, int],
    *,
    axis: Axis,
    colours: Palette,
) -> None:
    """Draw a thin line under the lane for each alert, at least as long as a bar."""
    least = (axis.last - axis.first) * LEAST_SHARE
    drawn = [one for one in alerts if one.service_id in places]
    if not drawn:
        return
    figure.add_scatter(
        # a gap after every line, so that no two are joined
        x=[at for one in drawn for at in (one.began, max(one.ended, one.began + least), None)],
        y=[at for one in drawn for at in (*[places[one.service_id] - 0.38] * 2, None)],
        mode="lines", line={"color": colours.bad, "width": 2}, name="alerts",
        text=[text for one in drawn for text in (*[_alert_hover(one)] * 2, None)],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _alert_hover(one: Firing) -> str:
    severity = f" ({chart_text(one.severity)})" if one.severity else ""
    end = "still active" if one.is_active else f"to {moment_words(one.ended)}"
    return f"<b>{chart_text(one.name)}</b>{severity}<br>alert from {moment_words(one.began)}, {end}"
