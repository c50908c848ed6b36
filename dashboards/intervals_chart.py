"""A dot and its interval for each row, labelled above the line so that a phone has room for it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboards.safe_text import chart_text
from dashboards.theme import FONT, Palette

ROW = 40


@dataclass(frozen=True)
class Interval:
    """One row: a value between two ends; None for a value or an end that is beyond any bound.

    Rows of a group follow each other, below its name.
    """

    label: str
    value: float | None
    low: float
    high: float | None
    words: str
    is_clear: bool
    group: str = ""


def intervals(
    rows: Sequence[Interval], *, colours: Palette, equal: float, is_ratio: bool, sides: str
) -> go.Figure:
    """Return dots with intervals around a line of no difference, the clear ones in colour.

    `equal` is where nothing differs; ratios have a log axis. `sides` says what left and right mean.
    """
    low, high = _bounds(rows, equal=equal, is_ratio=is_ratio)
    lines = sum(1 for _, is_first in _grouped(rows) if is_first) + len(rows)
    figure, y = go.Figure(), lines
    figure.add_vline(x=equal, line={"color": colours.muted, "width": 1, "dash": "dot"})
    for row, is_first in _grouped(rows):
        if is_first:
            group = f"<b>{chart_text(row.group)}</b>"
            _label(figure, group, y=y, colour=colours.muted, paper=colours, lift=2)
            y -= 1
        colour = colours.neutral
        if row.is_clear:
            colour = colours.bad if row.low > equal else colours.good
        _draw(figure, row, y=y, ends=(low, high), colour=colour)
        for text, anchor in ((row.label, "left"), (row.words, "right")):
            said = f"<b>{chart_text(text)}</b>" if row.is_clear else chart_text(text)
            ink = colours.ink if anchor == "left" else colour
            _label(figure, said, y=y, colour=ink, paper=colours, anchor=anchor)
        y -= 1
    _frame(figure, colours, count=lines, ends=(low, high), is_ratio=is_ratio, sides=sides)
    return figure


def _grouped(rows: Sequence[Interval]) -> Iterator[tuple[Interval, bool]]:
    """Return each row, and whether the name of its group stands above it."""
    before = ""
    for row in rows:
        yield row, row.group not in ("", before)
        before = row.group


def _draw(
    figure: go.Figure, row: Interval, *, y: int, ends: tuple[float, float], colour: str
) -> None:
    low, high = ends
    reach = [max(row.low, low), min(row.high if row.high is not None else high, high)]
    figure.add_scatter(
        x=reach, y=[y, y], mode="lines", line={"color": colour, "width": 3},
        opacity=1.0 if row.is_clear else 0.55, hoverinfo="skip",
    )  # fmt: skip
    if row.value is None:
        return
    figure.add_scatter(
        x=[min(max(row.value, low), high)], y=[y], mode="markers",
        marker={"size": 9, "color": colour},
        hovertemplate=f"{chart_text(row.label)}<br><b>{chart_text(row.words)}</b><extra></extra>",
    )  # fmt: skip


def _label(
    figure: go.Figure, text: str, *, y: int, colour: str, paper: Palette, anchor: str = "left",
    lift: int = 14,
) -> None:  # fmt: skip
    figure.add_annotation(
        x=0.0 if anchor == "left" else 1.0, y=y, xref="paper", yref="y", yshift=lift,
        xanchor=anchor, showarrow=False, text=text, font={"size": 12, "color": colour},
        bgcolor=paper.paper, borderpad=1,
    )  # fmt: skip


def _bounds(rows: Sequence[Interval], *, equal: float, is_ratio: bool) -> tuple[float, float]:
    """Return the ends of the axis: everything that is finite, and the line of no difference."""
    ends = [end for row in rows for end in (row.low, row.high, row.value) if end is not None]
    if is_ratio:
        known = [end for end in ends if end > 0]
        return min([*known, equal]) / 1.5, max([*known, equal]) * 1.5
    reach = max((abs(end - equal) for end in ends), default=0.0) * 1.05 or 1.0
    return equal - reach, equal + reach


def _frame(
    figure: go.Figure, colours: Palette, *, count: int, ends: tuple[float, float],
    is_ratio: bool, sides: str,
) -> None:  # fmt: skip
    figure.update_layout(
        height=ROW * count + 64, margin={"l": 4, "r": 4, "t": 12, "b": 8}, showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 12, "color": colours.muted},
        hoverlabel={"bgcolor": colours.paper, "bordercolor": colours.faint,
                    "font": {"family": FONT, "size": 12, "color": colours.ink}},
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[0.4, count + 0.75], fixedrange=True)
    axis = {"showgrid": True, "gridcolor": colours.band, "zeroline": False, "fixedrange": True,
            "title": {"text": sides, "font": {"size": 12}}, "automargin": True}  # fmt: skip
    if is_ratio:
        marks = [
            mark for mark in (0.01, 0.1, 1, 10, 100, 1_000, 10_000) if ends[0] <= mark <= ends[1]
        ]
        figure.update_xaxes(
            type="log", range=[math.log10(end) for end in ends], tickvals=marks,
            ticktext=[f"{mark:,g}x" for mark in marks], **axis,
        )  # fmt: skip
    else:
        figure.update_xaxes(range=list(ends), tickformat="d", nticks=5, **axis)
