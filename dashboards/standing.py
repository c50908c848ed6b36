"""Where a metric stands: its value for the selection, and its latest periods against its past."""

import polars as pl
import streamlit as st

from dashboards import definitions as words
from dashboards.explain import explain
from dashboards.safe_text import safe_text
from dashboards.view import View
from dashboards.words import DASH, between_words, value_words
from transforms.published import UnknownTable

MANY = 100


def draw_standing(view: View, metric: str, *, unit: str) -> None:
    """Draw the value with interval and n, and the comparison with its own past."""
    now = view.now(metric)
    value = value_words(now.value, unit=unit, n=now.n) if now.is_known else "no data"
    likely = between_words(now.low, now.high, unit=unit, n=now.n)
    said = f"likely {likely}" if now.is_known and likely != DASH else ""
    still_open = f"{now.open_count:,} open" if now.open_count else ""
    with st.container(border=True, gap="xsmall", key="standing"):
        with st.container(key=f"figure_{metric}"):
            st.markdown(safe_text(value))
        parts = (view.selection.period, said, f"n {now.n:,}", still_open)
        st.markdown(safe_text(" · ".join(part for part in parts if part)))
        if st.button("Explain this number", key=f"explain_{metric}", type="tertiary"):
            explain(view, metric)
        _draw_past(view, metric, unit=unit)


def _draw_past(view: View, metric: str, *, unit: str) -> None:
    rows = rows_of(view, "metric_baselines", metric, scoped=True).sort("grain")
    st.markdown("**Against its own past**")
    for row in rows.iter_rows(named=True):
        st.markdown(safe_text(words.baseline_sentence(row, unit=unit)))
    if rows.is_empty():
        st.markdown("No month is complete yet, so there is nothing to compare with.")
    st.caption(
        "Better or worse is said only when the whole interval lies outside everything "
        "that the periods before showed, at most twelve."
    )


def rows_of(view: View, table: str, metric: str, *, scoped: bool) -> pl.DataFrame:
    """Return a metric's rows of a table; none in a build that is older than the table."""
    scope = dict(zip(("scope", "scope_id"), view.scope, strict=True)) if scoped else {}
    try:
        return view.rows(table, filters={"metric": metric} | scope, order="metric", limit=MANY)
    except UnknownTable:
        return pl.DataFrame(schema=["grain", "edition"])
