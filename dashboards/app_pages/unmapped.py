"""Unmapped names: what sources name that the settings do not know, and how many rows it costs."""

import polars as pl
import streamlit as st

from dashboards.exports import draw_export
from dashboards.safe_text import plain_text
from dashboards.view import View
from dashboards.words import count_words, date_words

TITLE, SECTION, ORDER, URL_PATH = "Unmapped names", "Data", 3, "unmapped"
USES_FILTERS = False
COMMAND = "leadline map suggest"
# What a kind of name keeps a row from, in the order of the page.
MEANINGS = {
    "service": "Rows that belong to no service, so that no team's number has them.",
    "repository": "Repositories of no declared service: each counts as a service of its own.",
    "environment": "Environments of unknown tier: what is deployed there counts nowhere.",
    "severity": "Severities that no rule knows: those incidents have none.",
}


def render(view: View) -> None:
    """Draw the page."""
    names = view.known_rows("unmapped_names", filters={})
    st.markdown(f"#### {answer(names)}")
    if names.is_empty():
        return
    st.markdown("Proposals with their reasons, as sections for `leadline.yml`:")
    st.code(COMMAND, language="shell")
    for kind, meaning in MEANINGS.items():
        of_kind = names.filter(pl.col("kind") == kind)
        if of_kind.is_empty():
            continue
        count = of_kind["name"].n_unique()
        st.subheader(f"{kind.capitalize()}: {count_words(count, 'name')}", anchor=False)
        st.caption(meaning)
        st.dataframe(
            table(of_kind),
            hide_index=True,
            height="content" if of_kind.height <= 12 else 400,
            column_config={"Rows": st.column_config.NumberColumn(format="localized")},
            alt=f"One row a name of a {kind}: where it stands, rows, when it was read last",
        )
    draw_export(view, names, name="unmapped_names", is_filtered=False)


def answer(names: pl.DataFrame) -> str:
    """Return the page's first sentence."""
    if not names.width:
        return "This build is older than this page; `leadline build` makes a new one."
    if names.is_empty():
        return "Every name that was read is known."
    rows = int(names["row_count"].sum())
    count = names.select("kind", "name").n_unique()
    return f"{count_words(count, 'name')} in {count_words(rows, 'row')} lead to nothing yet."


def table(names: pl.DataFrame) -> pl.DataFrame:
    """Return the names as a table, those that concern the most rows first."""
    ordered = names.sort(["name_row_count", "name", "named_in"], descending=[True, False, False])
    return pl.DataFrame(
        [
            {
                "Name": plain_text(row["name"]),
                "Named in": plain_text(str(row["named_in"]).replace("_", " ")),
                "Source": plain_text(row["source"]),
                "Rows": row["row_count"],
                "Last read": date_words(row["last_seen_at"]) if row["last_seen_at"] else "",
            }
            for row in ordered.iter_rows(named=True)
        ]
    )
