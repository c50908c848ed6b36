"""What the executive summary says of a selection; the page and the report read it here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboards.cards import Card, card_of
from dashboards.catalogue import HEADLINES
from dashboards.teams import team_verdicts
from dashboards.verdicts import Finding, gather, headline
from dashboards.view import View

LONG_DAYS, MOST_SAID = 800, 3


@dataclass(frozen=True)
class Months:
    """Over which periods the small charts go, and what stands above them."""

    grain: str
    heading: str
    since: date


def cards_of(view: View) -> list[Card]:
    """Return the cards of the metrics that the build knows, in their order."""
    return [card_of(view, spoken) for spoken in HEADLINES if spoken.metric in view.definitions()]


def findings_of(view: View, cards: Sequence[Card], *, of_teams: bool) -> tuple[Finding, ...]:
    """Return the clear changes of the selection and, if asked, of each team."""
    compared = [(card.spoken, "", card.verdict) for card in cards]
    teams = team_verdicts(view, [card.spoken for card in cards]) if of_teams else ()
    return gather([*compared, *teams])


def headline_of(view: View, cards: Sequence[Card], found: Sequence[Finding]) -> str:
    """Return the first sentence for findings of the selection."""
    chosen = view.selection
    known = sum(view.now(card.spoken.metric).n > 0 for card in cards)
    return headline(
        found, known=known, compared=_compared(cards), period=chosen.period,
        has_before=chosen.before is not None,
    )  # fmt: skip


def _compared(cards: Sequence[Card]) -> int:
    return sum(card.verdict.tone != "unknown" for card in cards)


def changes_of(view: View, cards: Sequence[Card], found: Sequence[Finding]) -> list[str]:
    """Return at most three sentences on what changed, or the one that says why there is none."""
    if view.selection.before is None:
        return ["The whole history has no period before it to compare with."]
    if not found and not _compared(cards):
        return ["Nothing can be compared: too few rows in this period or in the one before."]
    if not found:
        return ["Nothing has clearly changed: every interval overlaps the one before."]
    return [f"{one.sentence(period=view.selection.period)}." for one in found[:MOST_SAID]]


def months_of(view: View) -> Months:
    """Return thirteen months, or quarters where a history is long."""
    chosen = view.selection
    if chosen.before is None and (chosen.until - chosen.since).days > LONG_DAYS:
        return Months("quarter", "Quarter by quarter", chosen.since)
    return Months("month", "Thirteen months", date(chosen.until.year - 1, chosen.until.month, 1))
