"""Explain this number: definition, formula, filters, rows counted and left out, rows, SQL."""

from urllib.parse import quote

import polars as pl
import streamlit as st

from dashboards.catalogue import reason_words
from dashboards.exports import draw_export
from dashboards.safe_text import plain_text, safe_link, safe_text
from dashboards.view import View
from dashboards.words import count_words, date_words, moment_words, value_words

SHOWN_ROWS = 500


def explain(view: View, metric: str, *, teams: tuple[str, ...] = ()) -> None:
    """Open the explanation of one metric for the view's selection, or for some of its teams."""
    if teams:
        view = view.of_teams(teams)
    title = plain_text(view.definitions()[metric]["title"])
    st.dialog(f"{safe_text(title)}, explained", width="large")(_draw)(view, metric)


def draw_explain(view: View, metric: str, *, key: str) -> None:
    """Draw the button that explains a metric."""
    if st.button("Explain this number", key=f"explain_{key}_{metric}", type="tertiary"):
        explain(view, metric)


def _draw(view: View, metric: str) -> None:
    found = view.explain(metric)
    definition = view.definitions()[metric]
    st.markdown(safe_text(definition["plain_words"], limit=1000))
    st.markdown(f"**How it is made.** {safe_text(definition['formula'], limit=1000)}")
    st.markdown(
        f"**Definition.** {safe_text(definition['source_of_definition'])}, "
        f"version {safe_text(definition['definition_version'])}; "
        f"a row belongs to the day of: {safe_text(definition['anchor'])}."
    )
    page = f"catalogue?metric={quote(plain_text(definition['title']))}"
    st.markdown(f"[Odd cases, limits, its own past and its changes]({page})")
    st.markdown(f"**Selected.** {selected_words(view)}")
    st.markdown(f"**Counted.** {counted_words(found.included_count, found.excluded_by_reason)}")
    _draw_rows(view, metric, found.rows, unit=definition["unit"])
    with st.expander("SQL behind this number"):
        st.code(found.sql, language="sql", wrap_lines=True)


def selected_words(view: View) -> str:
    """Return the filters of a view in words."""
    chosen = view.selection
    team = safe_text(chosen.team) if chosen.team else "all teams"
    service = safe_text(chosen.service) if chosen.service else "all services"
    zone = safe_text(str(view.zone))
    return (
        f"{date_words(chosen.since)} up to {date_words(chosen.until)} (not included, days in "
        f"{zone}), {team}, {service}, as of {moment_words(view.as_of)}."
    )


def counted_words(included: int, excluded: dict[str, int]) -> str:
    """Return how many rows make the number and how many were left out, by reason."""
    counted = f"{count_words(included, 'row')} counted"
    if not excluded:
        return f"{counted}; none left out."
    reasons = [
        f"{count:,} {safe_text(reason_words(reason))}" for reason, count in sorted(excluded.items())
    ]
    return f"{counted}; {sum(excluded.values()):,} left out: {'; '.join(reasons)}."


def rows_frame(rows: pl.DataFrame, *, unit: str) -> pl.DataFrame:
    """Return rows as they are listed: link first, text in plain words, no missing value."""
    listed = [
        {
            "Source": safe_link(row["source_url"]) or "",
            "What": plain_text(row["label"]),
            "When (UTC)": moment_words(row["anchor_at"]),
            "Value": _row_value(row, unit=unit),
            "Service": plain_text(row["service_id"]),
            "Left out because": reason_words(row["exclusion_reason"] or ""),
        }
        for row in rows.iter_rows(named=True)
    ]
    columns = ("Source", "What", "When (UTC)", "Value", "Service", "Left out because")
    frame = pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String))
    has_reasons = (frame["Left out because"] != "").any()
    return frame if has_reasons else frame.drop("Left out because")


def _row_value(row: dict[str, object], *, unit: str) -> str:
    if row["is_open"]:
        return "still open"
    if unit == "ratio":
        return "yes" if row["is_numerator"] else "no"
    value = row["value"]
    return value_words(value if isinstance(value, int | float) else None, unit=unit, n=1)


def _draw_rows(view: View, metric: str, rows: pl.DataFrame, *, unit: str) -> None:
    if rows.is_empty():
        st.markdown("There are no rows in this selection.")
        return
    if rows.height >= SHOWN_ROWS:
        st.caption(f"The newest {SHOWN_ROWS} rows; the download has all of them.")
    st.dataframe(
        rows_frame(rows.head(SHOWN_ROWS), unit=unit),
        hide_index=True,
        height=300,
        column_config={
            "Source": st.column_config.LinkColumn(display_text="open", width=60),
            "What": st.column_config.TextColumn(width="medium"),
        },
        alt=f"Rows behind {metric}, {view.selection.period}",
    )
    draw_export(view, lambda: view.all_observations(metric), name=f"{metric}_rows")
