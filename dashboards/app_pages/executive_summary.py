"""Executive summary: how delivery and recovery stand, in words, cards and thirteen months."""

from datetime import date

import polars as pl
import streamlit as st

from dashboards import charts, states
from dashboards.cards import Card, card_of, draw_card, mark_of
from dashboards.catalogue import HEADLINES, Spoken
from dashboards.explain import explain
from dashboards.pictures import draw_picture
from dashboards.reader import View
from dashboards.safe_text import safe_text
from dashboards.series import own_range
from dashboards.sources import ages
from dashboards.theme import palette
from dashboards.verdicts import Finding, compare, gather, headline

TITLE, SECTION, ORDER, URL_PATH = "Executive summary", "Overview", 1, "summary"
MONTHS = 13


def render(view: View) -> None:
    """Draw the page."""
    known = [spoken for spoken in HEADLINES if spoken.metric in view.definitions()]
    cards = [card_of(view, spoken) for spoken in known]
    found = findings(view, known)
    shown = sum(view.now(spoken.metric).n > 0 for spoken in known)
    sentence = headline(found, known=shown, period=view.selection.period)
    st.markdown(f"#### {safe_text(sentence)}")
    late = states.late_sentence(ages(view.table("source_health")))
    if late:
        st.warning(late)
    with st.container(key="cards"):
        for card in cards:
            draw_card(view, card)
    _draw_months(view, cards)
    _draw_changes(view, found)


def findings(view: View, known: list[Spoken]) -> tuple[Finding, ...]:
    """Return the clear changes of everything selected and, without a filter, of each team."""
    chosen = view.selection
    if chosen.before is None:
        return ()
    compared = []
    teams = {} if chosen.team_ids or chosen.service_ids else _teams(view.table("teams"))
    for spoken in known:
        direction = view.definitions()[spoken.metric]["direction"]
        now, before = view.now(spoken.metric), view.before(spoken.metric)
        compared.append((spoken, "", compare(now, before, spoken=spoken, direction=direction)))
        for name, team in teams.items():
            now = view.window(spoken.metric, chosen.since, chosen.until, team_ids=(team,))
            before = view.window(spoken.metric, chosen.before, chosen.since, team_ids=(team,))
            verdict = compare(now, before, spoken=spoken, direction=direction)
            compared.append((spoken, name, verdict))
    return gather(compared)


def _teams(frame: pl.DataFrame) -> dict[str, str]:
    return {row["name"]: row["team_id"] for row in frame.iter_rows(named=True)}


def _draw_months(view: View, cards: list[Card]) -> None:
    last, colours = view.selection.until, palette()
    first = date(last.year - 1, last.month, 1)
    with st.container(horizontal=True, vertical_alignment="center", key="months_head"):
        st.subheader("Thirteen months", anchor=False, width="content")
        st.caption("Grey band: its own range so far. Hatched: month not complete.", width="stretch")
        as_tables = st.toggle("Show as tables", key="months_as_tables")
    with st.container(key="multiples"):
        for card in cards:
            metric, tone = card.spoken.metric, card.verdict.tone
            points = view.points(metric, grain="month", since=first)[-MONTHS:]
            figure = charts.trend(
                points,
                colours=colours,
                own_range=own_range(points),
                accent={"better": colours.good, "worse": colours.bad}.get(tone, ""),
            )
            title = view.definitions()[metric]["title"]
            mark = mark_of(card.verdict)
            draw_picture(figure, points, title=title, key=metric, as_table=as_tables, mark=mark)


def _draw_changes(view: View, found: tuple[Finding, ...]) -> None:
    st.subheader("What changed", anchor=False)
    if view.selection.before is None:
        st.markdown("The whole history has no period before it to compare with.")
        return
    if not found:
        st.markdown("Nothing has clearly changed: every interval overlaps the one before.")
    for number, finding in enumerate(found[:3]):
        with st.container(horizontal=True, vertical_alignment="center", key=f"changed_{number}"):
            st.markdown(f"{safe_text(finding.sentence(period=view.selection.period))}.")
            if st.button("Rows", key=f"explain_changed_{number}", type="tertiary"):
                explain(view, finding.spoken.metric, teams=finding.teams)
