"""The cards of a page: value and unit, what changed, one sentence, n and interval."""

from dataclasses import dataclass

import streamlit as st

from dashboards.catalogue import Spoken
from dashboards.explain import explain
from dashboards.goals import goal_line
from dashboards.reading import LISTED_BELOW, Reading
from dashboards.verdicts import NO_DATA, Verdict, compare
from dashboards.view import View
from dashboards.words import (
    DASH,
    between_words,
    count_words,
    duration_parts,
    duration_words,
    figure_words,
    names_words,
    percent_words,
    share_sentence,
    short_unit,
    value_words,
)

EVENTS_READ = 1000
# What stands beside a number: the share that the model attributes, the share it does not.
BESIDE = {
    "change_failure_rate": "attributed_change_failure_rate",
    "time_to_restore": "incidents_without_deployment",
}
_COLOURS = {"better": "blue", "worse": "orange"}


@dataclass(frozen=True)
class Card:
    """Everything one card says; the figure's parts alternate between large and small."""

    spoken: Spoken
    figure: tuple[tuple[str, str], ...]
    verdict: Verdict
    sentence: str
    evidence: str
    beside: str = ""
    goal: str = ""


def card_of(view: View, spoken: Spoken) -> Card:
    """Return the card of one metric for the view's selection."""
    now, before = view.now(spoken.metric), view.before(spoken.metric)
    direction = view.definitions()[spoken.metric]["direction"]
    verdict = compare(now, before, spoken=spoken, direction=direction)
    sentence = _sentence(now, spoken, period=view.selection.period)
    return Card(
        spoken=spoken,
        figure=_figure(now, spoken),
        verdict=verdict,
        sentence=events_words(view, spoken, now) if is_listed(now) else sentence,
        evidence=_evidence(now),
        beside=_beside(view, spoken),
        goal=goal_line(view, spoken.metric),
    )


def _beside(view: View, spoken: Spoken) -> str:
    """Return what the attribution of incidents adds to a number; empty where it adds nothing."""
    metric = BESIDE.get(spoken.metric)
    if metric is None or metric not in view.definitions():
        return ""
    other = view.now(metric)
    if not other.is_known:
        return ""
    if metric == "incidents_without_deployment":
        none = f"{round(other.numerator or 0):,} of {count_words(other.n, 'incident')}"
        return f"{none} had no deployment as cause."
    ends = between_words(other.low, other.high, unit=other.unit, n=other.n)
    return f"Probably {percent_words(other.value, n=other.n)} caused an incident ({ends})."


def is_listed(now: Reading) -> bool:
    """Whether the events themselves are shown because there are too few for a median."""
    return now.unit == "seconds" and 0 < now.n < LISTED_BELOW


def _figure(now: Reading, spoken: Spoken) -> tuple[tuple[str, str], ...]:
    if now.is_open_ended and not is_listed(now):
        return ((DASH, "not reached"),)
    if now.n == 0 and not now.is_known:
        return ((DASH, "no data"),)
    if is_listed(now):
        return ((f"{now.n:,}", spoken.noun if now.n == 1 else f"{spoken.noun}s"),)
    if now.unit == "seconds":
        parts = duration_parts(now.value)
        return (*parts[:-1], (parts[-1][0], f"{parts[-1][1]} median")) if parts else ((DASH, ""),)
    if now.unit == "ratio":
        figure, _, _ = percent_words(now.value, n=now.n).rpartition(" ")
        return ((figure, "%"),)
    figure = figure_words(now.value)
    return ((figure, short_unit(now.unit, figure=figure)),)


def _sentence(now: Reading, spoken: Spoken, *, period: str) -> str:
    if now.state == "uncovered":
        return "The sources were not read for this period."
    if now.n == 0:
        return f"No {spoken.noun}s were recorded."
    if now.is_open_ended:
        are = f"{now.open_count:,} of {count_words(now.n, spoken.noun)}"
        return f"{are} are still open, so half are not over yet."
    words = {
        "lead_time_for_changes": f"Half of {count_words(now.n, 'change')} took up to "
        f"{duration_words(now.value)} from commit to production.",
        "deployment_frequency": f"{count_words(now.n, 'deployment')} of changes "
        f"in {period.lower()}.",
        "change_failure_rate": _share(now, did="failed"),
        "failed_deployment_recovery_time": f"Half of {count_words(now.n, 'failed deployment')} "
        f"took up to {duration_words(now.value)} to repair.",
        "rework_rate": _share(now, did="were unplanned"),
        "time_to_restore": f"Half of {count_words(now.n, 'severe incident')} were over within "
        f"{duration_words(now.value)}.",
    }
    return words[spoken.metric]


def _share(now: Reading, *, did: str) -> str:
    part = round(now.numerator or 0)
    return share_sentence(part, now.n, now.value, now.low, now.high, did=did) + "."


def _evidence(now: Reading) -> str:
    interval = between_words(now.low, now.high, unit=now.unit, n=now.n)
    is_said = interval == DASH or now.unit == "ratio" or not now.is_known
    likely = "" if is_said else f"likely {interval}"
    still_open = f"{now.open_count:,} open" if now.open_count else ""
    return " · ".join(part for part in (f"n {now.n:,}", still_open, likely) if part)


def draw_card(view: View, card: Card) -> None:
    """Draw one card; its button opens the explanation of the number."""
    metric = card.spoken.metric
    with st.container(border=True, key=f"card_{metric}", gap=None):
        st.markdown(f"**{card.spoken.label}**")
        figure = " ".join(f"{large} :small[{small}]" for large, small in card.figure)
        with st.container(key=f"figure_{metric}"):
            st.markdown(figure)
        if card.verdict.word != NO_DATA:
            st.markdown(_change(card.verdict))
        if card.goal:
            st.markdown(card.goal)
        st.markdown(card.sentence)
        if card.beside:
            st.markdown(card.beside)
        st.caption(card.evidence)
        if st.button("Explain this number", key=f"explain_{metric}", type="tertiary"):
            explain(view, metric)


def change_words(verdict: Verdict) -> str:
    """Return a comparison in plain words: `was 2.4 d: ↓ faster`, `no clear change`."""
    was = f"was {verdict.earlier}: " if verdict.earlier else ""
    if verdict.rose is None or verdict.tone not in _COLOURS:
        return f"{was}{verdict.word}"
    return f"{was}{'↑' if verdict.rose else '↓'} {verdict.word}"


def _change(verdict: Verdict) -> str:
    was = f"was {verdict.earlier}: " if verdict.earlier else ""
    return f"{was}{mark_of(verdict) or verdict.word}"


def mark_of(verdict: Verdict) -> str:
    """Return a clear change as an arrow and a word in its colour; empty when there is none."""
    colour = _COLOURS.get(verdict.tone)
    if colour is None or verdict.rose is None:
        return ""
    return f":{colour}[**{'↑' if verdict.rose else '↓'} {verdict.word}**]"


def events_words(view: View, spoken: Spoken, now: Reading) -> str:
    """Return the few events behind a card one by one, in place of a median."""
    frame = view.observations(spoken.metric, limit=EVENTS_READ)
    rows = frame.unique("observation_id", maintain_order=True).iter_rows(named=True)
    events = [row for row in rows if row["exclusion_reason"] is None][: now.n]
    over = [
        value_words(row["value"], unit=now.unit, n=now.n) for row in events if not row["is_open"]
    ]
    still = count_words(len(events) - len(over), spoken.noun)
    is_open = f"{still} still open." if len(over) < len(events) else ""
    who = "They" if len(over) > 1 else "It"
    took = f"{who} took {names_words(over, most=LISTED_BELOW)}." if over else ""
    return f"{took} {is_open}".strip()
