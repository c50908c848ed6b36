"""Example queries: questions that people ask of the published build, and the SQL that answers."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboards.incidents import page_link
from dashboards.safe_text import safe_text
from dashboards.view import View
from dashboards.words import count_words
from transforms.examples import TOPICS, Example, examples

TITLE, SECTION, ORDER, URL_PATH = "Example queries", "Data", 4, "queries"
USES_FILTERS = False


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address: a topic, and words to look for."""
    return {"topic": TOPICS, "find": None}


def render(view: View) -> None:
    """Draw the questions of a topic, or those in which words are found, each with its SQL."""
    known = examples()
    st.markdown(
        f"{count_words(len(known), 'question')} with the SQL that answers each; open one and "
        "change it."
    )
    words = st.text_input(
        "Find", key="find", bind="query-params", type="search", live=True,
        placeholder="Find in all questions and their SQL", label_visibility="collapsed", width=420,
    )  # fmt: skip
    topic = st.pills(
        "Topic", TOPICS, default=TOPICS[0], key="topic", bind="query-params",
        label_visibility="collapsed", disabled=bool(words), required=True,
    )  # fmt: skip
    shown = matching(known, words or "") if words else of_topic(known, topic or TOPICS[0])
    if words:
        st.markdown(
            f"{count_words(len(shown), 'question')} found."
            if shown
            else "No question has these words; try one that a table or column is named by."
        )
    for one in shown:
        _draw(view, one)


def of_topic(known: Sequence[Example], topic: str) -> list[Example]:
    """Return the examples of a topic, in their order."""
    return [one for one in known if one.topic == topic]


def matching(known: Sequence[Example], words: str) -> list[Example]:
    """Return the examples that have every word somewhere, in their order."""
    sought = words.lower().split()
    return [
        one
        for one in known
        if all(
            word in " ".join((one.title, one.question, one.asked_by, one.sql)).lower()
            for word in sought
        )
    ]


def _draw(view: View, one: Example) -> None:
    with st.expander(safe_text(one.question), key=f"example_{one.name}"):
        link = page_link(view, "sql", example=one.name)
        st.markdown(
            f"{safe_text(one.title)}; asked by: {safe_text(one.asked_by)}. [Open in SQL]({link})"
        )
        st.code(one.sql, language="sql", wrap_lines=True)
        st.caption(f"On the command line: `leadline sql --example {one.name}`")
