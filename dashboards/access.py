"""Who looks at the pages, and what they may see and do.

Where no sign-in is set up, the viewer is the machine's user, who sees everything; then the pages
answer on this machine only (app.py).
"""

import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

EXPORT, SQL, JUDGE = "export", "sql", "judge"
# Set by `leadline dashboard`: a server that was started with sign-in never goes on without it.
REQUIRED = "LEADLINE_SIGN_IN"
_VIEWER = "leadline_viewer"


@dataclass(frozen=True)
class Rules:
    """How people sign in here, and what their groups see; made from roles.yml by the command."""

    metadata_url: str
    groups_claim: str
    confirm_seconds: int
    roles: Mapping[str, Mapping[str, Any]]
    groups: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Viewer:
    """Somebody who may look: sections or pages (None: all), deeds (None: all), rows of a scope."""

    name: str
    role: str = ""
    pages: tuple[str, ...] | None = None
    deeds: tuple[str, ...] | None = None
    scope: str = ""
    session_id: str = field(default="", repr=False)

    def sees(self, *, section: str, path: str) -> bool:
        """Say whether a page of a section is for this viewer."""
        return self.pages is None or section in self.pages or path in self.pages

    def may(self, deed: str) -> bool:
        """Say whether this viewer may export, ask SQL or judge."""
        return self.deeds is None or deed in self.deeds


NOBODY = Viewer(name="", pages=(), deeds=())


def rules() -> Rules | None:
    """Return how people sign in; None where they do not.

    Errors: RuntimeError when sign-in was asked for at the start and is not there any more.
    """
    if st.secrets.load_if_toml_exists() and "access" in st.secrets:
        given = json.loads(st.secrets["access"]["rules"])
        return Rules(**given | {"groups": tuple(given["groups"])})
    if os.environ.get(REQUIRED):
        raise RuntimeError("the file that says how people sign in is gone; start again")
    return None


def viewer_of(given: Rules, claims: Mapping[str, Any], *, session_id: str = "") -> Viewer | None:
    """Return what somebody with these claims sees; None when no group of theirs has a role.

    The first group in the order of roles.yml of which they are a member decides.
    """
    claimed = claims.get(given.groups_claim) or ()
    theirs = {claimed} if isinstance(claimed, str) else {str(one) for one in claimed}
    group = next((one for one in given.groups if one["name"] in theirs), None)
    if group is None:
        return None
    role = given.roles[group["role"]]
    return Viewer(
        name=name_of(claims),
        role=group["role"],
        pages=tuple(role["pages"]),
        deeds=tuple(role["may"]),
        scope=group["scope"],
        session_id=session_id,
    )


def name_of(claims: Mapping[str, Any]) -> str:
    """Return under which name the provider knows somebody."""
    names = (claims.get(one) for one in ("email", "preferred_username", "sub"))
    return next((str(name) for name in names if name), "")


def admit(viewer: Viewer) -> None:
    """Let this run of the session be one viewer's."""
    st.session_state[_VIEWER] = viewer


def current_viewer() -> Viewer:
    """Return whose run this is; nobody, who sees nothing, until somebody was admitted."""
    held: Viewer | None = st.session_state.get(_VIEWER)
    if held is not None:
        return held
    return NOBODY if rules() else machine_user()


def machine_user() -> Viewer:
    """Return who looks where nobody signs in."""
    try:
        return Viewer(name=getpass.getuser())
    except (OSError, KeyError):
        return Viewer(name="")


def who() -> str:
    """Return the name of the viewer, for what they decide or take away; empty when unknown."""
    return current_viewer().name


def may(deed: str) -> bool:
    """Say whether the viewer may do EXPORT, SQL or JUDGE."""
    return current_viewer().may(deed)
