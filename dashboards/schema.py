"""The published schema in words: tables that are found, what one is, and where it comes from."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dashboards.incidents import page_link
from dashboards.safe_text import plain_text, safe_text
from dashboards.view import View
from dashboards.words import DASH, count_words

LAYERS: Mapping[str, str] = {
    "canonical": "records as their sources state them, in one shape",
    "facts": "what happened, judged by the rules",
    "metrics": "numbers by period and scope, and the rows behind them",
    "insights": "what is read off facts and numbers",
    "compatibility": "what other tools would show",
    "controls": "verdicts of controls",
    "quality": "how far the data can be trusted",
    "reference": "tables that are shipped",
}
MOST = 12


def found_tables(tables: pl.DataFrame, columns: pl.DataFrame, words: str) -> pl.DataFrame:
    """Return the tables that have every word in their name, description or one of their columns.

    Shape: the rows of `tables`, those whose name has the first word before the others.
    """
    sought = words.lower().split()
    if not sought:
        return tables
    texts = columns.group_by("table_name").agg(
        pl.concat_str("column_name", pl.col("description").fill_null(""), separator=" ")
        .str.join(" ")
        .alias("texts")
    )
    searched = tables.join(texts, on="table_name", how="left").with_columns(
        pl.concat_str(
            "table_name", pl.col("description").fill_null(""), pl.col("texts").fill_null(""),
            separator=" ",
        ).str.to_lowercase().alias("texts")
    )  # fmt: skip
    for word in sought:
        searched = searched.filter(pl.col("texts").str.contains(word, literal=True))
    is_named = pl.col("table_name").str.contains(sought[0], literal=True)
    return searched.sort(is_named.not_(), "table_name").drop("texts")


def size_words(table: Mapping[str, Any]) -> str:
    """Return what kind of table it is and how much it holds, in one sentence."""
    columns = count_words(table["column_count"], "column")
    layer = LAYERS.get(table["layer"], table["layer"])
    if table["row_count"] is None:
        first = f"A view with {columns}"
    else:
        first = f"A table with {count_words(table['row_count'], 'row')} and {columns}"
    contract = "; every build checks its names and types" if table["is_contract_enforced"] else ""
    return f"{first}{contract}. Layer {safe_text(table['layer'])}: {safe_text(layer)}."


def links_words(view: View, names: Sequence[str]) -> str:
    """Return tables as links to their own place on this page, the tail counted."""
    shown = [f"[{safe_text(name)}]({page_link(view, 'schema', table=name)})" for name in names]
    if len(shown) > MOST:
        shown = [*shown[:MOST], f"and {len(shown) - MOST} more"]
    return ", ".join(shown) or DASH


def columns_table(columns: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of one table as they are listed."""
    return pl.DataFrame(
        [
            {
                "Column": plain_text(row["column_name"]),
                "Type": plain_text(row["data_type"]).lower(),
                "What it holds": plain_text(row["description"]) or DASH,
                "Never empty": "yes" if row["is_required"] else "",
            }
            for row in columns.sort("place").iter_rows(named=True)
        ]
    )


def tables_table(tables: pl.DataFrame) -> pl.DataFrame:
    """Return tables as they are listed."""
    return pl.DataFrame(
        [
            {
                "Table": plain_text(row["table_name"]),
                "One row": plain_text(row["description"]) or DASH,
                "Rows": DASH if row["row_count"] is None else f"{row['row_count']:,}",
                "Layer": plain_text(row["layer"]),
            }
            for row in tables.iter_rows(named=True)
        ]
    )
