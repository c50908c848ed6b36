"""Charts of the risk model: what gating would capture, calibration, and odds ratios."""

import math
from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go

from dashboards.charts import flat_layout
from dashboards.risk_words import CAPTURES, Row
from dashboards.safe_text import chart_text
from dashboards.theme import Palette
from dashboards.words import clean_number, count_words, percent_words

_RATIO_TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)


def capture_curve(all_months: Row, *, colours: Palette, height: int = 280) -> go.Figure:
    """Return the share of failures captured by the share gated, with Meta's published points.

    Shape: `all_months` is the row of risk_evaluations over all months.
    """
    failed = int(all_months["failed_count"] or 0)
    own = [
        (share, value)
        for share, name, _ in CAPTURES
        if (value := clean_number(all_months[name])) is not None
    ]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip",
        line={"color": colours.faint, "width": 1.5, "dash": "dot"},
    )  # fmt: skip
    low, high = (clean_number(all_months[f"capture_10_{end}"]) for end in ("low", "high"))
    if own and low is not None and high is not None:
        figure.add_scatter(
            x=[0.1, 0.1], y=[low, high], mode="lines", hoverinfo="skip", opacity=0.45,
            line={"color": colours.good, "width": 6},
        )  # fmt: skip
    figure.add_scatter(
        x=[0, *(share for share, _ in own), 1], y=[0, *(value for _, value in own), 1],
        mode="lines", line={"color": colours.good, "width": 2}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=[share for share, _ in own], y=[value for _, value in own], mode="markers",
        marker={"size": 9, "color": colours.good},
        customdata=[percent_words(value, n=failed) for _, value in own],
        hovertemplate="riskiest %{x:.0%}: <b>%{customdata}</b> of the failures<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[share for share, _, _ in CAPTURES], y=[meta for _, _, meta in CAPTURES],
        mode="markers", marker={"size": 10, "symbol": "diamond-open", "color": colours.neutral,
                                "line": {"width": 2}},
        hovertemplate="Meta, riskiest %{x:.0%}: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    flat_layout(figure, colours, height=height, right=16)
    meta_at = 0.77 if own and own[-1][1] > CAPTURES[-1][2] else 0.92
    for text, x, y, side, colour in (
        ("chance", 0.78, 0.73, "left", colours.muted),
        ("◇ Meta, published", 0.53, meta_at, "left", colours.muted),
        ("<b>this model</b>", 0.24, _at(own, 0.24) + 0.07, "right", colours.good),
    ):
        figure.add_annotation(
            text=text, x=x, y=y, showarrow=False, xanchor=side, font={"color": colour}
        )
    figure.update_xaxes(
        range=[0, 1.02], tickvals=[0, 0.05, 0.1, 0.25, 0.5, 1], tickformat=".0%",
        title={"text": "riskiest share that is gated"},
    )  # fmt: skip
    figure.update_yaxes(
        range=[0, 1.08], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%",
        title={"text": "failures among them"},
    )  # fmt: skip
    return figure


def _at(points: Sequence[tuple[float, float]], x: float) -> float:
    """Return the height of the curve through the points, 0 and 1 at x."""
    marks = [(0.0, 0.0), *points, (1.0, 1.0)]
    for (left, low), (right, high) in pairwise(marks):
        if left <= x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return 1.0


def calibration(bins: Sequence[Row], *, colours: Palette, height: int = 280) -> go.Figure:
    """Return how often deployments failed to which a probability was given, with intervals.

    Shape: one row a bin of risk_calibration; on the diagonal both agree.
    """
    top = max([0.1, *(min(1.0, end) for one in bins for end in (one["mean_probability"],
              one["high"] or 0.0))])  # fmt: skip
    figure = go.Figure()
    figure.add_scatter(
        x=[0, top], y=[0, top], mode="lines", hoverinfo="skip",
        line={"color": colours.faint, "width": 1.5, "dash": "dot"},
    )  # fmt: skip
    for one in bins:
        figure.add_scatter(
            x=[one["mean_probability"]] * 2, y=[one["low"], one["high"]], mode="lines",
            line={"color": colours.neutral, "width": 5}, opacity=0.4, hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=[one["mean_probability"] for one in bins], y=[one["failed_share"] for one in bins],
        mode="markers", marker={"size": 9, "color": colours.good},
        customdata=[
            f"{count_words(one['n'], 'deployment')}, {one['failed_count']:,} failed<br>"
            f"likely {percent_words(one['low'], n=one['n'])} to "
            f"{percent_words(one['high'], n=one['n'])}"
            for one in bins
        ],
        hovertemplate="said %{x:.1%}, failed <b>%{y:.1%}</b><br>%{customdata}<extra></extra>",
    )  # fmt: skip
    flat_layout(figure, colours, height=height, right=16)
    reach = min(max([0.05, *(one["mean_probability"] for one in bins)]) * 1.1, 1.02)
    figure.add_annotation(
        text="exact", x=reach, y=min(reach, top), xanchor="right", yanchor="bottom",
        showarrow=False, font={"color": colours.muted},
    )  # fmt: skip
    figure.update_xaxes(
        range=[0, reach], tickformat=".0%", nticks=6, title={"text": "probability said"}
    )
    figure.update_yaxes(
        range=[0, top * 1.06], tickformat=".0%", nticks=5, title={"text": "share that failed"}
    )
    return figure


def odds_ratios(coefficients: Sequence[Row], *, colours: Palette) -> go.Figure:
    """Return a dot with its interval a feature, on a log axis; 1 changes nothing.

    Shape: the kept rows of risk_coefficients, in the order to show. Units: factor of the odds of
    failure for one standard deviation more.
    """
    figure = go.Figure()
    labels = [chart_text(one["title"]) for one in coefficients]
    for one, label in zip(coefficients, labels, strict=True):
        figure.add_scatter(
            x=[one["odds_ratio_low"], one["odds_ratio_high"]], y=[label, label], mode="lines",
            line={"color": colours.neutral, "width": 6}, opacity=0.4, hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=[one["odds_ratio"] for one in coefficients], y=labels, mode="markers+text",
        marker={"size": 10, "color": colours.good}, textposition="top center",
        text=[f"{one['odds_ratio']:.2f}" for one in coefficients], cliponaxis=False,
        textfont={"color": colours.ink},
        customdata=[
            f"{chart_text(one['effect_words'])}<br>likely {one['odds_ratio_low']:.2f} to "
            f"{one['odds_ratio_high']:.2f}"
            for one in coefficients
        ],
        hovertemplate="%{y}: odds <b>%{text}</b> times<br>%{customdata}<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=1, line={"color": colours.faint, "width": 1.5, "dash": "dot"})
    flat_layout(figure, colours, height=70 + 44 * len(coefficients), right=24)
    ends = [end for one in coefficients for end in (one["odds_ratio_low"], one["odds_ratio_high"])]
    low, high = min([0.8, *ends]) / 1.05, max([1.25, *ends]) * 1.05
    marks = [tick for tick in _RATIO_TICKS if low <= tick <= high]
    marks = marks if len(marks) <= 6 else [t for t in marks if t in (0.1, 0.33, 0.5, 1, 2, 3, 5)]
    figure.update_xaxes(
        type="log", range=[math.log10(low), math.log10(high)], tickvals=marks,
        ticktext=[f"{mark:g}" for mark in marks],
        title={"text": "odds of failure: times, for one standard deviation more"},
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", type="category", tickfont={"color": colours.ink})
    return figure
