"""Open changes and planned change requests with their risk: read, listed, and one explained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import streamlit as st

from dashboards import risk_words as words
from dashboards.incidents import local
from dashboards.reasons import chance_words
from dashboards.risk_words import Row
from dashboards.safe_text import plain_text, safe_link, safe_text
from dashboards.view import View
from dashboards.words import DASH, count_words, moment_words

MOST, REASONS_OF_ONE = 500, 20
AGAINST = "Of 180 days' deployments"
_WIDTHS = {
    "What": 260, "Service": 110, "Risk": 95, "Probability to fail": 125, AGAINST: 160, "Why": 400,
}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """One open change or planned change request on one service, with its reasons, rank 1 first."""

    score: Row
    reasons: tuple[Row, ...]

    @property
    def key(self) -> str:
        """Return what names it in the address: kind, id and service."""
        return f"{self.score['subject_kind']}:{self.score['subject_id']}|{self.score['service_id']}"

    @property
    def name(self) -> str:
        """Return number and title as plain text."""
        return plain_text(f"{self.score['number']} {self.score['title'] or ''}")


def read_subjects(view: View, titles: Mapping[str, Row], *, is_used: bool) -> tuple[Subject, ...]:
    """Return what waits in the selection, the riskiest first, at most 500.

    Within a risk the likeliest to fail come first; a model that is not used has no say in the
    order either. `titles` has the features' rows by name.
    """
    filters: dict[str, object] = {"subject_kind": list(words.KINDS), **view.selection.filters}
    order = "-percentile" if is_used else "number"
    scores: list[Row] = []
    for level in words.LEVELS:
        left = MOST - len(scores)
        if left > 0:
            found = view.rows(
                "risk_scores", filters={**filters, "risk": level}, order=order, limit=left
            )
            scores += found.iter_rows(named=True)
    reasons = _reasons(view, [score["subject_id"] for score in scores], titles)
    return tuple(Subject(score, tuple(reasons.get(_place(score), ()))) for score in scores)


def _place(row: Row) -> tuple[str, str, str]:
    return row["subject_kind"], row["subject_id"], row["service_id"]


def _reasons(
    view: View, ids: Sequence[str], titles: Mapping[str, Row]
) -> dict[tuple[str, str, str], list[Row]]:
    if not ids:
        return {}
    found = view.rows(
        "risk_reasons",
        filters={"subject_kind": list(words.KINDS), "subject_id": list(ids)},
        order="reason_rank",
        limit=MOST * REASONS_OF_ONE,
    )
    by_place: dict[tuple[str, str, str], list[Row]] = {}
    for row in found.iter_rows(named=True):
        if row["feature"] in titles:
            by_place.setdefault(_place(row), []).append({**titles[row["feature"]], **row})
    return by_place


def list_frame(subjects: Sequence[Subject], *, is_used: bool) -> pl.DataFrame:
    """Return what waits as words; probabilities only of a model that is used."""
    rows = []
    for one in subjects:
        score = one.score
        said = {
            "Source": safe_link(score["source_url"]) or "",
            "What": one.name,
            "Service": plain_text(score["service_id"]),
            "Risk": words.RISKS[score["risk"]],
        }
        if is_used:
            said["Probability to fail"] = chance_words(score["probability"])
            said[AGAINST] = words.likelier_words(score["percentile"])
        said["Why"] = plain_text(words.why_words(score, one.reasons if is_used else ()))
        rows.append(said)
    return pl.DataFrame(rows)


def draw_list(subjects: Sequence[Subject], *, card: Row, chosen: Subject) -> None:
    """Draw the list; a row that is selected goes into the address."""
    keys = [one.key for one in subjects]
    is_used = words.is_used(card)
    # Another list is another table, so that a selected row never means another subject.
    key = f"risk_list_{hash(tuple(keys)):x}"
    columns = {name: st.column_config.TextColumn(width=width) for name, width in _WIDTHS.items()}
    st.dataframe(
        list_frame(subjects, is_used=is_used),
        hide_index=True,
        height="content" if len(subjects) <= 7 else 290,
        key=key,
        on_select=lambda: _pick(key, keys),
        selection_mode="single-row",
        column_config={
            **columns,
            "Source": st.column_config.LinkColumn(display_text="open", width=55),
        },
        alt=f"{count_words(len(subjects), 'row')} by risk; select one for all reasons; "
        f"shown: {chosen.name}",
    )
    if len(subjects) >= MOST:
        st.caption(f"The riskiest {MOST} are listed; choose a team or a service.")


def _pick(key: str, keys: Sequence[str]) -> None:
    rows = st.session_state[key].selection.rows
    if rows and rows[0] < len(keys):
        st.query_params["subject"] = keys[rows[0]]


def draw_subject(view: View, one: Subject, *, card: Row) -> None:
    """Draw one subject with every reason: the rules, then each feature's part."""
    score = one.score
    link = safe_link(score["source_url"])
    number = safe_text(str(score["number"]))
    shown = f"[{number}](<{link}>)" if link else number
    st.markdown(f"**{shown} {safe_text(score['title'])}**")
    planned = local(view, score["planned_at"])
    when = "" if planned is None else f", planned for {moment_words(planned)}"
    kind = words.KINDS[score["subject_kind"]].capitalize()
    lines = (
        f"{kind} of {safe_text(score['service_id'])}{when}",
        f"**{words.RISKS[score['risk']]} risk**: {safe_text(words.level_words(score))}.",
        safe_text(words.probability_words(score, card)),
    )
    st.markdown("  \n".join(lines))
    if not words.is_used(card) or not one.reasons:
        return
    st.dataframe(
        reasons_frame(one.reasons),
        hide_index=True,
        height="content",
        alt="Every feature of the model: its value and what it does to the odds",
    )
    st.caption(
        "Odds against a deployment that is average in the feature. Association, not cause: "
        "changing the feature need not change the outcome."
    )


def reasons_frame(reasons: Sequence[Row]) -> pl.DataFrame:
    """Return every feature's value and part as words, what moves the odds most first."""
    return pl.DataFrame(
        [
            {
                "Feature": plain_text(one["title"]),
                "Value": words.feature_words(one["value"], one["unit"]),
                "What it does": words.odds_words(one["odds_ratio"]),
                "What it is": plain_text(one["plain_words"]) or DASH,
            }
            for one in reasons
        ]
    )
