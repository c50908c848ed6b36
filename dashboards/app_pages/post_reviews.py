"""Reviews: which releases were reviewed in time, what that decided, and causes that return."""

import polars as pl
import streamlit as st

from dashboards.bases import Asked, draw_basis, draw_foot
from dashboards.exports import draw_export
from dashboards.incidents import page_link
from dashboards.review_words import (
    STATES,
    action_table,
    closure_sentence,
    due_sentence,
    repeat_table,
    review_table,
)
from dashboards.view import View
from dashboards.words import count_words

TITLE, SECTION, ORDER, URL_PATH = "Reviews", "Reliability", 3, "reviews"
LINKS = {"Source": st.column_config.LinkColumn(display_text="source", width=70)}


def render(view: View) -> None:
    """Draw the page."""
    chosen = view.selection
    reviews = view.known_rows(
        "post_implementation_reviews", filters=chosen.filters, order="-due_at"
    )
    if not reviews.width:
        st.markdown("#### This build is older than this page")
        st.markdown("`leadline build` makes a new one.")
        return
    reviews = reviews.filter(
        pl.col("finished_at").dt.date().is_between(chosen.since, chosen.until, closed="left")
    )
    st.markdown(f"#### {due_sentence(reviews['state'].to_list())}")
    if reviews.is_empty():
        st.markdown(
            "Failed, rolled-back and emergency changes and releases of tier 1 need a review; none "
            "of this selection ended in this period."
        )
    else:
        _draw_reviews(view, reviews)
    _draw_actions(view)
    _draw_repeats(view)


def _draw_reviews(view: View, reviews: pl.DataFrame) -> None:
    counts = {state: reviews.filter(pl.col("state") == state) for state in STATES}
    shown = {state: rows for state, rows in counts.items() if not rows.is_empty()}
    for tab, (state, rows) in zip(
        st.tabs([f"{STATES[state]} ({rows.height:,})" for state, rows in shown.items()]),
        shown.items(),
        strict=True,
    ):
        with tab:
            st.dataframe(
                review_table(view, rows), hide_index=True, alt=f"Reviews: {STATES[state]}",
                column_config={
                    **LINKS, "Open": st.column_config.LinkColumn(display_text="open", width=60)
                },
            )  # fmt: skip
    st.markdown(
        "On time is held within 72 hours unless the policy says otherwise, and published. Overdue "
        "ones count as failures; those not due yet count in neither. "
        f"[Control matrix]({page_link(view, 'controls')}) has them as a control."
    )
    chosen = view.selection
    asked = Asked(chosen.filters, ("finished_at", chosen.since, chosen.until))
    draw_foot(view, "reviews", asked, reviews, export="post_implementation_reviews")


def _draw_actions(view: View) -> None:
    st.subheader("What reviews decided", anchor=False)
    scope, scope_id = view.scope
    closure = view.known_rows(
        "review_action_closure", filters={"scope": scope, "scope_id": scope_id}
    )
    if closure.is_empty():
        st.markdown(
            "No action of a review is known for this selection; they are read from a table "
            "`action_items` of your own."
        )
        return
    st.markdown(closure_sentence(closure.row(0, named=True)))
    draw_basis(view, "review_actions", Asked(view.selection.filters))
    filters = {**view.selection.filters, "is_open": True}
    still_open = view.known_rows("review_actions", filters=filters, order="due_at")
    if not still_open.is_empty():
        st.markdown(f"{count_words(still_open.height, 'action')} open, the first due first:")
        st.dataframe(action_table(still_open), hide_index=True, alt="Open actions of reviews")
        draw_export(view, still_open, name="review_actions")


def _draw_repeats(view: View) -> None:
    st.subheader("Causes that came back", anchor=False)
    filters = view.selection.filters
    repeats = view.known_rows("repeat_causes", filters=filters, order="-impact_started_at")
    if repeats.is_empty():
        st.markdown(
            "No incident shares its cause with a review whose actions were still open. Causes are "
            "the codes that reviews state."
        )
        return
    incidents = repeats["incident_id"].n_unique()
    st.markdown(
        f"{count_words(incidents, 'incident')} repeated a cause while actions against it were open."
    )
    st.dataframe(
        repeat_table(view, repeats), hide_index=True, alt="Incidents that repeat a cause",
        column_config={
            **LINKS, "Open": st.column_config.LinkColumn(display_text="open", width=60)
        },
    )  # fmt: skip
    draw_foot(view, "repeat_causes", Asked(filters), repeats, export="repeat_causes")
