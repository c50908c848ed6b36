"""Metric catalogue: what one metric means, how it is made, where it stands, and what it is not."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import definitions as words
from dashboards.catalogue import HEADLINES
from dashboards.exports import draw_export
from dashboards.safe_text import plain_text, safe_text
from dashboards.standing import draw_standing, rows_of
from dashboards.view import View
from dashboards.words import count_words

TITLE, SECTION, ORDER, URL_PATH = "Metric catalogue", "Data", 1, "catalogue"
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
        draw_standing(view, metric, unit=definition["unit"])
    with meaning, st.container(gap="xsmall"):
        _draw_meaning(definition)
    cases, limits = st.columns((5, 4), gap="large")
    with cases:
        _draw_list("In odd cases", definition.get("edge_cases"))
    with limits:
        _draw_list("What it does not tell", definition.get("known_limits"))
    _draw_bands(view, metric)
    _draw_changes(view, metric)
    draw_export(
        view,
        lambda: view.all_rows(metric, order="period_start_date"),
        name=metric,
        is_filtered=False,
    )


def _ordered(known: Mapping[str, Definition]) -> list[str]:
    """Return the metrics of the summary first, then the others by title."""
    first = [spoken.metric for spoken in HEADLINES if spoken.metric in known]
    rest = sorted(set(known) - set(first), key=lambda name: str(known[name]["title"]))
    return [*first, *rest]


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
    rows = rows_of(view, "metric_bands", metric, scoped=True)
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
    bands = rows_of(view, "dora_bands", metric, scoped=False)
    with st.expander(f"{count_words(bands.height, 'range')} as shipped"):
        table = words.published_table(bands.iter_rows(named=True))
        st.dataframe(table, hide_index=True, height="content", alt="Bands as shipped")


def _draw_changes(view: View, metric: str) -> None:
    st.subheader("Changes of the definition", anchor=False)
    rows = rows_of(view, "metric_definition_changes", metric, scoped=False)
    table = words.changes_table(rows.iter_rows(named=True))
    st.dataframe(table, hide_index=True, height="content", alt=f"Changes of {metric}")
