"""SQL: ask the published build anything; a query can neither change nor slow down the pages."""

import time
from collections.abc import Mapping, Sequence

import polars as pl
import streamlit as st

from dashboards.access import SQL, may
from dashboards.asking import CHARACTERS, Asked, asked, before, planned
from dashboards.exports import draw_export
from dashboards.incidents import page_link
from dashboards.safe_text import plain_text, safe_link, safe_text
from dashboards.view import View
from dashboards.words import DASH
from transforms.examples import examples
from transforms.sandbox import LIMITS, QueryRefused

TITLE, SECTION, ORDER, URL_PATH = "SQL", "Data", 3, "sql"
USES_FILTERS = False
FIRST = "select title, question, unit, kind\nfrom metric_definitions\norder by title"
_TAKEN = "leadline_example"


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address: any query, or an example."""
    names = [one.name for one in examples()]
    return {"query": None, "plan": ("true", "false"), "example": names}


def render(view: View) -> None:
    """Draw the editor, the answer, its plan on request, and what was asked before."""
    if not may(SQL):
        st.info("Your role asks nothing in SQL; whoever keeps `roles.yml` can change that.")
        return
    st.markdown(
        f"Ask for rows of schema v1: [tables and columns]({page_link(view, 'schema')}), "
        f"[questions to start from]({page_link(view, 'queries')})."
    )
    _take_example()
    with st.form("ask", border=False):
        sql = st.text_area(
            "Query", FIRST, key="query", bind="query-params", height=170, max_chars=CHARACTERS,
            label_visibility="collapsed", placeholder="from services",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            again = st.form_submit_button("Run", type="primary", key="run")
            st.caption(
                f"One SELECT, read-only. It may take {LIMITS.seconds:g} s and "
                f"{LIMITS.memory_bytes / 1e9:g} GB, and shows {LIMITS.rows:,} rows.",
                width="content",
            )
    with st.spinner("Asking", show_time=True):
        shown = asked(view.published, sql or "", again=again, clock=time.perf_counter)
    _draw_answer(view, shown)
    if shown.has_plan:
        _draw_plan(view, shown)
    _draw_before(shown)


def _take_example() -> None:
    """Put the example that the address names into the editor, once; a query there comes first."""
    name = st.query_params.get("example")
    if name == st.session_state.get(_TAKEN) or "query" in st.query_params:
        return
    found = [one.sql for one in examples() if one.name == name]
    if found:
        st.session_state["query"] = found[0]
        st.session_state[_TAKEN] = name


def _draw_answer(view: View, shown: Asked) -> None:
    if shown.answer is None:
        st.warning(safe_text(shown.sentence(), limit=500))
        if shown.detail:
            st.code(shown.detail, language=None, wrap_lines=True)
        return
    frame = shown.answer.frame
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{shown.sentence()}**")
        if not frame.is_empty():
            draw_export(view, frame, name="sql", is_filtered=False)
    if frame.is_empty():
        st.caption("Columns: " + safe_text(", ".join(frame.columns), limit=1000))
        return
    st.dataframe(
        frame,
        hide_index=True,
        height="content" if frame.height <= 12 else 440,
        placeholder=DASH,
        column_config={name: st.column_config.LinkColumn() for name in links(frame)},
        alt=f"Answer of the query: {shown.sentence()}",
    )


def links(frame: pl.DataFrame) -> list[str]:
    """Return the columns that hold nothing but plain https links, which alone may be clicked."""
    return [
        name
        for name, kind in frame.schema.items()
        if kind == pl.String
        and frame[name].is_not_null().any()
        and all(safe_link(url) for url in frame[name].drop_nulls().unique())
    ]


def _draw_plan(view: View, shown: Asked) -> None:
    if not st.toggle("Show the plan", key="plan", bind="query-params"):
        return
    try:
        st.code(planned(view.published, shown), language=None)
    except QueryRefused as error:
        st.warning(safe_text(str(error), limit=500))


def _draw_before(shown: Asked) -> None:
    earlier = [one for one in before() if one.sql != shown.sql]
    if not earlier:
        return
    with st.expander(f"Asked before in this session ({len(earlier)})", key="before"):
        for place, one in enumerate(earlier):
            st.button(
                safe_text(plain_text(one.sql, limit=110)), key=f"before_{place}",
                type="tertiary", on_click=_open_again, args=(one.sql,),
            )  # fmt: skip
            st.caption(safe_text(one.sentence(), limit=200))


def _open_again(sql: str) -> None:
    st.session_state["query"] = sql
