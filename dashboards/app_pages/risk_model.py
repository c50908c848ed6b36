"""Risk model card: which waiting changes are risky, how good that was, and what it is not for."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboards import risk_words as words
from dashboards.bases import Asked, draw_basis
from dashboards.risk_record import draw_features, draw_record, draw_rules, draw_use
from dashboards.risk_subjects import Subject, draw_list, draw_subject, read_subjects
from dashboards.risk_words import Row
from dashboards.view import View
from dashboards.words import count_words, names_words
from transforms.published import UnknownTable

TITLE, SECTION, ORDER, URL_PATH = "Risk model card", "Releases", 3, "risk"


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address beside the filters: any subject may stand."""
    return {"subject": None}


def render(view: View) -> None:
    """Draw the page."""
    try:
        cards = view.rows("risk_model_card", filters={}, order="", limit=1)
    except UnknownTable:
        st.markdown(words.OLDER)
        return
    if cards.is_empty():
        st.markdown(words.OLDER)
        return
    card = cards.row(0, named=True)
    evaluations = _rows(view, "risk_evaluations")
    coefficients = _rows(view, "risk_coefficients", order="importance_order")
    whole = next((one for one in evaluations if one["month_start_date"] is None), None)
    st.markdown(f"#### {words.headline(card, whole)}")
    beside = words.beside_words(card, whole)
    if beside:
        st.markdown(beside)
    every = Asked(is_filtered=False)
    draw_basis(view, "risk_evaluations", every, key="risk_headline")
    titles = {str(one["feature"]): one for one in coefficients}
    _draw_waiting(view, read_subjects(view, titles, is_used=words.is_used(card)), card)
    if card["state"] == "fitted":
        draw_record(evaluations, _rows(view, "risk_calibration", order="bin_low"))
        draw_basis(view, "risk_evaluations", every)
    draw_features(card, coefficients)
    draw_basis(view, "risk_coefficients", every)
    draw_use()
    draw_rules(_rows(view, "risk_rules", order="rule"))


def _rows(view: View, table: str, *, order: str = "") -> list[Row]:
    return list(view.known_rows(table, filters={}, order=order).iter_rows(named=True))


def _draw_waiting(view: View, subjects: Sequence[Subject], card: Row) -> None:
    st.subheader("What waits, the riskiest first", anchor=False)
    if not subjects:
        st.markdown(
            "No open change and no planned change request is known in this selection. "
            "Choose another team or service, or see Data health for what was read."
        )
        return
    st.caption(waiting_words(subjects))
    kinds = sorted({str(one.score["subject_kind"]) for one in subjects})
    draw_basis(view, "risk_scores", Asked({"subject_kind": kinds, **view.selection.filters}))
    asked = st.query_params.get("subject")
    chosen = next((one for one in subjects if one.key == asked), None)
    draw_list(subjects, card=card, chosen=chosen or subjects[0])
    if asked and chosen is None:
        st.info("The address names nothing that waits in this selection; the riskiest is shown.")
    draw_subject(view, chosen or subjects[0], card=card)


def waiting_words(subjects: Sequence[Subject]) -> str:
    """Return how many wait of each risk, and what is assumed of them."""
    levels = [one.score["risk"] for one in subjects]
    kinds = [one.score["subject_kind"] for one in subjects]
    counted = [count_words(kinds.count(kind), noun) for kind, noun in words.KINDS.items()]
    parts = [f"{levels.count(level):,} {level}" for level in words.LEVELS]
    return (
        f"{names_words(counted)}: "
        f"{', '.join(parts)} risk. Open changes as if each were deployed alone as of this build. "
        "Team and service choose what is listed; the model is of all of them, over all time."
    )
