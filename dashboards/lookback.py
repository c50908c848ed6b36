"""Looking back: who audits chooses among the builds that are kept; every page reads that one."""

from collections.abc import Sequence

import streamlit as st

from dashboards.access import Viewer
from dashboards.safe_text import safe_text
from dashboards.words import moment_words
from transforms.current import Build, PublishedError, current_build, file_of, retained_builds
from transforms.home import Home

PARAMETER = "build"
AUDITOR = "auditor"
_CHOSEN, _TOLD, _WIDGET = "leadline_build", "leadline_build_told", "leadline_build_choice"


def may_look_back(viewer: Viewer) -> bool:
    """Say whether a viewer chooses builds: auditors, and who uses their own machine."""
    return viewer.role in ("", AUDITOR)


def chosen_build(home: Home, viewer: Viewer) -> Build | None:
    """Return the earlier build that the address or this session asks for; None for the current.

    What cannot be had is told once, and the current build is shown.
    """
    asked = st.query_params.get(PARAMETER) or st.session_state.get(_CHOSEN, "")
    if not asked:
        return None
    trouble = "" if may_look_back(viewer) else "Only auditors look at earlier builds"
    build = None if trouble else _retained(home, str(asked))
    if not trouble and (build is None or not _is_readable(build, viewer.scope)):
        trouble = f"The build {safe_text(str(asked), limit=60)} is not kept any more"
    if trouble or build is None:
        st.session_state[_TOLD] = f"{trouble}; the current one is shown."
        forget_choice()
        return None
    current = current_build(home)
    if current is not None and current.build_id == build.build_id:
        forget_choice()
        return None
    st.session_state[_CHOSEN] = build.build_id
    st.query_params[PARAMETER] = build.build_id
    return build


def forget_choice() -> None:
    """Go back to the current build."""
    st.session_state.pop(_CHOSEN, None)
    st.session_state.pop(_WIDGET, None)
    st.query_params.pop(PARAMETER, None)


def draw_choice(home: Home, viewer: Viewer, *, shown: str) -> None:
    """Draw the button with which an auditor chooses another build; others see none."""
    builds = retained_builds(home) if may_look_back(viewer) else []
    if len(builds) < 2:
        return
    names = {one.build_id: label for one, label in zip(builds, labels(builds), strict=True)}
    with st.popover("Earlier builds", type="tertiary", key="earlier_builds"):
        st.caption("Every page then shows what that build said, also in its links.")
        picked = st.selectbox(
            "Build", list(names), format_func=names.__getitem__, key=_WIDGET,
            index=list(names).index(shown) if shown in names else 0,
        )  # fmt: skip
        if st.button("Show this build", key="show_build", disabled=picked == shown):
            st.query_params[PARAMETER] = str(picked)
            st.session_state[_CHOSEN] = str(picked)
            st.rerun()


def draw_notice(build: Build | None) -> None:
    """Say that the page looks back, or why it does not."""
    told = st.session_state.pop(_TOLD, "")
    if told:
        st.warning(told)
    if build is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="look_back"):
        when = moment_words(build.as_of)
        st.markdown(f"**You look at an earlier build**, of {when} UTC.")
        if st.button("Show the current one", type="primary"):
            forget_choice()
            st.rerun()


def labels(builds: Sequence[Build]) -> list[str]:
    """Return what tells builds apart: their instant, and where that is the same their id."""
    moments = [f"{moment_words(one.as_of)} UTC" for one in builds]
    return [
        f"{moment} ({one.build_id.rpartition('-')[2]})" if moments.count(moment) > 1 else moment
        for one, moment in zip(builds, moments, strict=True)
    ]


def _retained(home: Home, build_id: str) -> Build | None:
    return next((one for one in retained_builds(home) if one.build_id == build_id), None)


def _is_readable(build: Build, scope: str) -> bool:
    try:
        return file_of(build, scope=scope)[1].is_file()
    except PublishedError:
        return False
