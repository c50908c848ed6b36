"""The command why: what probably caused an incident, with the reasons, from the published build."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from dashboards.reasons import (
    ATTRIBUTIONS,
    background_words,
    basis_words,
    chance_words,
    facts_words,
    model_words,
    said_words,
    why_words,
)
from orchestration.commands.terminal import open_context, out, printable, say, show_table
from orchestration.errors import ConfigurationError, NothingToRead
from transforms.published import NothingPublished, Published, UnknownTable, open_published

Output = Literal["table", "json", "markdown"]
Row = Mapping[str, Any]
PREFIX = "incident:"
SCHEMA_VERSION = 1
SUSPECT_FIELDS = (
    "suspect_rank", "change_event_id", "type", "service_id", "probability", "model_probability",
    "likelihood", "evidence", "judgement", "hop_count", "seconds_before", "is_in_flight",
    "change_count", "decay_multiplier", "distance_multiplier", "batch_multiplier",
    "service_multiplier",
)  # fmt: skip
ATTRIBUTION_FIELDS = (
    "attribution", "basis", "none_probability", "model_none_probability", "suspect_count",
    "background_per_week", "model",
)  # fmt: skip
FIT_FIELDS = (
    "model", "incident_count", "candidate_incident_count", "change_event_count", "log_likelihood",
    "null_log_likelihood", "has_converged", "window_start_date", "window_end_at", "code_version",
    "definition_version",
)  # fmt: skip
INCIDENT_FIELDS = (
    "incident_id", "number", "title", "severity", "impact_started_at", "detected_at",
    "restored_at", "is_open", "source_url",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What a build says of the cause of one incident; suspects are the most probable first."""

    build_id: str
    as_of: datetime
    incident: Row
    services: tuple[str, ...]
    attribution: Row
    suspects: tuple[Row, ...]
    fit: Row | None


def why(subject: str, *, output: Output) -> None:
    """Write what probably caused an incident.

    Errors: ConfigurationError for an incident that is not known, counts nowhere or is ambiguous;
    NothingToRead when nothing is published, or by code that knows no causes.
    """
    home = open_context().home
    try:
        published = open_published(home)
        answer = read_answer(published, subject)
    except NothingPublished:
        raise NothingToRead(
            f"Nothing is published in {home.published}; run `leadline run` or `leadline demo`."
        ) from None
    except UnknownTable:
        raise NothingToRead(
            "The published build is older than the causes of incidents; run `leadline build`."
        ) from None
    if output == "json":
        out.file.write(json.dumps(as_json(answer), indent=1, default=_text) + "\n")
    elif output == "markdown":
        out.file.write(as_markdown(answer))
    else:
        _show(answer)


def read_answer(published: Published, subject: str) -> Answer:
    """Return what a build says of an incident. Errors: as of why(); UnknownTable."""
    incident = _incident(published, subject)
    key = {"incident_id": incident["incident_id"]}
    attributions = published.rows("incident_attributions", filters=key, limit=1)
    if attributions.is_empty():
        raise ConfigurationError(
            f"{subject!r} counts nowhere ({incident['exclusion_reason'] or 'not an incident'}), "
            "so no cause is looked for; choose another incident."
        )
    suspects = published.rows("incident_suspects", filters=key, order="suspect_rank")
    events = published.rows(
        "change_events", filters={"change_event_id": suspects["change_event_id"].to_list()}
    )
    named = events.select("change_event_id", "label", "started_at", "finished_at", "source_url")
    fits = published.rows("attribution_fits", limit=1)
    services = published.rows("incident_services", filters=key, order="service_id")
    joined = suspects.join(named, on="change_event_id", how="left", maintain_order="left")
    return Answer(
        build_id=published.build.build_id,
        as_of=published.build.as_of,
        incident=incident,
        services=tuple(services["service_id"]),
        attribution=attributions.row(0, named=True),
        suspects=tuple(joined.iter_rows(named=True)),
        fit=None if fits.is_empty() else fits.row(0, named=True),
    )


def _incident(published: Published, subject: str) -> Row:
    """Return the incident that counts for what was named: a key, a number, or a second record."""
    name = subject.removeprefix(PREFIX)
    found = published.rows("fct_incidents", filters={"incident_id": name}, limit=1)
    if found.is_empty():
        found = published.rows("fct_incidents", filters={"number": name})
    roots = found["root_incident_id"].unique().sort().to_list()
    if not roots:
        raise ConfigurationError(
            f"There is no incident {name!r} in the published build; "
            '`leadline sql "select incident_id, number from fct_incidents"` lists them.'
        )
    if len(roots) > 1:
        choices = ", ".join(f"{PREFIX}{root}" for root in roots)
        raise ConfigurationError(f"{name!r} is the number of several incidents; give {choices}.")
    root = published.rows("fct_incidents", filters={"incident_id": roots[0]}, limit=1)
    return (found if root.is_empty() else root).row(0, named=True)


def as_json(answer: Answer) -> dict[str, Any]:
    """Return the answer for programs; fields are only ever added within a schema version."""
    return {
        "schema_version": SCHEMA_VERSION,
        "build": answer.build_id,
        "as_of": answer.as_of.isoformat(),
        "incident": {
            **{name: answer.incident[name] for name in INCIDENT_FIELDS},
            "service_ids": list(answer.services),
        },
        **{name: answer.attribution[name] for name in ATTRIBUTION_FIELDS},
        "basis_words": basis_words(answer.attribution["basis"]),
        "suspects": [
            {
                **{name: one[name] for name in SUSPECT_FIELDS},
                "label": one["label"],
                "finished_at": one["finished_at"],
                "source_url": one["source_url"],
                "facts": list(facts_words(one)),
                "why": why_words(one),
            }
            for one in answer.suspects
        ],
        "fit": None if answer.fit is None else {name: answer.fit[name] for name in FIT_FIELDS},
    }


def as_markdown(answer: Answer) -> str:
    """Return the answer as Markdown for a ticket or a chat."""
    lines = [f"### {_cell(heading(answer))}", "", _cell(verdict_sentence(answer)), ""]
    lines += ["| Probability | Caused by | What is known | Why |", "| --: | --- | --- | --- |"]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in suspect_rows(answer)]
    lines += ["", _cell(model_words(answer.fit))]
    return "\n".join(lines) + "\n"


def heading(answer: Answer) -> str:
    """Return number, title, severity and time of the incident."""
    incident = answer.incident
    title = printable(incident["title"] or "without a title")
    began = f"{incident['impact_started_at']:%Y-%m-%d %H:%MZ}"
    severity = "" if incident["severity"] is None else f", severity {incident['severity']}"
    services = f", {', '.join(answer.services)}" if answer.services else ", service unknown"
    return f"{incident['number'] or incident['incident_id']}: {title}{severity}, {began}{services}"


def verdict_sentence(answer: Answer) -> str:
    """Return what probably caused it and what that rests on."""
    attribution = answer.attribution
    said = {
        "deployment": "Probably caused by a deployment",
        "not_deployment": "Probably not caused by a deployment",
        "unsure": "Whether a deployment caused it cannot be said",
    }
    word = said.get(attribution["attribution"], ATTRIBUTIONS["unsure"])
    return f"{word}: {basis_words(attribution['basis'])}."


def suspect_rows(answer: Answer) -> list[tuple[str, str, str, str]]:
    """Return probability, cause, what is known and why, the most probable first."""
    rows = [
        (
            chance_words(one["probability"]),
            f"{one['service_id']} {one['label']} ({one['type']}:{one['change_event_id']})",
            ", ".join(facts_words(one)),
            why_words(one),
        )
        for one in answer.suspects
    ]
    attribution = answer.attribution
    known = background_words(attribution["background_per_week"])
    none = (
        chance_words(attribution["none_probability"]),
        "no deployment",
        known,
        "a person judged so" if _is_cleared(answer) else "",
    )
    ranked = [(one["probability"], row) for one, row in zip(answer.suspects, rows, strict=True)]
    ranked.append((attribution["none_probability"] or 0.0, none))
    return [row for _, row in sorted(ranked, key=lambda pair: -pair[0])]


def _is_cleared(answer: Answer) -> bool:
    is_verdict = answer.attribution["basis"] == "verdict"
    return is_verdict and not any(
        said_words(one).endswith("confirmed it") for one in answer.suspects
    )


def _show(answer: Answer) -> None:
    say(heading(answer))
    say(verdict_sentence(answer))
    show_table(("probability", "caused by", "what is known", "why"), suspect_rows(answer))
    say(model_words(answer.fit))
    incident = f"{PREFIX}{answer.incident['incident_id']}"
    say(
        f"You know better? `leadline verdict add {incident} --caused-by deployment:ID --reason ...`"
    )


def _cell(text: str) -> str:
    """Return text that Markdown shows literally, on one line of a table."""
    flat = " ".join(printable(text).split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#!" else sign for sign in flat)


def _text(value: object) -> str:
    """Return what JSON has no form for; instants of the build are UTC."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else str(value)
