"""The door before the pages: asks to sign in, says why somebody sees nothing, signs out."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from dashboards.access import Rules, Viewer, admit, machine_user, name_of, rules, viewer_of
from dashboards.safe_text import plain_text, safe_text
from dashboards.session import Sessions, SignInEnded, ask_provider, session_of
from transforms.decisions import ACCESS, DecisionsAltered, append_decision
from transforms.home import resolve_home

LOGGER = logging.getLogger("leadline.dashboards")
SESSIONS = Sessions(ask_provider)


def claims_of_session() -> dict[str, Any] | None:
    """Return what the provider said when this browser signed in; None when it has not."""
    return st.user.to_dict() if st.user.get("is_logged_in") else None


def token_of_session() -> str:
    """Return the token with which the provider is asked again; empty when it gave none."""
    return str(dict(st.user.tokens).get("access", ""))


def admitted(*, clock: Callable[[], float] = time.time) -> Viewer | None:
    """Return the viewer of this run; None after the page said why there is none."""
    given = rules()
    if given is None:
        return machine_user()
    claims = claims_of_session()
    if claims is None:
        _ask_to_sign_in("")
        return None
    try:
        viewer = _viewer(given, claims, now=clock())
    except SignInEnded as ended:
        _ask_to_sign_in(str(ended))
        return None
    if viewer is None:
        _say_no_role(claims)
        return None
    if SESSIONS.is_first(viewer.session_id):
        _record(viewer, subject=f"role:{viewer.role}", verdict="signed_in")
    admit(viewer)
    return viewer


def is_still_admitted(viewer: Viewer, *, clock: Callable[[], float] = time.time) -> bool:
    """Say whether an open page may go on showing what it shows."""
    given = rules()
    if given is None:
        return True
    claims = claims_of_session()
    try:
        return claims is not None and _viewer(given, claims, now=clock()) == viewer
    except SignInEnded:
        return False


def draw_viewer(viewer: Viewer) -> None:
    """Say who is signed in, and let them sign out; nothing where nobody signs in."""
    if not viewer.session_id:
        return
    with st.popover(safe_text(viewer.name), type="tertiary", width="content", key="viewer"):
        st.caption(f"Signed in as {safe_text(viewer.role.replace('_', ' '))}")
        st.button("Sign out", on_click=_sign_out, key="sign_out")


def _viewer(given: Rules, claims: dict[str, Any], *, now: float) -> Viewer | None:
    confirmed = SESSIONS.confirmed(
        claims,
        token_of_session(),
        metadata_url=given.metadata_url,
        seconds=given.confirm_seconds,
        now=now,
    )
    return viewer_of(given, confirmed, session_id=session_of(claims))


def note_refused(viewer: Viewer, path: str) -> None:
    """Keep that somebody asked for a page that is not for their role, once a sign-in and page."""
    if viewer.session_id and SESSIONS.is_first(f"{viewer.session_id} {path}"):
        _record(viewer, subject=f"page:{path}", verdict="refused", reason=f"role:{viewer.role}")


def _record(viewer: Viewer, *, subject: str, verdict: str, reason: str = "") -> None:
    """Write what somebody opened to the audit log; what cannot be kept is told to the log."""
    try:
        append_decision(
            resolve_home().lake,
            kind=ACCESS,
            subject=subject,
            verdict=verdict,
            reason=reason,
            who=plain_text(viewer.name),
            decided_at=datetime.now(UTC),
        )
    except (DecisionsAltered, OSError) as error:
        LOGGER.warning("%s could not be kept in the audit log: %s", verdict, error)


def _sign_out() -> None:
    claims = claims_of_session()
    if claims is not None:
        SESSIONS.end(claims, now=time.time())
    st.session_state.clear()
    st.logout()


def _ask_to_sign_in(reason: str) -> None:
    st.session_state.clear()
    st.title("Sign in to Leadline", anchor=False)
    if reason:
        st.warning(reason)
    st.markdown("Your organisation's sign-in says who you are and what you see here.")
    st.button("Sign in", on_click=st.login, type="primary", key="sign_in")


def _say_no_role(claims: dict[str, Any]) -> None:
    st.session_state.clear()
    st.title("You have no role here", anchor=False)
    st.markdown(
        f"You are signed in as {safe_text(name_of(claims))}, but none of your groups has a role "
        "in Leadline. Whoever runs it can give one in `roles.yml`."
    )
    st.button("Sign out", on_click=_sign_out, key="sign_out")
