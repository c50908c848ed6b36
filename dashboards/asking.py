"""What a session asked of the published build: the answer that is shown, and those before it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from dashboards.words import count_words
from transforms import sandbox
from transforms.published import Published
from transforms.sandbox import Answer, QueryRefused

# What an address can carry everywhere; longer queries go to `leadline sql -`.
CHARACTERS = 4000
REMEMBERED = 20
_SHOWN, _PAST = "leadline_asked", "leadline_asked_before"


@dataclass(frozen=True)
class Asked:
    """One query with what came of it: an answer, or the refusal in words. Units: seconds."""

    file: str
    sql: str
    seconds: float
    answer: Answer | None = None
    refusal: str = ""
    detail: str = ""
    plan: str = ""

    @property
    def has_plan(self) -> bool:
        """Whether DuckDB could begin with it, so that there is a plan to look at."""
        return self.answer is not None or self.refusal.startswith("Stopped")

    def sentence(self) -> str:
        """Return how it ended, in one sentence."""
        if self.answer is None:
            return self.refusal
        height, took = self.answer.frame.height, f"{self.seconds:.1f} s"
        if self.answer.is_cut:
            return f"The first {height:,} rows, in {took}; there are more: filter, group or limit."
        if height == 0:
            return f"No row matches; answered in {took}."
        return f"{count_words(height, 'row')} in {took}."


def asked(published: Published, sql: str, *, again: bool, clock: Callable[[], float]) -> Asked:
    """Return the answer to a query; what this session shows already is asked again on request."""
    held: Asked | None = st.session_state.get(_SHOWN)
    file = str(published.file)
    if not again and held is not None and (held.file, held.sql) == (file, sql):
        return held
    began = clock()
    try:
        answer = sandbox.ask(published, sql)
        found = Asked(file, sql, clock() - began, answer=answer)
    except QueryRefused as error:
        found = Asked(file, sql, clock() - began, refusal=str(error), detail=error.detail)
    st.session_state[_SHOWN] = found
    _remember(found)
    return found


def planned(published: Published, shown: Asked) -> str:
    """Return the plan of the query that is shown, read once. Errors: QueryRefused."""
    if not shown.plan:
        shown = replace(shown, plan=sandbox.plan(published, shown.sql))
        st.session_state[_SHOWN] = shown
    return shown.plan


def before() -> tuple[Asked, ...]:
    """Return what the session asked, newest first, each query once and without its rows."""
    past: tuple[Asked, ...] = st.session_state.get(_PAST, ())
    return past


def _remember(found: Asked) -> None:
    said = replace(found, answer=None, refusal=found.sentence())
    others = tuple(one for one in before() if one.sql != found.sql)
    st.session_state[_PAST] = (said, *others)[:REMEMBERED]
