"""Services by a rate, the uncertain ones drawn towards what is usual: rows, picture, table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import plotly.graph_objects as go
import polars as pl

from dashboards.charts import flat_layout
from dashboards.safe_text import chart_text, plain_text
from dashboards.theme import Palette
from dashboards.view import View
from dashboards.words import count_words, date_words, percent_words

SHOWN, ROW_HEIGHT = 15, 24


@dataclass(frozen=True)
class Ranked:
    """One service's rate as it likely is. Units: shares between 0 and 1."""

    service: str
    part: int
    whole: int
    rate: float
    low: float
    high: float
    usual: float
    is_ranked: bool
    first: date
    end: date

    @property
    def words(self) -> str:
        """Return the rate as it is read."""
        return percent_words(self.rate, n=self.whole)


def ranked_rows(view: View, metric: str) -> tuple[Ranked, ...]:
    """Return the services of the view that have a likely rate, the highest first."""
    chosen = view.selection
    filters: dict[str, object] = {"metric": metric}
    if chosen.service_ids:
        filters["service_id"] = list(chosen.service_ids)
    elif chosen.team_ids:
        services = view.table("services")
        owned = services.filter(pl.col("team_id").is_in(list(chosen.team_ids)))
        filters["service_id"] = owned["service_id"].to_list()
    rows = view.known_rows("service_rankings", filters=filters, order="-shrunk_rate")
    return tuple(
        Ranked(
            service=row["service_id"], part=row["numerator"] or 0, whole=row["n"] or 0,
            rate=row["shrunk_rate"], low=row["shrunk_low"], high=row["shrunk_high"],
            usual=row["organisation_rate"], is_ranked=row["unranked_reason"] is None,
            first=row["first_date"], end=row["end_date"],
        )
        for row in rows.iter_rows(named=True)
        if row["shrunk_rate"] is not None
    )  # fmt: skip


def days_words(rows: Sequence[Ranked]) -> str:
    """Return the days that a ranking covers; the period of the page does not change them."""
    last = max(row.end for row in rows) - timedelta(days=1)
    return f"{date_words(min(row.first for row in rows))} to {date_words(last)}"


def ranking_chart(rows: Sequence[Ranked], *, colours: Palette) -> go.Figure:
    """Return a dot and its likely range for each of the first services; clear ones in colour."""
    shown = list(rows[:SHOWN])
    figure = go.Figure()
    usual = shown[0].usual
    figure.add_vline(x=usual, line_width=1, line_dash="dot", line_color=colours.muted)
    tones = [_tone(row, colours) for row in shown]
    labels = [chart_text(row.service, limit=24) for row in shown]
    for row, label, tone in zip(shown, labels, tones, strict=True):
        figure.add_scatter(
            x=[row.low, row.high], y=[label, label], mode="lines", hoverinfo="skip",
            line={"color": tone, "width": 3}, opacity=0.55,
        )  # fmt: skip
    figure.add_scatter(
        x=[row.rate for row in shown], y=labels, mode="markers",
        marker={"size": 9, "color": tones},
        text=[
            f"<b>{label}</b> {row.words}<br>likely {percent_words(row.low, n=row.whole)} to "
            f"{percent_words(row.high, n=row.whole)}<br>{row.part:,} of "
            f"{count_words(row.whole, 'deployment')}"
            for row, label in zip(shown, labels, strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    flat_layout(figure, colours, height=48 + ROW_HEIGHT * len(shown), right=16)
    figure.update_xaxes(
        tickformat=".0%", rangemode="tozero", nticks=6, showgrid=True, gridcolor=colours.band
    )
    figure.update_yaxes(autorange="reversed", type="category", tickfont={"color": colours.ink})
    return figure


def _tone(row: Ranked, colours: Palette) -> str:
    if row.low > row.usual:
        return colours.bad
    return colours.good if row.high < row.usual else colours.neutral


def ranking_table(rows: Sequence[Ranked]) -> pl.DataFrame:
    """Return every service's rate as words, and against what is usual."""
    listed = [
        (
            plain_text(row.service),
            f"{row.part:,} of {row.whole:,}",
            row.words,
            f"{percent_words(row.low, n=row.whole)} to {percent_words(row.high, n=row.whole)}",
            _against(row),
        )
        for row in rows
    ]
    columns = ("Service", "Counted", "Likely rate", "Likely range", "Against the usual")
    return pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String), orient="row")


def _against(row: Ranked) -> str:
    if not row.is_ranked:
        return "too few to say"
    if row.low > row.usual:
        return "clearly higher"
    return "clearly lower" if row.high < row.usual else "no clear difference"
