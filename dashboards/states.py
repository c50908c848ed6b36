"""What a page says when there is nothing, old, partial or broken data, and what to do then."""

import hashlib
import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from dashboards.safe_text import safe_text
from dashboards.words import count_words, date_words, duration_words, names_words
from transforms.published import PublishedError

LOGGER = logging.getLogger("leadline.dashboards")

# Somebody who sees several teams has their rows, but no course of all of them together.
NO_COURSES = (
    "What is kept over time is kept for the whole organisation, for each team and each service, "
    "not for several teams together. So the pictures here have no data; choose one of your teams "
    "or services to see its own."
)


@dataclass(frozen=True)
class SourceAge:
    """One source's last success and how late it is against what is expected."""

    source: str
    last_success_at: datetime | None
    lag_seconds: float | None
    expected_seconds: float | None
    is_late: bool


def late_sentence(sources: Sequence[SourceAge]) -> str:
    """Return which sources are late and from when numbers are provisional; empty when none is."""
    late = [source for source in sources if source.is_late]
    if not late:
        return ""
    moments = [source.last_success_at for source in late if source.last_success_at]
    are = "is" if len(late) == 1 else "are"
    names = names_words([safe_text(source.source) for source in late])
    first = f"{len(late)} of {count_words(len(sources), 'source')} {are} late ({names})"
    if len(moments) < len(late):
        return f"{first}: numbers that need them are not complete."
    return f"{first}: numbers after {date_words(min(moments))} are provisional."


def age_sentence(as_of: datetime, *, now: datetime, limit: timedelta) -> str:
    """Return how old the numbers are when they are older than they should be; else empty."""
    age = now - as_of
    if age <= limit:
        return ""
    return (
        f"These numbers are {duration_words(age.total_seconds())} old. "
        "Run `leadline run` to read the sources again."
    )


def show_nothing_published() -> None:
    """Say that there is no build yet, and the commands that make one."""
    st.title("Nothing has been published yet", anchor=False)
    st.markdown(
        "Pages show the newest published build, and there is none in this folder. "
        "Make one with the sample company, or from a repository of your own:"
    )
    st.code("leadline demo\nleadline run --git PATH", language=None)
    st.markdown("This page looks again every 20 seconds and opens by itself.")


def show_no_page() -> None:
    """Say that the role of the viewer names no page that there is."""
    st.title("There is no page for your role", anchor=False)
    st.markdown("Whoever runs Leadline can name sections or pages for it in `roles.yml`.")


def show_unreadable(error: PublishedError) -> None:
    """Say that there is a build which cannot be read, and what puts another in its place."""
    st.title("The published build cannot be opened", anchor=False)
    st.error(f"{safe_text(str(error)).capitalize()}. Earlier builds are kept and can be shown.")
    st.code("leadline publish --to BUILD\nleadline doctor", language=None)


def show_broken(error: Exception) -> bool:
    """Say in one sentence that a page failed, with the id under which the log has the reason."""
    trace = "".join(traceback.format_exception(error))
    error_id = hashlib.sha256(trace.encode()).hexdigest()[:8]
    LOGGER.error("page failed, error id %s", error_id, exc_info=error)
    st.error(
        "This page could not be shown; the published numbers are not affected. "
        f"Reload it; if it stays, run `leadline doctor` and look for error {error_id} in the log."
    )
    return True
