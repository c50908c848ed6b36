"""A chart with its title, its text for people who cannot see it, and its table."""

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from dashboards.charts import CONFIG
from dashboards.safe_text import safe_text
from dashboards.series import Point
from dashboards.words import between_words, date_words, value_words


def points_table(points: Sequence[Point]) -> pl.DataFrame:
    """Return the rows of a chart as words, newest first."""
    return pl.DataFrame(
        [
            {
                "From": date_words(point.start),
                "Value": _value(point),
                "Likely": between_words(
                    point.reading.low, point.reading.high,
                    unit=point.reading.unit, n=point.reading.n,
                ),
                "n": f"{point.reading.n:,}",
                "Note": "provisional" if point.reading.is_provisional else "",
            }
            for point in reversed(points)
        ],
        schema=dict.fromkeys(("From", "Value", "Likely", "n", "Note"), pl.String),
    )  # fmt: skip


def _value(point: Point) -> str:
    if not point.reading.is_known:
        return "no data"
    return value_words(point.reading.value, unit=point.reading.unit, n=point.reading.n)


def described(title: str, points: Sequence[Point]) -> str:
    """Return what a chart over time shows, in one or two sentences."""
    known = [point for point in points if point.reading.is_known]
    if not known:
        return f"{title}: no data in this time."
    first, last = known[0], known[-1]
    return (
        f"{title} from {date_words(first.start)} to {date_words(last.start)}: "
        f"first {_value(first)}, last {_value(last)}, {len(known)} of {len(points)} periods known."
    )


def draw_picture(
    figure: go.Figure,
    points: Sequence[Point],
    *,
    title: str,
    key: str,
    as_table: bool,
    mark: str = "",
) -> None:
    """Draw a chart over time under its title, or the same rows as a table."""
    with st.container(key=f"picture_{key}", gap=None):
        st.markdown(f"**{safe_text(title)}** {mark}")
        if not any(point.reading.is_known for point in points):
            st.caption("No data in this time.")
        elif as_table:
            frame = points_table(points)
            st.dataframe(frame, hide_index=True, height=220, alt=f"{title} as a table")
        else:
            st.plotly_chart(
                figure, theme=None, config=CONFIG, key=f"chart_{key}",
                alt=described(title, points),
            )  # fmt: skip
