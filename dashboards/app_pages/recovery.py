"""Incidents and recovery: how long incidents last, those still open, and how fast one reacts."""

from datetime import UTC, timedelta

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.explain import draw_explain
from dashboards.figures import draw_figures
from dashboards.incidents import local, page_link
from dashboards.lasting import lasting, lasting_chart, lasting_table
from dashboards.pictures import draw_picture
from dashboards.reading import Reading
from dashboards.safe_text import plain_text, safe_link
from dashboards.series import own_range
from dashboards.theme import palette
from dashboards.view import View
from dashboards.words import DASH, count_words, duration_words, moment_words

SHOWS_COURSES = True
TITLE, SECTION, ORDER, URL_PATH = "Incidents and recovery", "Reliability", 1, "recovery"
RESTORE = "time_to_restore"
READ_ROWS, LEAST_DAYS = 20_000, 365
FIGURES = (
    (RESTORE, "Until service is restored", "severe incident"),
    ("time_to_detect", "Until it is noticed", "severe incident"),
    ("time_to_acknowledge", "Until somebody reacts", "severe incident"),
    ("failed_deployment_recovery_time", "Until a failed deployment is repaired", "deployment"),
)


def render(view: View) -> None:
    """Draw the page."""
    now = view.now(RESTORE) if RESTORE in view.definitions() else None
    st.markdown(f"#### {recovery_sentence(now)}")
    draw_figures(view, FIGURES, key="recovery")
    with st.container(horizontal=True, vertical_alignment="center", key="lasting_head"):
        st.subheader("How long incidents last", anchor=False, width="stretch")
        as_tables = st.toggle("Show as tables", key="recovery_as_tables")
        if RESTORE in view.definitions():
            draw_explain(view, RESTORE, key="lasting")
    _draw_lasting(view, now, as_tables=as_tables)
    _draw_open(view)
    _draw_months(view, as_tables=as_tables)


def recovery_sentence(now: Reading | None) -> str:
    """Return how long severe incidents take, the open ones counted as not over yet."""
    if now is None or now.n == 0:
        return "No severe incident began in this period."
    still = ""
    if now.open_count:
        are = "is" if now.open_count == 1 else "are"
        still = f"; {now.open_count:,} {are} still open and counted as not over"
    if now.value is None:
        return f"Half of {count_words(now.n, 'severe incident')} are not over yet{still}."
    took = duration_words(now.value)
    return f"Half of {count_words(now.n, 'severe incident')} were over within {took}{still}."


def _draw_lasting(view: View, now: Reading | None, *, as_tables: bool) -> None:
    steps = lasting(view.observations(RESTORE, limit=READ_ROWS)) if now else ()
    if not steps:
        st.markdown(
            "Severe incidents (severity 1 and 2) make this curve; none is in the selection. See on "
            f"[Data health]({page_link(view, 'health')}) whether incidents were read, or run "
            "`leadline run`."
        )
        return
    if as_tables:
        st.dataframe(lasting_table(steps), hide_index=True, alt="Share not over after a time")
        return
    median = now.value if now else None
    half = f"half were over within {duration_words(median)}" if median else "half are not over yet"
    st.plotly_chart(
        lasting_chart(steps, colours=palette(), median=median),
        theme=None, config=charts.CONFIG, key="lasting",
        alt=f"Share of severe incidents that is not over after a time: {half}",
    )  # fmt: skip
    st.caption(
        "Share of severe incidents that is not over after this time. Ticks: incidents still open, "
        "which count as lasting at least that long; leaving them out would flatter the median."
    )


def _draw_open(view: View) -> None:
    filters: dict[str, object] = {"is_open": True, **view.selection.filters}
    rows = view.known_rows("incident_explanations", filters=filters, order="impact_started_at")
    st.subheader("Open now", anchor=False)
    if rows.is_empty():
        st.markdown("No incident of this selection is open.")
        return
    frame = open_table(view, rows)
    st.dataframe(
        frame, hide_index=True,
        column_config={
            "Open": st.column_config.LinkColumn(display_text="open", width=60),
            "Source": st.column_config.LinkColumn(display_text="source", width=70),
        },
        alt="Incidents that are open, the oldest first",
    )  # fmt: skip
    st.caption("Open at the build's last instant, of any severity and age; the oldest first.")


def open_table(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Return open incidents once each: what, since when, for how long, and their services."""
    services: dict[str, list[str]] = {}
    for row in rows.iter_rows(named=True):
        services.setdefault(row["incident_id"], []).append(row["service_id"] or "")
    as_of = view.build.as_of.astimezone(UTC).replace(tzinfo=None)
    listed = [
        (
            page_link(view, "incidents", incident=row["incident_id"], period="Whole history"),
            plain_text(f"{row['number'] or ''} {row['title'] or ''}", limit=120),
            DASH if row["severity"] is None else f"{row['severity']}",
            plain_text(", ".join(services[row["incident_id"]])) or DASH,
            moment_words(local(view, row["impact_started_at"])),
            duration_words((as_of - row["impact_started_at"]) / timedelta(seconds=1)),
            safe_link(row["source_url"]) or "",
        )
        for row in rows.unique("incident_id", maintain_order=True).iter_rows(named=True)
    ]
    columns = ("Open", "Incident", "Severity", "Services", "Began", "Open for", "Source")
    return pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String), orient="row")


def _draw_months(view: View, *, as_tables: bool) -> None:
    chosen, known = view.selection, view.definitions()
    since = min(chosen.since, chosen.until - timedelta(days=LEAST_DAYS))
    st.subheader("By month", anchor=False)
    with st.container(key="multiples"):
        for metric in (RESTORE, "time_to_acknowledge", "incident_count"):
            if metric not in known:
                continue
            points = view.points(metric, grain="month", since=since)
            figure = charts.trend(points, colours=palette(), own_range=own_range(points))
            title = known[metric]["title"]
            with st.container(key=f"course_{metric}", gap=None):
                draw_picture(figure, points, title=title, key=metric, as_table=as_tables)
                draw_explain(view, metric, key="months")
