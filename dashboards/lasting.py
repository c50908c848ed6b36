"""How long incidents last: the share still not over after any time, the open ones included."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import polars as pl

from dashboards.charts import TICKS, flat_layout, tick_words
from dashboards.theme import Palette
from dashboards.words import HOUR, count_words, duration_words


@dataclass(frozen=True)
class Step:
    """The share that is not over after a time, and how many could still be seen then.

    Units: `seconds` since the beginning; `share` between 0 and 1.
    """

    seconds: float
    share: float
    at_risk: int
    censored: int


def lasting(rows: pl.DataFrame) -> tuple[Step, ...]:
    """Return the product-limit curve of observations: an open row counts until now, not as over.

    Shape: columns observation_id, value (seconds), is_open, exclusion_reason; one step a time at
    which a row ended or was last seen. It is a drawing aid; the published median is the number.
    Source: Kaplan and Meier, JASA 53 (1958) 457.
    """
    if rows.is_empty():
        return ()
    used = (
        rows.filter(pl.col("exclusion_reason").is_null() & (pl.col("value") >= 0))
        .unique("observation_id")
        .select("value", "is_open")
        .sort("value")
    )
    left, share, steps = used.height, 1.0, []
    for (seconds,), group in used.group_by("value", maintain_order=True):
        censored = int(group["is_open"].sum())
        ended = group.height - censored
        share *= 1 - ended / left
        steps.append(Step(float(str(seconds)), share, left, censored))
        left -= group.height
    return tuple(steps)


def lasting_chart(steps: Sequence[Step], *, colours: Palette, median: float | None) -> go.Figure:
    """Return the curve as stairs on a log axis of hours and days; ticks mark open incidents."""
    figure = go.Figure()
    least = max(60.0, min(step.seconds for step in steps) / 1.5)
    xs = [least, *(max(step.seconds, least) for step in steps)]
    hover = [
        f"after {duration_words(step.seconds)}: <b>{step.share * 100:.0f} %</b> not over<br>"
        f"{count_words(step.at_risk, 'incident')} seen that long"
        for step in steps
    ]
    figure.add_scatter(
        x=xs, y=[1.0, *(step.share for step in steps)], mode="lines",
        line={"shape": "hv", "color": colours.neutral, "width": 2},
        text=["", *hover], hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    still = [step for step in steps if step.censored]
    figure.add_scatter(
        x=[max(step.seconds, least) for step in still], y=[step.share for step in still],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 11, "color": colours.bad, "line": {"width": 2}},
        text=[f"{count_words(step.censored, 'incident')} still open after "
              f"{duration_words(step.seconds)}" for step in still],
        hovertemplate="%{text}<extra></extra>", name="open",
    )  # fmt: skip
    flat_layout(figure, colours, height=260, right=16)
    figure.add_hline(y=0.5, line_width=1, line_dash="dot", line_color=colours.faint)
    if median is not None and median > 0:
        figure.add_vline(x=median, line_width=1, line_color=colours.good)
        figure.add_annotation(
            x=math.log10(median), y=1.0, yref="paper", showarrow=False,
            text=f"<b>median {duration_words(median)}</b>", xanchor="left",
            xshift=5, font={"color": colours.good, "size": 13},
        )  # fmt: skip
    most = max(xs[-1], least * 10)
    marks = [mark for mark in TICKS if least <= mark <= most]
    marks = marks[:: max(1, len(marks) // 6)]
    figure.update_xaxes(
        type="log", tickvals=marks, ticktext=[tick_words(mark) for mark in marks],
        range=[math.log10(least), math.log10(most * 1.1)],
    )  # fmt: skip
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%", nticks=5)
    return figure


def lasting_table(steps: Sequence[Step]) -> pl.DataFrame:
    """Return the curve at round times, as words."""
    listed = []
    for seconds in (HOUR / 4, HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 72 * HOUR, 168 * HOUR):
        before = [step for step in steps if step.seconds <= seconds]
        seen = sum(1 for step in steps if step.seconds > seconds)
        share = before[-1].share if before else 1.0
        is_seen = bool(seen) or share == 0
        listed.append(
            (duration_words(seconds), f"{share * 100:.0f} %" if is_seen else "not seen that long")
        )
    return pl.DataFrame(
        listed, schema=dict.fromkeys(("After", "Not over yet"), pl.String), orient="row"
    )
