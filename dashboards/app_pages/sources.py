"""Sources: what can be read from which kind of system, with which rights, and how it was tested."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards.safe_text import plain_text, safe_text
from dashboards.view import View
from dashboards.words import DASH, count_words, names_words

TITLE, SECTION, ORDER, URL_PATH = "Sources", "Data", 2, "sources"
USES_FILTERS = False


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address: any kind may stand there."""
    return {"kind": None}


def render(view: View) -> None:
    """Draw the list of kinds, and the streams of the one that is chosen."""
    streams = view.known_rows("source_streams", filters={}, order="kind")
    if streams.is_empty():
        st.markdown("This build was made before sources were listed; run `leadline build`.")
        return
    kinds = streams.unique("kind", keep="first", maintain_order=True)
    read = streams.filter(pl.col("sources").list.len() > 0)["kind"].unique().to_list()
    st.markdown(
        f"#### {count_words(len(kinds), 'kind of source', 'kinds of source')} can be read, "
        f"{len(read)} of them are read here."
    )
    st.caption("Name what you have in `leadline.yml`; `leadline doctor` says what a token lacks.")
    names = sorted(kinds["kind"].to_list(), key=lambda kind: (kind not in read, kind))
    chosen = st.selectbox(
        "Kind of source", names, key="kind", bind="query-params", filter_mode="contains", width=420
    )
    if chosen is not None:
        _draw_kind(streams.filter(pl.col("kind") == chosen))


def _draw_kind(streams: pl.DataFrame) -> None:
    first = streams.row(0, named=True)
    here = sorted({source for names in streams["sources"].to_list() for source in names})
    st.subheader(plain_text(first["title"])[:1].upper() + plain_text(first["title"])[1:],
                 anchor=False)  # fmt: skip
    for name, text in (
        ("Read here as", names_words(here, most=8) if here else "not configured"),
        ("Rights", first["auth"]),
        ("Limits", first["limits"]),
        ("Tested against", first["tested"]),
    ):
        st.markdown(f"**{name}:** {safe_text(str(text or DASH))}")
    st.dataframe(
        pl.DataFrame([_row(row) for row in streams.iter_rows(named=True)]),
        hide_index=True,
        height="content",
        alt="One row a stream: what a record is, how it is read again, fields that are used",
    )


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Stream": plain_text(row["stream"]),
        "One record": plain_text(row["description"]),
        "Read again": plain_text(row["reading"]),
        "Fields used": plain_text(", ".join(row["fields"]), limit=600) or DASH,
    }
