"""Figures in a row: what each metric of a page says now, with n, interval and its explanation."""

from collections.abc import Sequence

import streamlit as st

from dashboards.explain import explain
from dashboards.reading import Reading
from dashboards.safe_text import safe_text
from dashboards.view import View
from dashboards.words import DASH, between_words, count_words, figure_words, value_words


def figure_words_of(now: Reading) -> str:
    """Return the value of a reading, or in words why there is none."""
    if now.state == "uncovered":
        return "not read"
    if now.is_open_ended:
        return "not reached"
    if not now.is_known:
        return "no data"
    if now.unit not in ("seconds", "ratio"):
        return figure_words(now.value)
    return value_words(now.value, unit=now.unit, n=now.n)


def evidence_words(now: Reading, *, noun: str) -> str:
    """Return n with its noun, how many are open and the interval, as far as they are known."""
    parts = [count_words(now.n, noun)]
    if now.open_count:
        parts.append(f"{now.open_count:,} still open")
    likely = between_words(now.low, now.high, unit=now.unit, n=now.n)
    if now.is_known and likely != DASH:
        parts.append(f"likely {likely}")
    elif now.is_known:
        parts.append("too few for an interval")
    return " · ".join(parts)


def draw_figures(view: View, metrics: Sequence[tuple[str, str, str]], *, key: str) -> None:
    """Draw one figure for each metric that the build knows: its name, its label, its noun."""
    known = view.definitions()
    with st.container(key=f"figures_{key}"):
        for metric, label, noun in metrics:
            if metric not in known:
                continue
            now = view.now(metric)
            with st.container(border=True, key=f"card_{key}_{metric}", gap=None):
                st.markdown(f"**{safe_text(label)}**")
                st.markdown(f"#### {figure_words_of(now)}")
                st.markdown(evidence_words(now, noun=noun))
                if st.button("Explain this number", key=f"explain_{key}_{metric}", type="tertiary"):
                    explain(view, metric)
