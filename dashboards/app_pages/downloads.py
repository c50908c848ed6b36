"""Downloads: every published table and metric as a file, and how to read all of them elsewhere."""

from collections.abc import Mapping, Sequence

import polars as pl
import streamlit as st

from dashboards.exports import draw_export
from dashboards.safe_text import plain_text, safe_text
from dashboards.view import View
from dashboards.words import DASH, count_words

TITLE, SECTION, ORDER, URL_PATH = "Downloads", "Data", 6, "downloads"
USES_FILTERS = False
ALL = "All tables"


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address beside the filters: any table may stand."""
    return {"table": None}


def render(view: View) -> None:
    """Draw the page."""
    tables = view.known_rows("schema_tables", filters={}, order="table_name")
    if tables.is_empty():
        st.markdown("#### This build does not say what it publishes; run `leadline build`.")
        return
    stored = tables.filter(pl.col("kind") == "table")
    rows = int(stored["row_count"].sum() or 0)
    st.markdown(
        f"#### {count_words(stored.height, 'table')} with {count_words(rows, 'row')}, and "
        f"{count_words(tables.height - stored.height, 'view')} of them."
    )
    _draw_one(view, tables)
    st.subheader("All tables and metrics", anchor=False)
    st.dataframe(
        tables_words(tables, metrics=set(view.definitions())),
        hide_index=True,
        height=420,
        column_config={"Rows": st.column_config.TextColumn(alignment="right", width=90)},
        alt="One row a table: name, kind, rows, what it holds",
    )
    _draw_elsewhere(view)


def tables_words(tables: pl.DataFrame, *, metrics: set[str]) -> pl.DataFrame:
    """Return one row a table in words; rows of a view are counted only when it is chosen."""
    return pl.DataFrame(
        [
            {
                "Table": row["table_name"],
                "Kind": "metric" if row["table_name"] in metrics else row["kind"],
                "Rows": DASH if row["row_count"] is None else f"{row['row_count']:,}",
                "What it holds": plain_text(row["description"]) or "not described in this build",
            }
            for row in tables.iter_rows(named=True)
        ],
        schema=dict.fromkeys(("Table", "Kind", "Rows", "What it holds"), pl.String),
    )


def _draw_one(view: View, tables: pl.DataFrame) -> None:
    names = tables["table_name"].to_list()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Table", names, key="table", bind="query-params", filter_mode="contains", width=420
        )
        if name is None:
            return
        draw_export(view, lambda: view.all_rows(name), name=name, is_filtered=False)
    row = tables.row(by_predicate=pl.col("table_name") == name, named=True)
    count = view.published.count_rows(name) if row["kind"] == "view" else row["row_count"]
    said = plain_text(row["description"], limit=1000)
    st.markdown(f"**{count_words(count, 'row')}.** {safe_text(said, limit=1000)}")


def _draw_elsewhere(view: View) -> None:
    file = view.published.file
    st.subheader("Read it elsewhere", anchor=False)
    st.markdown(
        "Everything is in one DuckDB file, which is never changed once it is published. "
        "Its schema `v1` is what you may rely on."
    )
    st.code(str(file), language=None, wrap_lines=True)
    st.code(
        f"leadline sql 'select * from fct_deployments' --format parquet --out deployments.parquet\n"
        f"duckdb -readonly '{file}' 'from v1.fct_deployments limit 10'\n"
        f"python -c \"import duckdb; print(duckdb.connect('{file}', read_only=True)"
        ".sql('from v1.fct_deployments limit 10'))\"",
        language="shell",
        wrap_lines=True,
    )
