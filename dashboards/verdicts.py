"""What changed against the period before, said only when the intervals do not overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboards.catalogue import Spoken
from dashboards.reading import Reading
from dashboards.words import names_words, value_words

NAMED_TEAMS = 2
NO_DATA = "no data"
Tone = Literal["better", "worse", "steady", "unknown"]


@dataclass(frozen=True)
class Verdict:
    """One comparison in words: what it was, what that means, and how to mark it."""

    tone: Tone
    word: str
    earlier: str | None
    rose: bool | None

    @property
    def is_change(self) -> bool:
        """Whether the two periods clearly differ."""
        return self.rose is not None


def _unknown(word: str, earlier: str | None = None) -> Verdict:
    return Verdict(tone="unknown", word=word, earlier=earlier, rose=None)


def compare(now: Reading, before: Reading | None, *, spoken: Spoken, direction: str) -> Verdict:
    """Return how the reading compares with the one before, in the metric's own words."""
    if not now.is_known:
        return _unknown(NO_DATA)
    if before is None or not before.is_known:
        return _unknown("no earlier period")
    earlier = value_words(before.value, unit=before.unit, n=before.n)
    if now.n == 0:
        return _unknown(f"no {spoken.noun}s", earlier)
    if now.is_small:
        return _unknown(f"too few {spoken.noun}s to say ({now.n})", earlier)
    if before.is_small:
        return _unknown("too few before to compare", earlier)
    if now.low is None or now.high is None or before.low is None or before.high is None:
        return _unknown("no interval to compare", earlier)
    if now.low <= before.high and before.low <= now.high:
        return Verdict(tone="steady", word="no clear change", earlier=earlier, rose=None)
    rose = now.low > before.high
    if direction not in ("lower", "higher"):
        return Verdict("steady", "higher" if rose else "lower", earlier, rose)
    is_better = rose == (direction == "higher")
    word = spoken.better if is_better else spoken.worse
    return Verdict("better" if is_better else "worse", word, earlier, rose)


@dataclass(frozen=True)
class Finding:
    """One clear change of one or more teams, or of everything that is selected."""

    spoken: Spoken
    tone: Tone
    teams: tuple[str, ...]

    def sentence(self, *, period: str) -> str:
        """Return the finding as a clause in present tense."""
        return f"{self.claim()} than in the {period} before"

    def claim(self) -> str:
        """Return what is so, without what it is compared with."""
        is_better = self.tone == "better"
        if not self.teams:
            return self.spoken.all_better if is_better else self.spoken.all_worse
        does = self.spoken.teams_better if is_better else self.spoken.teams_worse
        if len(self.teams) == 1:
            verb, _, rest = does.partition(" ")
            does = f"{verb}s {rest}"
        return f"{names_words(self.teams)} {does}"


def gather(found: Sequence[tuple[Spoken, str, Verdict]]) -> tuple[Finding, ...]:
    """Return team verdicts gathered by metric and direction, worse and wider ones first.

    Shape: `found` holds (metric, team name, verdict); an empty team name means all teams.
    """
    groups: dict[tuple[str, Tone, bool], tuple[Spoken, list[str]]] = {}
    for spoken, team, verdict in found:
        if not verdict.is_change or verdict.tone not in ("better", "worse"):
            continue
        key = (spoken.metric, verdict.tone, team == "")
        groups.setdefault(key, (spoken, []))[1].append(team)
    findings = [
        Finding(spoken, tone, tuple(name for name in names if name))
        for (metric, tone, is_all), (spoken, names) in groups.items()
        if _is_said(is_all, names, groups.get((metric, tone, not is_all), (None, None))[1])
    ]
    return tuple(sorted(findings, key=lambda f: (f.tone != "worse", bool(f.teams), -len(f.teams))))


def _is_said(is_all: bool, names: Sequence[str], other: Sequence[str] | None) -> bool:
    """Whether this way of saying it is the one to use: one or two teams are named instead."""
    if other is None:
        return True
    teams = other if is_all else names
    return is_all == (len(teams) > NAMED_TEAMS)


def headline(
    findings: Sequence[Finding], *, known: int, compared: int, period: str, has_before: bool
) -> str:
    """Return the page's first sentence: the worst clear change, else that all is steady.

    `known` counts the numbers that rest on a row, `compared` those that the period before allows
    to compare: where there is none, nothing is said to be steady.
    """
    if known == 0:
        return "Nothing was deployed and no incident was recorded in this selection."
    if not has_before:
        return "This is the whole history, so there is no earlier period to compare it with."
    if not findings and not compared:
        return f"Too little is known of the {period} before to compare with."
    if not findings:
        return f"No number has clearly changed against the {period} before."
    worst = findings[0]
    other = next((found for found in findings if found.tone != worst.tone), None)
    if len(findings) == 1 or other is None:
        rest = "; everything else is steady" if len(findings) == 1 else ""
        return f"{worst.sentence(period=period)}{rest}."
    claim = other.claim() if other.teams else other.claim()[0].lower() + other.claim()[1:]
    return f"{worst.claim()} and {claim} than in the {period} before."
