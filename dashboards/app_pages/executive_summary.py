"""Executive summary: how delivery and recovery stand, in words, cards and thirteen months."""

from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import charts, states
from dashboards.cards import Card, card_of, draw_card, mark_of
from dashboards.catalogue import HEADLINES
from dashboards.explain import explain
from dashboards.limits import add_target, read_targets
from dashboards.pictures import draw_picture
from dashboards.risks import draw_risks
from dashboards.safe_text import safe_text
from dashboards.series import own_range
from dashboards.sources import ages
from dashboards.teams import team_verdicts
from dashboards.theme import palette
from dashboards.verdicts import Finding, gather, headline
from dashboards.view import View

TITLE, SECTION, ORDER, URL_PATH = "Executive summary", "Overview", 1, "summary"
LONG_DAYS = 800


def render(view: View) -> None:
    """Draw the page; the teams are compared last, so that the cards do not wait for them."""
    known = [spoken for spoken in HEADLINES if spoken.metric in view.definitions()]
    cards = [card_of(view, spoken) for spoken in known]
    shown = sum(view.now(spoken.metric).n > 0 for spoken in known)
    compared = [(card.spoken, "", card.verdict) for card in cards]
    sentence = st.empty()
    _say_headline(sentence, view, gather(compared), shown=shown)
    late = states.late_sentence(ages(view.table("source_health")))
    if late:
        st.warning(late)
    with st.container(key="cards"):
        for card in cards:
            draw_card(view, card)
    _draw_months(view, cards)
    found = gather([*compared, *team_verdicts(view, known)])
    _say_headline(sentence, view, found, shown=shown)
    _draw_changes(view, found)


def _say_headline(
    slot: DeltaGenerator, view: View, found: tuple[Finding, ...], *, shown: int
) -> None:
    chosen = view.selection
    sentence = headline(
        found, known=shown, period=chosen.period, has_before=chosen.before is not None
    )
    slot.markdown(f"#### {safe_text(sentence)}")


def _draw_months(view: View, cards: list[Card]) -> None:
    chosen, colours = view.selection, palette()
    is_long = chosen.before is None and (chosen.until - chosen.since).days > LONG_DAYS
    grain, heading = ("quarter", "Quarter by quarter") if is_long else ("month", "Thirteen months")
    first = chosen.since if is_long else date(chosen.until.year - 1, chosen.until.month, 1)
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
            draw_picture(figure, points, title=title, key=metric, as_table=as_tables, mark=mark)


def _draw_changes(view: View, found: tuple[Finding, ...]) -> None:
    changes, risks = st.columns((2, 3), gap="large")
    with changes:
        st.subheader("What changed", anchor=False)
        if view.selection.before is None:
            st.markdown("The whole history has no period before it to compare with.")
        elif not found:
            st.markdown("Nothing has clearly changed: every interval overlaps the one before.")
        for number, finding in enumerate(found[:3]):
            with st.container(
                horizontal=True, vertical_alignment="center", key=f"changed_{number}"
            ):
                st.markdown(f"{safe_text(finding.sentence(period=view.selection.period))}.")
                if st.button("Rows", key=f"explain_changed_{number}", type="tertiary"):
                    explain(view, finding.spoken.metric, teams=finding.teams)
    with risks:
        st.subheader("Risks now", anchor=False)
        draw_risks(view)
