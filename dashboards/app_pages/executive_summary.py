"""Executive summary: how delivery and recovery stand, in words, cards and thirteen months."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import charts, states
from dashboards.cards import Card, draw_card, mark_of
from dashboards.explain import draw_explain, explain
from dashboards.limits import add_target, read_targets
from dashboards.pictures import draw_picture
from dashboards.report_buttons import draw_report_buttons
from dashboards.risks import draw_risks
from dashboards.safe_text import safe_text
from dashboards.series import own_range
from dashboards.sources import ages
from dashboards.summary import (
    MOST_SAID,
    cards_of,
    changes_of,
    findings_of,
    headline_of,
    months_of,
)
from dashboards.theme import palette
from dashboards.verdicts import Finding
from dashboards.view import View

SHOWS_COURSES = True
TITLE, SECTION, ORDER, URL_PATH = "Executive summary", "Overview", 1, "summary"


def render(view: View) -> None:
    """Draw the page; the teams are compared last, so that the cards do not wait for them."""
    cards = cards_of(view)
    sentence = st.empty()
    _say_headline(sentence, view, cards, findings_of(view, cards, of_teams=False))
    late = states.late_sentence(ages(view.table("source_health")))
    if late:
        st.warning(late)
    with st.container(key="cards"):
        for card in cards:
            draw_card(view, card)
    _draw_months(view, cards)
    found = findings_of(view, cards, of_teams=True)
    _say_headline(sentence, view, cards, found)
    _draw_changes(view, cards, found)
    draw_report_buttons(view)


def _say_headline(
    slot: DeltaGenerator, view: View, cards: list[Card], found: tuple[Finding, ...]
) -> None:
    slot.markdown(f"#### {safe_text(headline_of(view, cards, found))}")


def _draw_months(view: View, cards: list[Card]) -> None:
    colours, months = palette(), months_of(view)
    grain, heading, first = months.grain, months.heading, months.since
    targets = read_targets(view)
    with st.container(horizontal=True, vertical_alignment="center", key="months_head"):
        st.subheader(heading, anchor=False, width="content")
        st.caption(
            f"Grey band: its own range so far. Hatched: {grain} not complete. "
            f"Hollow: fewer than ten rows.{' Dashed: goal.' if targets else ''}",
            width="stretch",
        )
        as_tables = st.toggle("Show as tables", key="months_as_tables")
    with st.container(key="multiples"):
        for card in cards:
            metric, tone = card.spoken.metric, card.verdict.tone
            points = view.points(metric, grain=grain, since=first)
            figure = charts.trend(
                points,
                colours=colours,
                own_range=own_range(points),
                accent={"better": colours.good, "worse": colours.bad}.get(tone, ""),
            )
            add_target(figure, targets.get(metric), colours=colours)
            title = view.definitions()[metric]["title"]
            mark = mark_of(card.verdict)
            with st.container(key=f"month_{metric}", gap=None):
                draw_picture(figure, points, title=title, key=metric, as_table=as_tables, mark=mark)
                draw_explain(view, metric, key="months")


def _draw_changes(view: View, cards: list[Card], found: tuple[Finding, ...]) -> None:
    changes, risks = st.columns((2, 3), gap="large")
    with changes:
        st.subheader("What changed", anchor=False)
        if not found or view.selection.before is None:
            st.markdown(changes_of(view, cards, found)[0])
        for number, finding in enumerate(found[:MOST_SAID]):
            with st.container(
                horizontal=True, vertical_alignment="center", key=f"changed_{number}"
            ):
                st.markdown(f"{safe_text(finding.sentence(period=view.selection.period))}.")
                if st.button("Rows", key=f"explain_changed_{number}", type="tertiary"):
                    explain(view, finding.spoken.metric, teams=finding.teams)
    with risks:
        st.subheader("Risks now", anchor=False)
        draw_risks(view)
