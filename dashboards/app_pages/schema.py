"""Schema: the tables and columns of the published build, what they mean and are made from."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards import schema as words
from dashboards.frame import pages
from dashboards.incidents import page_link
from dashboards.safe_text import safe_text
from dashboards.uses import pages_by_table
from dashboards.view import View
from dashboards.words import DASH, count_words, names_words

TITLE, SECTION, ORDER, URL_PATH = "Schema", "Data", 5, "schema"
USES_FILTERS = False
FIRST = "fct_deployments"


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address: words to look for, and a table."""
    return {"find": None, "table": None}


def render(view: View) -> None:
    """Draw the tables in which the words are found, and one of them in full."""
    tables = view.known_rows("schema_tables", filters={}, order="table_name")
    if tables.is_empty():
        st.markdown("This build was made before its tables were described; run `leadline build`.")
        return
    columns = view.known_rows("schema_columns", filters={}, order="table_name")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sought = st.text_input(
            "Find", key="find", bind="query-params", type="search", live=True, width=420,
            placeholder="Find in names, descriptions and columns",
        )  # fmt: skip
        found = words.found_tables(tables, columns, sought or "")
        names = found["table_name"].to_list()
        chosen = None
        if names:
            chosen = st.selectbox(
                "Table", names, index=names.index(FIRST) if FIRST in names and not sought else 0,
                key="table", bind="query-params", filter_mode="contains", width=420,
            )  # fmt: skip
    if chosen is None:
        st.markdown("No table has these words; try one part of a name, such as `restore`.")
        return
    table = found.row(by_predicate=pl.col("table_name") == chosen, named=True)
    _draw_table(view, table, columns.filter(pl.col("table_name") == chosen))
    st.subheader(f"{count_words(found.height, 'table or view', 'tables and views')}"
                 f"{' found' if sought else ''}", anchor=False)  # fmt: skip
    st.dataframe(words.tables_table(found), hide_index=True, height=360, alt="Tables and views")


def _draw_table(view: View, table: Mapping[str, Any], columns: pl.DataFrame) -> None:
    name = table["table_name"]
    query = page_link(view, "sql", query=f"from {name}\nlimit 100")
    st.markdown(f"#### {safe_text(name)}\n{safe_text(table['description'], limit=1000)}")
    st.markdown(f"{words.size_words(table)} [Open in SQL]({query})")
    listed = words.columns_table(columns)
    st.dataframe(
        listed, hide_index=True, height="content" if listed.height <= 9 else 340,
        column_config={"What it holds": st.column_config.TextColumn(width="large")},
        alt=f"Columns of {name}",
    )  # fmt: skip
    _draw_lineage(view, table)


def _draw_lineage(view: View, table: Mapping[str, Any]) -> None:
    name = table["table_name"]
    metrics = {metric for metric in table["used_by"] if metric in view.definitions()}
    made = [used for used in table["used_by"] if used not in metrics]
    for label, text in (
        ("Made from", words.links_words(view, table["made_from"])),
        ("Read from", safe_text(names_words(table["sources"], most=20))),
        ("Metrics made from it", words.links_words(view, sorted(metrics))),
        ("Tables made from it", words.links_words(view, made)),
        ("Read by pages", safe_text(", ".join(_pages(name)), limit=500)),
        ("Answers for it", safe_text(table["owner"])),
    ):
        if text not in ("", DASH):
            st.markdown(f"**{label}:** {text}")


def _pages(name: str) -> tuple[str, ...]:
    """Return the titles of the pages that read a table; this one only tells of it."""
    others = tuple(page for page in pages() if page.URL_PATH != URL_PATH)
    return pages_by_table(others, frozenset({name})).get(name, ())
