"""What a report says: every word and number of it, read from one view, before any markup."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from dashboards import definitions as words
from dashboards.cards import Card, change_words
from dashboards.explain import counted_words, selected_words
from dashboards.pictures import described
from dashboards.restated import restated_sentence, restated_table, since_last_publish
from dashboards.risks import open_now
from dashboards.safe_text import plain_text, shown_text
from dashboards.series import Point, own_range
from dashboards.sources import ages, error_sentences, health_table, sources_table
from dashboards.states import late_sentence
from dashboards.summary import cards_of, changes_of, findings_of, headline_of, months_of
from dashboards.verdicts import NO_DATA
from dashboards.view import View
from dashboards.words import count_words, date_words, moment_words

MOST_RESTATED = 12
LONG = 1000


@dataclass(frozen=True)
class CardText:
    """One card in plain words; `tone` says how a change is marked beside its word."""

    metric: str
    label: str
    parts: tuple[tuple[str, str], ...]
    change: str
    tone: str
    sentence: str
    beside: str
    evidence: str
    band: str

    @property
    def figure(self) -> str:
        """Return value and unit in one text."""
        return " ".join(f"{large} {small}".strip() for large, small in self.parts)


@dataclass(frozen=True)
class Picture:
    """One small chart: the points, what they moved within, and where they changed."""

    title: str
    points: tuple[Point, ...]
    own_range: tuple[float, float] | None
    changes: tuple[date, ...]
    tone: str
    said: str


@dataclass(frozen=True)
class Meaning:
    """What one number of the report means, and how many rows it counts and leaves out."""

    title: str
    plain_words: str
    formula: str
    source: str
    counted: str


@dataclass(frozen=True)
class Report:
    """A whole report in plain words, frames of words, and points."""

    title: str
    subtitle: str
    is_sample: bool
    headline: str
    late: str
    cards: tuple[CardText, ...]
    months: str
    pictures: tuple[Picture, ...]
    changed: tuple[str, ...]
    risks: pl.DataFrame
    late_sources: pl.DataFrame
    errors: tuple[str, ...]
    restated: str
    restated_rows: pl.DataFrame
    selected: str
    meanings: tuple[Meaning, ...]
    health: pl.DataFrame
    audit: str
    stamp: tuple[tuple[str, str], ...]


def report_of(view: View) -> Report:
    """Return the report of a view; the words and numbers are those of the page."""
    cards = cards_of(view)
    found = findings_of(view, cards, of_teams=True)
    health = view.table("source_health")
    titles = {name: str(one["title"]) for name, one in view.definitions().items()}
    every = view.table("restatements")
    restated = since_last_publish(every, build_id=view.build.build_id)
    sources = sources_table(health) if health.height else pl.DataFrame(schema={"Late": pl.String})
    late = [age.source for age in ages(health) if age.is_late]
    return Report(
        title="Release report",
        subtitle=_subtitle(view),
        is_sample=view.build.sample_data,
        headline=plain_text(headline_of(view, cards, found), limit=LONG),
        late=shown_text(late_sentence(ages(health))),
        cards=tuple(_card_text(view, card) for card in cards),
        months=months_of(view).heading,
        pictures=tuple(_picture(view, card, titles) for card in cards),
        changed=tuple(plain_text(one, limit=LONG) for one in changes_of(view, cards, found)),
        risks=open_now(view),
        late_sources=_only(sources, late),
        errors=tuple(shown_text(one) for one in error_sentences(health)) if health.height else (),
        restated=restated_sentence(restated, earlier=every.height - restated.height),
        restated_rows=restated_table(restated.head(MOST_RESTATED), titles=titles),
        selected=shown_text(selected_words(view)),
        meanings=tuple(_meaning(view, card.spoken.metric) for card in cards),
        health=health_table(health) if health.height else pl.DataFrame(),
        audit=_audit_words(view.table("audit_results")),
        stamp=_stamp(view),
    )


def _subtitle(view: View) -> str:
    chosen = view.selection
    last = chosen.until - timedelta(days=1)
    who = chosen.service or chosen.team or "All teams"
    sample = "sample data, as of" if view.build.sample_data else "as of"
    zone = plain_text(view.as_of.tzname())
    return (
        f"{plain_text(who)} · {date_words(chosen.since)} to {date_words(last)} · "
        f"{sample} {moment_words(view.as_of)} {zone}"
    )


def _card_text(view: View, card: Card) -> CardText:
    change = "" if card.verdict.word == NO_DATA else change_words(card.verdict)
    return CardText(
        metric=card.spoken.metric,
        label=card.spoken.label,
        parts=card.figure,
        change=change,
        tone=card.verdict.tone,
        sentence=card.sentence,
        beside=card.beside,
        evidence=card.evidence,
        band=band_of(view, card.spoken.metric),
    )


def band_of(view: View, metric: str) -> str:
    """Return where the latest complete month lies in the newest published bands, in words."""
    scope, scope_id = view.scope
    rows = view.known_rows(
        "metric_bands", filters={"metric": metric, "scope": scope, "scope_id": scope_id}
    )
    months = [
        row
        for row in rows.iter_rows(named=True)
        if row["grain"] == "month" and row["band_state"] != "scores_only"
    ]
    if not months:
        return ""
    newest = max(months, key=lambda row: (row["edition"], row["period_start_date"]))
    band = words.band_words(newest)
    return f"DORA {newest['edition']}, {words.period_words(newest)}: {band}"


def _picture(view: View, card: Card, titles: Mapping[str, str]) -> Picture:
    metric, months = card.spoken.metric, months_of(view)
    points = view.points(metric, grain=months.grain, since=months.since)
    title = plain_text(titles[metric])
    return Picture(
        title=title,
        points=points,
        own_range=own_range(points),
        changes=_changed_dates(view, metric),
        tone=card.verdict.tone,
        said=described(title, points),
    )


def _changed_dates(view: View, metric: str) -> tuple[date, ...]:
    scope, scope_id = view.scope
    rows = view.known_rows(
        "change_points", filters={"metric": metric, "scope": scope, "scope_id": scope_id}
    )
    return tuple(sorted(rows["changed_date"])) if rows.height else ()


def _only(sources: pl.DataFrame, late: Sequence[str]) -> pl.DataFrame:
    if "Source" not in sources.columns:
        return pl.DataFrame()
    return sources.filter(pl.col("Source").is_in([plain_text(name) for name in late]))


def _meaning(view: View, metric: str) -> Meaning:
    definition: Mapping[str, Any] = view.definitions()[metric]
    found = view.explain(metric)
    return Meaning(
        title=plain_text(definition["title"]),
        plain_words=plain_text(definition["plain_words"], limit=LONG),
        formula=plain_text(definition["formula"], limit=LONG),
        source=plain_text(
            f"{definition['source_of_definition']}, version {definition['definition_version']}",
            limit=LONG,
        ),
        counted=shown_text(counted_words(found.included_count, found.excluded_by_reason)),
    )


def _audit_words(audit: pl.DataFrame) -> str:
    if audit.is_empty():
        return "This build holds no audit results."
    passed = int(audit["is_success"].sum())
    failed = audit.filter(~pl.col("is_success"))["severity"]
    warned, blocked = int((failed == "warn").sum()), int((failed == "block").sum())
    checks = count_words(audit.height, "check")
    return f"{checks} of this build: {passed} passed, {warned} warned, {blocked} blocked."


def _stamp(view: View) -> tuple[tuple[str, str], ...]:
    build = view.build
    return (
        ("Build", build.build_id),
        ("As of (UTC)", f"{build.as_of:%Y-%m-%d %H:%M:%S}"),
        ("Fingerprint", build.fingerprint),
        ("Definitions", build.definition_version),
        ("Code", build.code_version),
        ("Sample data", "yes" if build.sample_data else "no"),
    )
