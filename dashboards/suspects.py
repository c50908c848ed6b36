"""What probably caused one incident: ranked suspects with reasons, and what people say of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards.incidents import local, page_link
from dashboards.judgements import NO_CAUSE, PENDING, Pending, ask, draw_question, pending_of
from dashboards.reasons import (
    background_words,
    basis_words,
    chance_words,
    facts_words,
    said_words,
    why_words,
)
from dashboards.safe_text import safe_link, safe_text
from dashboards.view import View
from dashboards.words import count_words, moment_words
from transforms.decisions import CONFIRMED, NO_DEPLOYMENT, REJECTED, DecisionsAltered

SHOWN, LEAST = 5, 0.01
Row = Mapping[str, Any]
NOTHING = Pending(decision_id="", word="", reason="")


@dataclass(frozen=True)
class Case:
    """One incident with everything that is known of its causes, the most probable first."""

    incident: Row
    record_ids: tuple[str, ...]
    services: tuple[str, ...]
    attribution: Row
    suspects: tuple[Row, ...]


def read_case(view: View, incident_id: str) -> Case | None:
    """Return what is known of an incident, or None when the build has no such that counts."""
    key = {"incident_id": incident_id}
    found = view.known_rows("fct_incidents", filters=key)
    attributions = view.known_rows("incident_attributions", filters=key)
    if found.is_empty() or attributions.is_empty():
        return None
    suspects = view.known_rows("incident_suspects", filters=key, order="suspect_rank")
    names = [] if suspects.is_empty() else suspects["change_event_id"].to_list()
    events = view.known_rows("change_events", filters={"change_event_id": names})
    by_id = {row["change_event_id"]: row for row in events.iter_rows(named=True)}
    records = view.known_rows("fct_incidents", filters={"root_incident_id": incident_id})
    members = view.known_rows("incident_services", filters=key, order="service_id")
    return Case(
        incident=found.row(0, named=True),
        record_ids=(incident_id, *records["incident_id"]),
        services=tuple(members["service_id"].unique().sort()),
        attribution=attributions.row(0, named=True),
        suspects=tuple(
            {**by_id.get(one["change_event_id"], {}), **one}
            for one in suspects.iter_rows(named=True)
        ),
    )


def draw_incident(view: View, case: Case) -> None:
    """Draw the incident itself: what, where, how bad, when, and where it is recorded."""
    row = case.incident
    severity = "severity unknown" if row["severity"] is None else f"severity {row['severity']}"
    began, restored = (local(view, row[name]) for name in ("impact_started_at", "restored_at"))
    until = "still open" if row["is_open"] else f"until {moment_words(restored)}"
    link = safe_link(row["source_url"])
    number = safe_text(row["number"] or row["incident_id"])
    st.markdown(f"**{number} {safe_text(row['title'])}**")
    noticed = [
        f"{word} {moment_words(local(view, row[name]))}"
        for word, name in (("detected", "detected_at"), ("acknowledged", "acknowledged_at"))
        if row[name] is not None
    ]
    services = ", ".join(safe_text(one) for one in case.services) or "service unknown"
    st.markdown(
        f"{severity} · {moment_words(began)}, {until}  \n{', '.join(noticed)}  \n"
        f"{'services' if len(case.services) > 1 else 'service'}: {services}"
    )
    sources = safe_text(row["sources"] or row["source"])
    st.markdown(f"source: [{sources}](<{link}>)" if link else f"source: {sources}")


def draw_suspects(view: View, case: Case) -> None:
    """Draw the ranked suspects and no deployment among them, each with what people can say."""
    try:
        pending = pending_of(view, case.record_ids)
    except (DecisionsAltered, OSError) as error:
        st.warning(f"What people decided cannot be read: {safe_text(str(error))}.")
        pending = {}
    attribution = case.attribution
    st.caption(f"Why: {basis_words(attribution['basis'])}.")
    shown, rest = parted(case.suspects, pending)
    at = sum(one["probability"] > (attribution["none_probability"] or 0.0) for one in shown)
    for one in shown[:at]:
        _draw_suspect(view, case, one, pending.get(one["change_event_id"], NOTHING))
    _draw_none(view, case, pending.get(NO_CAUSE, NOTHING))
    for one in shown[at:]:
        _draw_suspect(view, case, one, pending.get(one["change_event_id"], NOTHING))
    if rest:
        least = chance_words(sum(one["probability"] for one in rest))
        told = count_words(len(rest), "further suspect")
        with st.expander(f"{told}, {least} together"):
            for one in rest:
                _draw_suspect(view, case, one, NOTHING)


def parted(
    suspects: Sequence[Row], pending: Mapping[str, Pending]
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return the suspects worth a look, and the rest: under 1 %, and nobody says anything of them.

    The first is always shown; so are those that wait for the next build.
    """
    shown = tuple(
        one
        for place, one in enumerate(suspects)
        if place == 0
        or (one["probability"] >= LEAST and place < SHOWN)
        or said_words(one)
        or one["change_event_id"] in pending
    )
    return shown, tuple(one for one in suspects if one not in shown)


def _draw_suspect(view: View, case: Case, one: Row, pending: Pending) -> None:
    key, version = one["change_event_id"], safe_text(one.get("label") or one["change_event_id"])
    service = safe_text(one["service_id"])
    ended = local(view, one.get("finished_at"))
    link = page_link(view, "deployment", deployment=key)
    with st.container(border=True, key=f"suspect_{one['suspect_rank']}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f"**{chance_words(one['probability'])}** deployed [{service} {version}]({link})",
                width="stretch",
            )
            _draw_buttons(case, one, pending)
        moment = f"{moment_words(ended)}, " if ended else ""
        st.markdown(f"{moment}{', '.join(facts_words(one))}")
        st.caption(f"why: {why_words(one)}")
        _draw_pending(pending)
        draw_question(view, case.incident["incident_id"], key)


def _draw_buttons(case: Case, one: Row, pending: Pending) -> None:
    said = pending.word or said_words(one)
    for verdict, word, done, did in (
        (CONFIRMED, "Confirm", "confirmed", "caused"),
        (REJECTED, "Reject", "rejected", "did not cause"),
    ):
        st.button(
            word, key=f"{word.lower()}_{one['suspect_rank']}",
            disabled=said in (done, f"a person {done} it"),
            help=f"Say that it {did} the incident", on_click=ask,
            args=(case.incident["incident_id"], one["change_event_id"], verdict),
        )  # fmt: skip


def _draw_none(view: View, case: Case, pending: Pending) -> None:
    attribution = case.attribution
    is_cleared = attribution["basis"] == "verdict" and attribution["attribution"] != "deployment"
    with st.container(border=True, key="suspect_none", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f"**{chance_words(attribution['none_probability'])}** no deployment",
                width="stretch",
            )
            st.button(
                "Confirm", key="confirm_none", disabled=is_cleared or pending.word == "confirmed",
                help="Say that no deployment caused it", on_click=ask,
                args=(case.incident["incident_id"], None, NO_DEPLOYMENT),
            )  # fmt: skip
        rate = background_words(attribution["background_per_week"])
        st.markdown(rate)
        if is_cleared:
            st.caption("why: a person judged so")
        _draw_pending(pending)
        draw_question(view, case.incident["incident_id"], None)


def _draw_pending(pending: Pending) -> None:
    if not pending.word:
        return
    undo = ""
    if pending.word in ("confirmed", "rejected"):
        undo = f" (`leadline verdict withdraw {pending.decision_id}` takes it back)"
    st.markdown(f"**{pending.word}, {PENDING}**: {safe_text(pending.reason)}{undo}")
