"""Charts of published rows: one calm theme, direct labels, gaps that stay gaps."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards.reading import Reading
from dashboards.safe_text import chart_text
from dashboards.series import Point
from dashboards.theme import FONT, Palette
from dashboards.words import DAY, HOUR, MINUTE, count_words, duration_words

LOG_FROM = 20.0
CONFIG = {"displayModeBar": False, "responsive": True, "showTips": False}
TICKS = (
    MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR,
    DAY, 2 * DAY, 3 * DAY, 5 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY,
    365 * DAY, 730 * DAY,
)  # fmt: skip


def flat_layout(figure: go.Figure, colours: Palette, *, height: int, right: int = 64) -> go.Figure:
    """Return the figure in the one calm look: no grid, no legend, no background."""
    axis = {
        "showgrid": False,
        "zeroline": False,
        "linecolor": colours.faint,
        "fixedrange": True,
        "automargin": True,
    }
    figure.update_layout(
        height=height, margin={"l": 8, "r": right, "t": 10, "b": 8}, showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", bargap=0.35,
        font={"family": FONT, "size": 12, "color": colours.muted},
        hoverlabel={"bgcolor": colours.paper, "bordercolor": colours.faint,
                    "font": {"family": FONT, "size": 12, "color": colours.ink}},
        xaxis=axis, yaxis=axis | {"linecolor": "rgba(0,0,0,0)"},
    )  # fmt: skip
    return figure


def _value_ticks(values: Sequence[float], unit: str, *, most: int = 4) -> dict[str, object]:
    """Return ticks at round durations or shares; other units keep plotly's own."""
    top = max(values, default=0.0)
    if unit == "ratio" and top > 0:
        return {"tickformat": ".0%", "nticks": most}
    if top <= 0:
        return {"tickvals": [0]}
    if unit != "seconds":
        return {"nticks": most}
    step = next((tick for tick in TICKS if top / tick <= most), TICKS[-1])
    marks = [step * i for i in range(int(top / step) + 1)]
    return {"tickvals": marks, "ticktext": [tick_words(mark) for mark in marks]}


def tick_words(seconds: float) -> str:
    """Return a duration as it stands on an axis."""
    return "0" if seconds == 0 else duration_words(seconds).replace(".0 d", " d")


def _latest_label(point: Point, colour: str, *, is_log: bool) -> dict[str, object]:
    value = point.reading.value or 0.0
    return {
        "x": point.middle, "y": math.log10(value) if is_log else value,
        "text": f"<b>{chart_text(point.value_words())}</b>", "showarrow": False,
        "xanchor": "left", "xshift": 8, "font": {"size": 13, "color": colour},
    }  # fmt: skip


def _bounds(values: Sequence[float], *, unit: str, reach: float) -> tuple[float, float, bool]:
    """Return the ends of the value axis, and whether durations differ so much that it is a log."""
    top = max([*values, reach])
    least = min(values, default=0.0)
    if unit == "seconds" and least > 0 and max(values) / least > LOG_FROM:
        return least / 1.6, max(values) * 1.6, True
    return 0.0, top * 1.12 or 1.0, False


def trend(
    points: Sequence[Point],
    *,
    colours: Palette,
    own_range: tuple[float, float] | None,
    height: int = 150,
    accent: str = "",
) -> go.Figure:
    """Return a line over periods: own range as band, last provisional period hatched.

    Shape: `points` oldest first; a period without a value breaks the line, one with few rows or
    not yet complete has a hollow mark.
    """
    known = [point for point in points if point.reading.is_known]
    values = [point.reading.value or 0.0 for point in known]
    unit = known[-1].reading.unit if known else ""
    low, high, is_log = _bounds(values, unit=unit, reach=own_range[1] if own_range else 0.0)
    figure = go.Figure()
    if own_range is not None:
        ends = [min(max(end, low), high) for end in own_range]
        figure.add_hrect(y0=ends[0], y1=ends[1], fillcolor=colours.band, line_width=0)
    if points and points[-1].reading.is_provisional:
        _hatch(figure, points[-1], colours, low=low, high=high)
    colour = accent or colours.neutral
    hollow = [point.reading.is_provisional or point.reading.is_small for point in points]
    figure.add_scatter(
        x=[point.middle for point in points],
        y=[point.reading.value if point.reading.is_known else None for point in points],
        mode="lines+markers", connectgaps=False, line={"color": colour, "width": 2},
        marker={
            "size": 6, "line": {"width": 1.5, "color": colour},
            "color": [colours.paper if is_hollow else colour for is_hollow in hollow],
        },
        customdata=[point.hover() for point in points],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    label = known[-1].value_words() if known else ""
    flat_layout(figure, colours, height=height, right=16 + 7 * len(label))
    if is_log:
        marks = [tick for tick in TICKS if low < tick < high]
        marks = marks[:: max(1, len(marks) // 3)]
        figure.update_yaxes(
            type="log", range=[math.log10(low), math.log10(high)],
            tickvals=marks, ticktext=[tick_words(mark) for mark in marks],
        )  # fmt: skip
    else:
        figure.update_yaxes(range=[low, high], **_value_ticks([high], unit, most=3))
    _period_axis(figure, points, colours)
    if known:
        figure.add_annotation(**_latest_label(known[-1], accent or colours.ink, is_log=is_log))
    return figure


def _hatch(figure: go.Figure, point: Point, colours: Palette, *, low: float, high: float) -> None:
    figure.add_bar(
        x=[point.middle], y=[high - low], base=[low], hoverinfo="skip",
        width=(point.end - point.start).days * 86_400_000, marker={
            "color": "rgba(0,0,0,0)", "line": {"width": 0},
            "pattern": {"shape": "/", "fgcolor": colours.faint, "size": 5, "solidity": 0.12}},
    )  # fmt: skip


def bars(points: Sequence[Point], *, colours: Palette, height: int = 220) -> go.Figure:
    """Return bars over periods from a zero baseline; provisional bars are hatched."""
    known = [point for point in points if point.reading.is_known]
    figure = go.Figure()
    whole = {"color": colours.neutral}
    partial = {
        "color": "rgba(0,0,0,0)", "line": {"color": colours.neutral, "width": 1},
        "pattern": {"shape": "/", "fgcolor": colours.neutral, "size": 5, "solidity": 0.2},
    }  # fmt: skip
    for marker, is_provisional in ((whole, False), (partial, True)):
        drawn = [point for point in known if point.reading.is_provisional == is_provisional]
        figure.add_bar(
            x=[point.middle for point in drawn], y=[point.reading.value for point in drawn],
            width=[(point.end - point.start).days * 60_000_000 for point in drawn],
            marker=marker, customdata=[point.hover() for point in drawn],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    flat_layout(figure, colours, height=height, right=16)
    figure.update_layout(barmode="overlay")
    unit = known[-1].reading.unit if known else ""
    values = [point.reading.value or 0.0 for point in known]
    figure.update_yaxes(rangemode="tozero", **_value_ticks(values, unit))
    _period_axis(figure, points, colours)
    return figure


def _period_axis(figure: go.Figure, points: Sequence[Point], colours: Palette) -> None:
    if not points:
        return
    days = (points[-1].end - points[0].start).days
    figure.update_xaxes(
        type="date", range=[points[0].start, points[-1].end], nticks=6, ticks="outside", ticklen=3,
        tickformat="%b\n%Y" if days > 200 else "%-d %b", tickcolor=colours.faint,
    )  # fmt: skip


def parts_of_time(
    parts: Sequence[tuple[str, Reading]], *, colours: Palette, height: int = 92
) -> go.Figure:
    """Return one stacked bar of the time spent in each stage, which adds up, largest in colour."""
    spent = [reading.numerator or 0.0 for _, reading in parts]
    total = sum(spent) or 1.0
    figure = go.Figure()
    for (label, reading), length in zip(parts, spent, strict=True):
        is_largest = length == max(spent)
        share = f"{length / total * 100:.0f} %"
        words = chart_text(label)
        figure.add_bar(
            x=[length], y=[""], orientation="h",
            marker={"color": colours.good if is_largest else colours.faint,
                    "line": {"color": colours.paper, "width": 2}},
            text=f"{words.replace(' for ', '<br>for ')}<br>{share}" if length / total > 0.05
            else "",
            textposition="inside", insidetextanchor="middle", textangle=0, cliponaxis=True,
            insidetextfont={"size": 12, "color": colours.paper if is_largest else colours.ink},
            hovertemplate=f"{words}<br><b>{share}</b> of all time<br>"
            f"{count_words(reading.n, 'change')}, {duration_words(reading.mean)} on average"
            "<extra></extra>",
        )  # fmt: skip
    flat_layout(figure, colours, height=height, right=8)
    figure.update_layout(barmode="stack", bargap=0, uniformtext={"minsize": 11, "mode": "hide"})
    figure.update_xaxes(visible=False, range=[0, total])
    figure.update_yaxes(visible=False)
    return figure


def dots(parts: Sequence[tuple[str, Reading]], *, colours: Palette, height: int = 260) -> go.Figure:
    """Return a dot for each median with its interval and p90, on a log scale of hours and days."""
    known = [(label, reading) for label, reading in parts if reading.is_known and reading.value]
    figure = go.Figure()
    ends = [end for _, r in known for end in (r.low, r.value, r.p90) if end and end > 0]
    for label, reading in known:
        low, high = max(reading.low or 0.0, 1.0), reading.high or reading.value
        figure.add_scatter(
            x=[reading.value, reading.p90],
            y=[label, label],
            mode="lines",
            line={"color": colours.faint, "width": 2},
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=[low, high],
            y=[label, label],
            mode="lines",
            line={"color": colours.neutral, "width": 6},
            opacity=0.45,
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[reading.value for _, reading in known], y=[label for label, _ in known],
        mode="markers+text", marker={"size": 10, "color": colours.good},
        text=[duration_words(reading.value) for _, reading in known], textposition="top center",
        textfont={"color": colours.ink}, cliponaxis=False,
        customdata=[f"{count_words(r.n, 'change')}, one in ten over {duration_words(r.p90)}"
                    for _, r in known],
        hovertemplate="%{y}<br><b>%{text}</b> median<br>%{customdata}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[reading.p90 for _, reading in known],
        y=[label for label, _ in known],
        mode="markers",
        marker={"size": 8, "symbol": "line-ns-open", "color": colours.muted},
        hoverinfo="skip",
    )
    flat_layout(figure, colours, height=height, right=24)
    marks = [tick for tick in TICKS if ends and min(ends) / 3 < tick < max(ends) * 3][::2]
    figure.update_xaxes(type="log", tickvals=marks, showgrid=True, gridcolor=colours.band,
                        ticktext=[tick_words(mark) for mark in marks])  # fmt: skip
    figure.update_yaxes(autorange="reversed", type="category", tickfont={"color": colours.ink})
    return figure
