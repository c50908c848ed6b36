"""Change requests and freezes: what broke the rules of changes, the newest first."""

import polars as pl
import streamlit as st

from dashboards.bases import Asked, draw_basis, draw_foot
from dashboards.conformance import (
    Tally,
    exceptions_table,
    held_words,
    share_words,
    tally,
    threshold,
    unsure_words,
)
from dashboards.incidents import page_link
from dashboards.off_hours_words import history_sentences, mark_first, read_summary
from dashboards.safe_text import safe_text
from dashboards.view import View
from dashboards.words import count_words

TITLE, SECTION, ORDER, URL_PATH = "Change requests and freezes", "Governance", 2, "changes"
HOURS = "authorised_hours"
# Control, heading, noun of its subjects, what the failing ones did, threshold, whether a least.
RULES = (
    ("change_authorised", "Not authorised before the start", "deployment",
     "began without an approval", "unauthorised_deployments_ratio_max", False),
    ("freeze_violations", "Inside a freeze", "deployment", "violated a freeze", "", False),
    (HOURS, "Outside of allowed hours", "deployment",
     "began outside of allowed hours without two approvals", "", False),
    ("change_window", "Outside the planned time", "deployment",
     "began outside the planned time", "change_window_ratio_min", True),
    ("change_state", "Not ready when it began", "deployment",
     "began in another state", "", False),
    ("change_truth", "Called successful, yet failed", "change request",
     "were misreported", "misreported_changes_ratio_max", False),
    ("phantom_changes", "Implemented without a trace", "change request",
     "left no trace", "", False),
    ("change_closed", "Not closed in time", "change request",
     "were not closed in time with a result", "", False),
    ("post_implementation_review", "Not reviewed in time", "review",
     "were not held in time and published", "", False),
)  # fmt: skip


def render(view: View) -> None:
    """Draw the page."""
    tallies = {rule[0]: tally(view, rule[0]) for rule in RULES}
    st.markdown(f"#### {answer(tallies)}")
    if not any(one.n for one in tallies.values()):
        st.markdown(
            "Controls judge deployments once change requests are read. See on "
            f"[Data health]({page_link(view, 'health')}) whether a source of them is read, or "
            "choose a longer period."
        )
        return
    draw_basis(view, "control_results", _asked(view, "change_authorised"), key="answer")
    for control, heading, noun, did, key, is_least in RULES:
        tallied = tallies[control]
        if tallied.n:
            _draw_rule(view, tallied, (control, heading, noun, did, key), is_least=is_least)


def _asked(view: View, control: str) -> Asked:
    chosen = view.selection
    return Asked(
        {"control_id": control, **chosen.filters}, ("occurred_date", chosen.since, chosen.until)
    )


def answer(tallies: dict[str, Tally]) -> str:
    """Return the page's first sentence: how many deployments were not authorised, and the rest."""
    authorised = tallies["change_authorised"]
    if not any(one.n for one in tallies.values()):
        return "No deployment or change request of this selection was judged."
    others = sum(one.failed for name, one in tallies.items() if name != "change_authorised")
    rest = f"; {count_words(others, 'other exception')}" if others else "; no other exception"
    if not authorised.n:
        return f"No deployment of this selection was judged{rest}."
    if not authorised.failed:
        all_of = count_words(authorised.n, "deployment")
        return f"None of {all_of} began without an approval{rest}."
    return f"{share_words(authorised.failed, authorised.n, 'began without an approval')}{rest}."


def _draw_rule(view: View, tallied: Tally, rule: tuple[str, ...], *, is_least: bool) -> None:
    control, heading, noun, did, key = rule
    st.subheader(heading, anchor=False)
    bad = tallied.rows_of("fail")
    history = read_summary(view) if control == HOURS else []
    limit = threshold(view, key) if key else None
    kept = tallied.n - tallied.failed if is_least else tallied.failed
    held = held_words(kept, tallied.n, limit=limit, is_least=is_least)
    said = share_words(tallied.failed, tallied.n, did, noun=noun)
    if tallied.counts.get("no_data", 0) == tallied.n:
        # A share of what nobody knows would read as 0 %.
        st.caption(f"Of {count_words(tallied.n, noun)} nothing is known, so none was judged.")
        draw_basis(view, "control_results", _asked(view, control), key=control)
        return
    st.caption(f"{said}; {held}." if held else f"{said}.")
    if unsure_words(tallied):
        st.caption(unsure_words(tallied))
    asked = _asked(view, control)
    if bad.is_empty():
        st.markdown("None in this selection.")
        draw_basis(view, "control_results", asked, key=control)
    else:
        shown = exceptions_table(view, bad)
        _draw_exceptions(mark_first(shown, bad, history) if history else shown, heading)
        draw_foot(view, "control_results", asked, bad, export=f"exceptions_{control}", key=control)
    for row in history:
        whose = "" if row["scope"] == "organisation" else f", {safe_text(row['scope_id'])}"
        sentences = "".join(f"\n- {one}" for one in history_sentences(row))
        st.markdown(f"Over the whole history{whose}:\n{sentences}")


def _draw_exceptions(shown: pl.DataFrame, heading: str) -> None:
    st.dataframe(
        shown,
        hide_index=True,
        height="content" if shown.height <= 10 else 390,
        column_config={
            "Open": st.column_config.LinkColumn(display_text="details", width=65),
            "Why": st.column_config.TextColumn(width="large"),
            "Source": st.column_config.LinkColumn(display_text="open", width=55),
        },
        column_order=("Open", "What", "When", "Service", "Why", "First time", "Source"),
        alt=f"{heading}: one row each with when, service and reason, the newest first",
    )
