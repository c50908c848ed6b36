"""What people decide on a page about causes: asked with a reason, kept, pending until built in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from dashboards.access import JUDGE, current_viewer, may, who
from dashboards.safe_text import plain_text, safe_text
from dashboards.view import View
from transforms.decisions import (
    ATTRIBUTION,
    CONFIRMED,
    NO_DEPLOYMENT,
    REJECTED,
    WITHDRAWN,
    DecisionsAltered,
    append_decision,
    attribution_subject,
    endings,
    read_decisions,
)
from transforms.home import resolve_home

PENDING = "pending until the next build"
NO_CAUSE = ""
_SAID = {CONFIRMED: "confirmed", REJECTED: "rejected", NO_DEPLOYMENT: "confirmed"}
_QUESTIONS = {
    CONFIRMED: "Why did it cause the incident? (published with the numbers)",
    REJECTED: "Why did it not cause the incident? (published with the numbers)",
    NO_DEPLOYMENT: "Why did no deployment cause it? (published with the numbers)",
}
_ASKED = "leadline_judgement"


@dataclass(frozen=True)
class Pending:
    """A decision on one cause that the shown build does not know yet."""

    decision_id: str
    word: str
    reason: str


def pending_of(view: View, incident_ids: Iterable[str]) -> dict[str, Pending]:
    """Return what was decided on an incident and is not built in, by the id of the cause.

    The cause NO_CAUSE stands for no deployment. Errors: DecisionsAltered, OSError of the disk.
    """
    decisions = read_decisions(resolve_home().lake)
    ended = endings(decisions)
    known = view.known_rows("attribution_verdicts", filters={})
    built = {} if known.is_empty() else dict(known.select("verdict_id", "state").iter_rows())
    subjects = tuple(f"incident:{one} cause:" for one in incident_ids)
    found: dict[str, Pending] = {}
    for one in decisions:
        if one.kind != ATTRIBUTION or one.verdict == WITHDRAWN:
            continue
        if not one.subject.startswith(subjects):
            continue
        cause = one.subject.rpartition(" cause:")[2].removeprefix("deployment:")
        cause = NO_CAUSE if cause == "none" else cause
        is_built, by = built.get(one.decision_id) == "current", ended.get(one.decision_id)
        if by is None and not is_built:
            found[cause] = Pending(one.decision_id, _SAID[one.verdict], one.reason)
        elif by is not None and is_built:
            word = "withdrawn" if by.verdict == WITHDRAWN else "contradicted"
            found.setdefault(cause, Pending(by.decision_id, word, by.reason))
    return found


def ask(incident_id: str, deployment_id: str | None, verdict: str) -> None:
    """Let the page ask for the reason of a judgement; a callback of its button."""
    st.session_state[_ASKED] = (incident_id, deployment_id, verdict)


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def draw_question(view: View, incident_id: str, deployment_id: str | None) -> None:
    """Draw the question for a reason where it was asked; what is kept shows as pending at once."""
    asked = st.session_state.get(_ASKED)
    if asked is None or asked[:2] != (incident_id, deployment_id):
        return
    verdict = asked[2]
    with st.form("judgement", border=False):
        reason = st.text_input(_QUESTIONS[verdict], key="judgement_reason")
        judge = st.text_input(
            "Who says so? (published as a pseudonym)",
            value=who(),
            key="judge",
            disabled=bool(current_viewer().session_id),
        )
        with st.container(horizontal=True):
            is_kept = st.form_submit_button("Keep it", type="primary")
            st.form_submit_button("Cancel", on_click=_forget)
    if is_kept and _is_kept(view, incident_id, deployment_id, verdict, reason=reason, judge=judge):
        _forget()
        st.rerun()


def _is_kept(
    view: View,
    incident_id: str,
    deployment_id: str | None,
    verdict: str,
    *,
    reason: str,
    judge: str,
) -> bool:
    """Keep a judgement; False, and a sentence on the page, when it cannot be."""
    if not may(JUDGE):
        st.error("Your role does not judge causes.")
        return False
    if current_viewer().session_id:
        # Who signed in cannot speak for somebody else.
        judge = who()
    if not reason.strip() or not judge.strip():
        st.error("Say in words why, and who says so.")
        return False
    try:
        append_decision(
            resolve_home().lake,
            kind=ATTRIBUTION,
            subject=attribution_subject(incident_id, deployment_id),
            verdict=verdict,
            reason=plain_text(reason),
            who=plain_text(judge),
            decided_at=decided_now(view),
        )
    except DecisionsAltered as error:
        st.error(f"The decisions cannot be used: {safe_text(str(error))}.")
        return False
    except OSError:
        st.error("It could not be kept: the folder of the data cannot be written here.")
        return False
    return True


def decided_now(view: View) -> datetime:
    """Return the present instant; in the sample company it is the company's last one."""
    return view.build.as_of if view.build.sample_data else datetime.now(UTC)
