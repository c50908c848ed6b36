"""Data health: whether the sources were read, whether the rows add up, and what the audit says."""

import polars as pl
import streamlit as st

from dashboards import states
from dashboards.bases import Asked, draw_basis, draw_foot
from dashboards.exports import draw_export
from dashboards.restated import (
    MOST_ROWS,
    restated_sentence,
    restated_table,
    since_last_publish,
)
from dashboards.safe_text import plain_text, safe_text
from dashboards.sources import (
    ages,
    changes_sentence,
    changes_table,
    coverage_table,
    error_sentences,
    health_table,
    rows_add_up,
    sources_table,
)
from dashboards.unsent import draw_unsent
from dashboards.view import View
from dashboards.words import count_words

TITLE, SECTION, ORDER, URL_PATH = "Data health", "Overview", 2, "health"
USES_FILTERS = False


def render(view: View) -> None:
    """Draw the page."""
    health = view.table("source_health")
    audit = view.table("audit_results")
    sources = ages(health)
    late = states.late_sentence(sources)
    st.markdown(f"#### {health_sentence(len(sources), late=late)}")
    draw_unsent(view)
    _draw_sources(health)
    if health.height:
        every = Asked(is_filtered=False)
        draw_foot(view, "source_health", every, health, export="source_health")
    _draw_changes(view.table("schema_changes"))
    _draw_coverage(view, view.table("coverage_figures"))
    _draw_restated(view)
    _draw_audit(audit)
    if audit.height:
        draw_export(view, audit, name="audit_results", is_filtered=False)


def health_sentence(sources: int, *, late: str) -> str:
    """Return the page's first sentence: are all sources read in time."""
    if sources == 0:
        return "No source has been read yet; run `leadline sync`."
    return late or f"All {count_words(sources, 'source')} were read in time."


def _draw_sources(health: pl.DataFrame) -> None:
    st.subheader("Sources", anchor=False)
    if health.is_empty():
        st.caption("Nothing has been read. Name a source in `leadline.yml`, then `leadline run`.")
        return
    st.dataframe(
        sources_table(health),
        hide_index=True,
        height="content",
        alt="One row a source: in time or late, last success, lag, last error",
    )
    for sentence in error_sentences(health):
        st.warning(sentence)
    st.subheader("Rows read", anchor=False)
    st.caption(
        "Every row that was read is loaded, a duplicate, or quarantined: the counts add up."
        if rows_add_up(health)
        else "The counts do not add up for the streams marked below; run `leadline doctor`."
    )
    st.dataframe(
        health_table(health),
        hide_index=True,
        height="content",
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in ("Read", "Loaded", "Duplicate", "Quarantined")
        },
        alt="One row a stream: last success, rows read, loaded, duplicate, quarantined",
    )


def _draw_changes(changes: pl.DataFrame) -> None:
    st.subheader("Records that look different", anchor=False)
    st.caption(changes_sentence(changes))
    if changes.is_empty():
        return
    st.dataframe(
        changes_table(changes),
        hide_index=True,
        height="content" if changes.height <= 12 else 400,
        alt="Fields and values of the sources that are new, missing or changed",
    )


def _draw_coverage(view: View, coverage: pl.DataFrame) -> None:
    st.subheader("Coverage", anchor=False)
    if coverage.is_empty():
        st.caption("There are no coverage figures in this build.")
        return
    st.dataframe(
        coverage_table(coverage), hide_index=True, height="content", alt="How much is known"
    )
    draw_basis(view, "coverage_figures", Asked(is_filtered=False))


def _draw_restated(view: View) -> None:
    st.subheader("Restated since the last publish", anchor=False)
    every = view.table("restatements")
    restated = since_last_publish(every, build_id=view.build.build_id)
    st.caption(restated_sentence(restated, earlier=every.height - restated.height))
    if restated.is_empty():
        return
    titles = {name: str(one["title"]) for name, one in view.definitions().items()}
    st.dataframe(
        restated_table(restated, titles=titles),
        hide_index=True,
        height="content" if restated.height <= 12 else 400,
        alt="Numbers of past periods that changed: old, new, cause",
    )
    if restated.height > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS} of {restated.height:,} are shown.")
    draw_export(view, restated, name="restatements", is_filtered=False)


def _draw_audit(audit: pl.DataFrame) -> None:
    st.subheader("Audit of this build", anchor=False)
    if audit.is_empty():
        st.caption("This build holds no audit results; run `leadline build`.")
        return
    passed = audit.filter(pl.col("is_success"))
    warned = audit.filter(~pl.col("is_success") & (pl.col("severity") == "warn"))
    blocked = audit.filter(~pl.col("is_success") & (pl.col("severity") == "block"))
    st.markdown(
        f"{count_words(audit.height, 'check')}: {passed.height} passed, "
        f"{warned.height} warned, {blocked.height} blocked."
    )
    for row in pl.concat([blocked, warned]).iter_rows(named=True):
        _draw_check(row, word="Blocked" if row["severity"] == "block" else "Warned")
    with st.expander(f"{count_words(passed.height, 'check')} passed"):
        st.dataframe(
            passed.select(
                pl.col("table_name").alias("Table"),
                pl.col("column_name").fill_null("").alias("Column"),
                pl.col("expectation").alias("Expectation"),
                pl.col("sql").fill_null("").alias("SQL"),
            ),
            hide_index=True,
            alt="Checks that passed, with their SQL",
        )


def _draw_check(row: dict[str, object], *, word: str) -> None:
    where = f"{row['table_name']}.{row['column_name']}" if row["column_name"] else row["table_name"]
    expected = str(row["expectation"]).replace("_", " ")
    with st.expander(f"{word}: {safe_text(expected)}, {safe_text(str(where))}"):
        st.markdown(
            f"Expected {safe_text(str(row['expected'] or 'no rows'))}, "
            f"found {safe_text(str(row['observed'] or 'some'))}."
        )
        st.code(plain_text(str(row["sql"] or ""), limit=4000), language="sql", wrap_lines=True)
