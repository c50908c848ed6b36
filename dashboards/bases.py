"""Explain a number that a page counts itself: how, of which rows, which were left out and why.

Numbers of the catalogue of metrics have dashboards/explain.py; these have a table and a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import streamlit as st

from dashboards.basis_words import BASES, Words
from dashboards.explain import SHOWN_ROWS, counted_words, selected_words
from dashboards.exports import Rows, draw_export
from dashboards.safe_text import plain_text, safe_text
from dashboards.view import View
from dashboards.words import DASH, moment_words
from transforms.selection import Between, rows_sql

EXPLAIN, REASON = "Explain this number", "left_out_because"


@dataclass(frozen=True)
class Asked:
    """The rows behind a number: which of a table are read; `filters` that a page chose itself."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    between: Between | None = None
    is_filtered: bool = True


def draw_basis(view: View, name: str, asked: Asked, *, key: str = "", label: str = EXPLAIN) -> None:
    """Draw the button that explains a number; its rows are read when somebody asks."""
    if st.button(label, key=f"explain_{key or name}", type="tertiary"):
        words = BASES[name]
        st.dialog(f"{words.title}, explained", width="large")(_draw)(view, name, words, asked)


def draw_foot(
    view: View, name: str, asked: Asked, rows: Rows, *, export: str, key: str = "",
    label: str = EXPLAIN,
) -> None:  # fmt: skip
    """Draw below a list what explains its number and, beside it, what takes its rows away."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"foot_{key or name}"):
        draw_basis(view, name, asked, key=key, label=label)
        draw_export(view, rows, name=export, is_filtered=asked.is_filtered)


def sorted_out(rows: pl.DataFrame, words: Words) -> tuple[pl.DataFrame, int, dict[str, int]]:
    """Return rows with why they are left out, how many count, and how many not by reason."""
    reason = pl.lit(None, dtype=pl.String)
    for said, condition in words.left_out.items():
        reason = pl.when(reason.is_null() & _met(condition)).then(pl.lit(said)).otherwise(reason)
    told = rows.with_columns(reason.alias(REASON))
    counts = dict(told[REASON].value_counts().iter_rows())
    return told, counts.pop(None, 0), counts


def _met(condition: Mapping[str, Any]) -> pl.Expr:
    """Return whether a row has one of the values that are named for each column; None is null."""
    met = pl.lit(True)
    for column, values in condition.items():
        known = [value for value in values if value is not None]
        is_met = pl.col(column).is_in(known)
        met &= (is_met.fill_null(False) | pl.col(column).is_null()) if None in values else is_met
    return met.fill_null(False)


def _draw(view: View, name: str, words: Words, asked: Asked) -> None:
    rows = view.published.rows(words.table, filters=asked.filters, between=asked.between)
    told, included, excluded = sorted_out(rows, words)
    st.markdown(words.meaning)
    st.markdown(f"**How it is made.** {words.formula}")
    st.markdown(f"**Selected.** {_selected(view, asked)}")
    st.markdown(f"**Counted.** {counted_words(included, excluded)}")
    _draw_rows(told if excluded else told.drop(REASON), words)
    draw_export(view, told, name=f"{name}_rows", is_filtered=asked.is_filtered)
    with st.expander("SQL behind this number"):
        st.code(
            rows_sql(words.table, asked.filters, asked.between), language="sql", wrap_lines=True
        )


def _selected(view: View, asked: Asked) -> str:
    if not asked.is_filtered:
        return f"The whole build, as of {moment_words(view.as_of)}; no filter applies."
    if asked.between is not None:
        return selected_words(view)
    chosen = view.selection
    team, service = chosen.team or "all teams", chosen.service or "all services"
    return f"{safe_text(team)}, {safe_text(service)}, of any time up to {moment_words(view.as_of)}."


def _draw_rows(rows: pl.DataFrame, words: Words) -> None:
    if rows.is_empty():
        st.markdown("There are no rows in this selection.")
        return
    first = [column for column in (REASON, *words.columns) if column in rows.columns]
    shown = rows.select(first, pl.exclude(first)).head(SHOWN_ROWS)
    if rows.height > SHOWN_ROWS:
        st.caption(f"The first {SHOWN_ROWS} rows; the download has all of them.")
    shown = shown.with_columns(_cells(column) for column in shown.iter_columns())
    st.dataframe(shown, hide_index=True, height=300, alt=f"Rows behind {safe_text(words.title)}")


def _cells(column: pl.Series) -> pl.Series:
    """Return a column as it is shown: text that is only text, a dash where there is nothing."""
    if column.null_count() == 0 and column.dtype.is_numeric():
        return column
    told = [
        ", ".join(map(str, value)) if isinstance(value, list | pl.Series) else value
        for value in column
    ]
    words = [DASH if value is None else plain_text(str(value)) or DASH for value in told]
    return pl.Series(column.name, words, dtype=pl.String)
