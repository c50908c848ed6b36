"""The command risk: how risky an open change or planned change request is, and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import polars as pl

from dashboards import risk_words as words
from dashboards.reasons import chance_words
from dashboards.words import DASH
from orchestration.commands.terminal import open_context, out, printable, say, show_table
from orchestration.errors import ConfigurationError, NothingToRead
from transforms.published import NothingPublished, Published, UnknownTable, open_published

Output = Literal["table", "json"]
Row = Mapping[str, Any]
SCHEMA_VERSION = 1
SUBJECT_FIELDS = ("subject_kind", "subject_id", "number", "title", "source_url", "planned_at")
SCORE_FIELDS = (
    "service_id", "team_id", "risk", "likelihood", "impact", "likelihood_reason", "impact_reason",
)  # fmt: skip
REASON_FIELDS = ("feature", "title", "value", "unit", "contribution", "odds_ratio")
MODEL_FIELDS = (
    "state", "trained_count", "failed_count", "base_rate", "parameter_count",
    "evaluated_month_count", "trained_from_at", "trained_to_at", "definition_version",
    "code_version",
)  # fmt: skip
CAPTURE_FIELDS = ("capture_5", "capture_10", "capture_10_low", "capture_10_high", "capture_50")
LIST = (
    '`leadline sql "select subject_kind, subject_id, number from risk_scores '
    "where subject_kind <> 'deployment'\"` lists what can be asked for"
)


@dataclass(frozen=True)
class Answer:
    """What a build says of the risk of one subject, a score a service, the riskiest first."""

    build_id: str
    as_of: datetime
    card: Row
    evaluation: Row | None
    scores: tuple[Row, ...]
    reasons: Mapping[str, tuple[Row, ...]]


def risk(subject: str, *, output: Output) -> None:
    """Write the risk of an open change or planned change request.

    Errors: ConfigurationError for a subject that is not known or ambiguous; NothingToRead when it
    waits no longer, when nothing is published, or by code that knows no risk.
    """
    home = open_context().home
    try:
        answer = read_answer(open_published(home), subject)
    except NothingPublished:
        raise NothingToRead(
            f"Nothing is published in {home.published}; run `leadline run` or `leadline demo`."
        ) from None
    except UnknownTable:
        raise NothingToRead(words.OLDER) from None
    if output == "json":
        out.file.write(json.dumps(as_json(answer), indent=1, default=_text) + "\n")
    else:
        _show(answer)


def read_answer(published: Published, subject: str) -> Answer:
    """Return what a build says of a subject. Errors: as of risk(); UnknownTable."""
    kinds, name = _parsed(subject)
    scores = _scores(published, kinds, name)
    if not scores:
        raise _nothing(published, kinds, name)
    key = {column: scores[0][column] for column in ("subject_kind", "subject_id")}
    features = {row["feature"]: row for row in _rows(published, "risk_coefficients")}
    reasons: dict[str, list[Row]] = {}
    for row in _rows(published, "risk_reasons", key, order="reason_rank"):
        # The subject's own odds ratio, not that of one standard deviation.
        joined = {**features.get(row["feature"], {"title": row["feature"], "unit": ""}), **row}
        reasons.setdefault(row["service_id"], []).append(joined)
    whole = [r for r in _rows(published, "risk_evaluations") if r["month_start_date"] is None]
    card = published.rows("risk_model_card", limit=1).row(0, named=True)
    is_used = words.is_used(card)
    return Answer(
        build_id=published.build.build_id,
        as_of=published.build.as_of,
        card=card,
        evaluation=whole[0] if whole else None,
        scores=tuple(sorted(scores, key=_order)),
        reasons={one: tuple(found) for one, found in reasons.items()} if is_used else {},
    )


def _rows(
    published: Published,
    table: str,
    filters: Mapping[str, Any] | None = None,
    *,
    order: str | None = None,
) -> list[dict[str, Any]]:
    return published.rows(table, filters=filters, order=order).to_dicts()


def _order(score: Row) -> tuple[int, int, str]:
    risk, likelihood = (words.LEVELS.index(score[name]) for name in ("risk", "likelihood"))
    return risk, likelihood, score["service_id"]


def _parsed(subject: str) -> tuple[tuple[str, ...], str]:
    """Return the kinds that a subject can be of, and its id or number."""
    kind, _, name = subject.partition(":")
    if kind in words.KINDS and name:
        return (kind,), name
    if kind == "deployment":
        raise ConfigurationError(
            f"{subject!r} is deployed already; the risk is told of what waits: give change:ID or "
            "change_request:ID, and see `leadline why` for what a deployment caused."
        )
    return tuple(words.KINDS), subject


def _scores(published: Published, kinds: Sequence[str], name: str) -> Sequence[Row]:
    """Return the scores of the one subject of that id, else of that number."""
    for column in ("subject_id", "number"):
        found = published.rows("risk_scores", filters={"subject_kind": list(kinds), column: name})
        if not found.is_empty():
            _refuse_several(found.select("subject_kind", "subject_id").unique().rows(), name)
            return found.to_dicts()
    return []


def _refuse_several(subjects: Sequence[tuple[str, ...]], name: str) -> None:
    if len(subjects) > 1:
        choices = ", ".join(sorted(f"{kind}:{identity}" for kind, identity in subjects))
        raise ConfigurationError(f"{name!r} means several; give one of {choices}.")


def _nothing(
    published: Published, kinds: Sequence[str], name: str
) -> ConfigurationError | NothingToRead:
    """Return why there is no score: it waits no longer, or is not known at all."""
    told = []
    if "change" in kinds:
        told += [f"The change {name!r} {why}" for why in _past_change(published, name)]
    if "change_request" in kinds:
        told += [f"The change request {name!r} {why}" for why in _past_request(published, name)]
    if told:
        return NothingToRead(f"{told[0]}, so no risk is told; {LIST}.")
    kind = " or ".join(words.KINDS[one] for one in kinds)
    return ConfigurationError(f"There is no {kind} {name!r} in the published build; {LIST}.")


def _past_change(published: Published, name: str) -> list[str]:
    repository, _, number = name.rpartition("#")
    found = published.rows("changes", filters={"change_id": name}, limit=1)
    if found.is_empty() and number.isdecimal():
        key = {"repository": repository, "pull_number": int(number)}
        found = published.rows("changes", filters=key, limit=1)
    return [_change_state(row) for row in found.iter_rows(named=True)]


def _change_state(row: Row) -> str:
    if row["is_merged"]:
        return f"was merged{_on(row['merged_at'])}"
    if row["closed_at"] is not None:
        return f"was closed without a merge{_on(row['closed_at'])}"
    if row["is_draft"]:
        return "is a draft"
    return "is in a repository that belongs to no service"


def _past_request(published: Published, name: str) -> list[str]:
    for column in ("change_request_id", "number"):
        found = published.rows("change_requests", filters={column: name})
        current = found.filter(pl.col("is_current"))
        if not current.is_empty():
            return [_request_state(current.row(0, named=True))]
    return []


def _request_state(row: Row) -> str:
    if row["close_code"] is not None:
        return f"is closed ({row['close_code']})"
    if row["work_started_at"] is not None:
        return f"is under way or done: work started{_on(row['work_started_at'])}"
    if row["service_id"] is None:
        return "names no service that is known"
    if row["planned_start_at"] is None:
        return "has no planned start"
    return f"has its planned start behind it{_on(row['planned_start_at'])}"


def _on(moment: datetime | None) -> str:
    return "" if moment is None else f" on {moment:%Y-%m-%d %H:%MZ}"


def as_json(answer: Answer) -> dict[str, Any]:
    """Return the answer for programs; fields are only ever added within a schema version."""
    first, card = answer.scores[0], answer.card
    is_used = words.is_used(card)
    evaluation = answer.evaluation or {}
    return {
        "schema_version": SCHEMA_VERSION,
        "build": answer.build_id,
        "as_of": answer.as_of.isoformat(),
        **{name: first[name] for name in SUBJECT_FIELDS},
        "risk": first["risk"],
        "services": [
            {
                **{name: one[name] for name in SCORE_FIELDS},
                "probability": one["probability"] if is_used else None,
                "percentile": one["percentile"] if is_used else None,
                "no_probability_reason": words.refusal_words(card) or None,
                "why": words.why_words(one, answer.reasons.get(one["service_id"], ())),
                "reasons": [
                    {name: reason[name] for name in REASON_FIELDS}
                    | {"words": words.reason_words(reason)}
                    for reason in answer.reasons.get(one["service_id"], ())
                ],
            }
            for one in answer.scores
        ],
        "model": {
            **{name: card[name] for name in MODEL_FIELDS},
            "is_used": is_used,
            "evaluated_failed_count": evaluation.get("failed_count"),
            **{name: evaluation.get(name) for name in CAPTURE_FIELDS},
        },
    }


def _show(answer: Answer) -> None:
    first, card = answer.scores[0], answer.card
    is_used = words.is_used(card)
    planned = _on(first["planned_at"]).replace(" on ", ", planned for ")
    title = f": {first['title']}" if first["title"] else ""
    say(f"{first['number']}{title} ({words.KINDS[first['subject_kind']]}{planned})")
    show_table(
        (
            "service",
            "risk",
            "likelihood",
            "impact",
            "probability to fail",
            "of 180 days' deployments",
        ),
        [
            (
                one["service_id"],
                one["risk"],
                _level(one, "likelihood"),
                _level(one, "impact"),
                chance_words(one["probability"]) if is_used else "none is given",
                words.likelier_words(one["percentile"]) if is_used else DASH,
            )
            for one in answer.scores
        ],
    )
    for service, reasons in answer.reasons.items():
        if len(answer.scores) > 1:
            say(f"Features of {service}:")
        show_table(
            ("feature", "value", "what it does"),
            [
                (one["title"], words.feature_words(one["value"], one["unit"]),
                 words.odds_words(one["odds_ratio"]))
                for one in reasons
            ],
        )  # fmt: skip
    say(words.headline(card, answer.evaluation).replace("rules below", "rules"))
    beside = words.beside_words(card, answer.evaluation)
    if beside:
        say(beside)
    say(f"{words.trained_words(card)} Association, not cause.")
    say(f"As of {answer.as_of:%Y-%m-%d %H:%MZ}; an open change as if it were deployed alone then.")


def _level(score: Row, name: str) -> str:
    reason = score[f"{name}_reason"]
    return f"{score[name]}: {printable(reason)}" if reason else str(score[name])


def _text(value: object) -> str:
    """Return what JSON has no form for; instants of the build are UTC."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else str(value)
