"""Metric catalogue: what one metric means, how it is made, where it stands, and what it is not."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards import definitions as words
from dashboards.catalogue import HEADLINES
from dashboards.explain import explain
from dashboards.safe_text import plain_text, safe_text
from dashboards.view import View
from dashboards.words import DASH, between_words, count_words, value_words
from transforms.published import UnknownTable

TITLE, SECTION, ORDER, URL_PATH = "Metric catalogue", "Data", 1, "catalogue"
MANY = 100
Definition = Mapping[str, Any]


def parameters(known: Mapping[str, Definition]) -> dict[str, Sequence[str]]:
    """Return what this page reads from the address beside the filters, and what it takes there."""
    titles = [plain_text(definition["title"]) for definition in known.values()]
    return {"metric": titles, "bands": ("true", "false")}


def render(view: View) -> None:
    """Draw the page of the metric that the address names."""
    known = view.definitions()
    names = {plain_text(known[name]["title"]): name for name in _ordered(known)}
    title = st.selectbox(
        "Metric", list(names), key="metric", bind="query-params", filter_mode="contains",
        label_visibility="collapsed", width=420,
    )  # fmt: skip
    if title is None:
        st.caption("This build defines no metric; run `leadline build`.")
        return
    metric = names[title]
    definition = known[metric]
    st.markdown(f"#### {safe_text(definition['question'])}")
    standing, meaning = st.columns((4, 5), gap="large")
    with standing:
        _draw_standing(view, metric, unit=definition["unit"])
    with meaning, st.container(gap="xsmall"):
        _draw_meaning(definition)
    cases, limits = st.columns((5, 4), gap="large")
    with cases:
        _draw_list("In odd cases", definition.get("edge_cases"))
    with limits:
        _draw_list("What it does not tell", definition.get("known_limits"))
    _draw_bands(view, metric)
    _draw_changes(view, metric)


def _ordered(known: Mapping[str, Definition]) -> list[str]:
    """Return the metrics of the summary first, then the others by title."""
    first = [spoken.metric for spoken in HEADLINES if spoken.metric in known]
    rest = sorted(set(known) - set(first), key=lambda name: str(known[name]["title"]))
    return [*first, *rest]


def _draw_standing(view: View, metric: str, *, unit: str) -> None:
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
    rows = _rows(view, "metric_baselines", metric, scoped=True).sort("grain")
    st.markdown("**Against its own past**")
    for row in rows.iter_rows(named=True):
        st.markdown(safe_text(words.baseline_sentence(row, unit=unit)))
    if rows.is_empty():
        st.markdown("No month is complete yet, so there is nothing to compare with.")
    st.caption(
        "Better or worse is said only when the whole interval lies outside everything "
        "that the periods before showed, at most twelve."
    )


def _draw_meaning(definition: Definition) -> None:
    said = {name: str(value) for name, value in definition.items()}
    better = {"lower": "Lower is better.", "higher": "Higher is better."}
    st.markdown(f"{safe_text(said['plain_words'], limit=1000)} {better.get(said['direction'], '')}")
    for label, text in (
        ("How it is made", said["formula"]),
        ("Interval", said.get("interval_method", "")),
        ("Day that counts", said["anchor"].capitalize()),
        ("Used by", said.get("used_by", "")),
        ("Comes from", said.get("origin", "")),
        ("Rules", f"{said['source_of_definition']}, version {said['definition_version']}"),
    ):
        if text:
            st.markdown(f"**{label}.** {words.linked_text(text)}")


def _draw_list(label: str, sentences: Sequence[str] | None) -> None:
    if sentences:
        st.subheader(label, anchor=False)
        st.markdown(words.listed(sentences))


def _draw_bands(view: View, metric: str) -> None:
    rows = _rows(view, "metric_bands", metric, scoped=True)
    if rows.is_empty():
        return
    st.subheader("Against DORA's reports", anchor=False)
    if not st.toggle("Show bands and scores by edition", key="bands", bind="query-params"):
        st.caption("Off by default: the own past says more than a survey of other companies.")
        return
    ordered = rows.sort("edition", "grain").iter_rows(named=True)
    st.dataframe(words.bands_table(ordered), hide_index=True, height="content", alt="Bands")
    st.caption(
        "A level is named from 20 rows on and when the whole interval lies in it; 2025 has "
        f"scores from 0 to 10 instead. {safe_text(words.DERIVED_WORDS)}"
    )
    bands = _rows(view, "dora_bands", metric, scoped=False)
    with st.expander(f"{count_words(bands.height, 'range')} as shipped"):
        table = words.published_table(bands.iter_rows(named=True))
        st.dataframe(table, hide_index=True, height="content", alt="Bands as shipped")


def _draw_changes(view: View, metric: str) -> None:
    st.subheader("Changes of the definition", anchor=False)
    rows = _rows(view, "metric_definition_changes", metric, scoped=False)
    table = words.changes_table(rows.iter_rows(named=True))
    st.dataframe(table, hide_index=True, height="content", alt=f"Changes of {metric}")


def _rows(view: View, table: str, metric: str, *, scoped: bool) -> pl.DataFrame:
    """Return a metric's rows of a table; none in a build that is older than the table."""
    scope = dict(zip(("scope", "scope_id"), view.scope, strict=True)) if scoped else {}
    try:
        return view.rows(table, filters={"metric": metric} | scope, order="metric", limit=MANY)
    except UnknownTable:
        return pl.DataFrame(schema=["grain", "edition"])
