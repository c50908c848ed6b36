"""Ask the controls of a published build about a deployment that has not happened yet.

The door for the gate and for pages: each control answers by its table macro, made from the same
text as its table, so that the gate and the matrix of controls cannot disagree.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from transforms.judgements import (
    ADVISORY,
    NO_DATA,
    NOT_APPLICABLE,
    REQUIRED,
    Candidate,
    Judgement,
    Limit,
    Rule,
    lateness,
)
from transforms.published import SCHEMA, Published, UnknownTable

LIFTED = ("warn", "fail", "no_data", "inconclusive")
_TABLE = re.compile(r"control_[a-z0-9_]+")


class UnknownCandidate(Exception):
    """No service or environment of that name is published; the message lists what there is."""


@dataclass(frozen=True)
class _Context:
    """What applies to every rule: limits, exemptions, and when each source was last read."""

    limits: Mapping[str, Limit]
    exemptions: pl.DataFrame
    read_at: Mapping[str, datetime | None]


def candidate_of(
    published: Published, *, service: str, digest: str, environment: str, at: datetime
) -> Candidate:
    """Return what is to be deployed, by the ids of the build; names count as well as ids.

    Errors: UnknownCandidate; UnknownTable when the build is older than the gate.
    """
    services = published.rows("services")
    found = _named(services, service, key="service_id")
    if found is None:
        known = ", ".join(sorted(services["service_id"].to_list())[:20])
        raise UnknownCandidate(f"No service is called {service!r}; known are: {known}")
    environments = published.rows("environments")
    place = _named(environments, environment, key="environment_id")
    if place is None:
        known = ", ".join(sorted(environments["environment_id"].to_list())[:20])
        raise UnknownCandidate(f"No environment is called {environment!r}; known are: {known}")
    made = published.rows(
        "control_deployables",
        filters={"service_id": found["service_id"], "artifact_key": digest},
    )
    made_of = made.row(0, named=True) if made.height else {}
    return Candidate(
        service_id=found["service_id"],
        digest=digest,
        environment_id=place["environment_id"],
        at=at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at,
        commit_sha=made_of.get("commit_sha"),
        version=made_of.get("version"),
        tier=found["tier"],
    )


def judge(published: Published, candidate: Candidate, *, is_build_later: bool = False) -> Judgement:
    """Return what every control that a gate asks says of a candidate.

    Errors: UnknownTable when the build is older than the gate.
    """
    definitions = published.rows("control_definitions", order="control_id").filter(
        pl.col("gate").is_in([REQUIRED, ADVISORY]) & (pl.col("subject_type") == "deployment")
    )
    sources = _sources(published)
    read_at = {row["source"]: row["last_success_at"] for row in sources}
    rules = _rules(published, definitions, candidate, read_at=read_at)
    return Judgement(
        candidate=candidate,
        build_id=published.build.build_id,
        build_as_of=published.build.as_of,
        rules=rules,
        late_sources=lateness(sources, at=candidate.at),
        is_build_later=is_build_later,
        is_sample_data=published.build.sample_data,
    )


def rules_of(published: Published, candidate: Candidate, controls: Sequence[str]) -> list[Rule]:
    """Return what some controls say of a candidate, whether or not the gate asks them.

    How old the data is that they rest on is not told.
    Errors: UnknownTable when the build is older than the gate.
    """
    definitions = published.rows("control_definitions", filters={"control_id": list(controls)})
    found = {rule.control_id: rule for rule in _rules(published, definitions, candidate)}
    return [found[control] for control in controls if control in found]


def _rules(
    published: Published,
    definitions: pl.DataFrame,
    candidate: Candidate,
    *,
    read_at: Mapping[str, datetime | None] | None = None,
) -> tuple[Rule, ...]:
    context = _Context(
        limits=_limits(published),
        exemptions=published.rows("exemptions", order="granted_at"),
        read_at=read_at or {},
    )
    told = {row["control_id"]: row for row in _answers(published, definitions, candidate)}
    return tuple(
        _rule(definition, told.get(definition["control_id"]), candidate, context)
        for definition in definitions.iter_rows(named=True)
    )


def _answers(
    published: Published, definitions: pl.DataFrame, candidate: Candidate
) -> Iterator[dict[str, Any]]:
    """Yield the rows of all controls; one statement of all of them would be planned for seconds."""
    values = {
        "service": candidate.service_id,
        "digest": candidate.digest,
        "environment": candidate.environment_id,
        "at": candidate.at,
    }

    def ask(control: tuple[str, str]) -> list[dict[str, Any]]:
        name, table = control
        if not _TABLE.fullmatch(table):
            raise UnknownTable(f"{table!r} is no name of a control's table")
        frame = published.ask(
            f"select '{name}' as control_id, * from {SCHEMA}.{table}_at("
            "$service::varchar, $digest::varchar, $environment::varchar, $at::timestamp)",
            values,
        )
        return list(frame.iter_rows(named=True))

    with ThreadPoolExecutor(max_workers=4) as pool:
        for rows in pool.map(ask, definitions.select("control_id", "table_name").iter_rows()):
            yield from rows


def _rule(
    definition: Mapping[str, Any],
    told: Mapping[str, Any] | None,
    candidate: Candidate,
    context: _Context,
) -> Rule:
    """Return one control's verdict, lifted by an exemption that holds at the instant."""
    # A required control that answers nothing has not been asked in vain: nothing is known.
    silent = NO_DATA if definition["gate"] == REQUIRED else NOT_APPLICABLE
    verdict = told["verdict"] if told else silent
    evidence = tuple(told["evidence"] or ()) if told else ()
    exemption = (
        _exemption(context, definition["control_id"], candidate) if verdict in LIFTED else None
    )
    return Rule(
        control_id=definition["control_id"],
        title=definition["title"],
        gate=definition["gate"],
        severity=definition["severity"],
        verdict="exempt" if exemption else verdict,
        underlying_verdict=verdict,
        reason_code=told["reason_code"] if told else "no_answer",
        reason=told["reason"] if told else "The control says nothing of it.",
        evidence=evidence,
        value=told["value"] if told else None,
        threshold=told["threshold"] if told else None,
        limits=tuple(
            context.limits[key] for key in definition["threshold_keys"] if key in context.limits
        ),
        exemption_id=exemption,
        data_read_at=_read_at(evidence, context.read_at),
    )


def _exemption(context: _Context, control_id: str, candidate: Candidate) -> str | None:
    """Return the first exemption that lifts a control here; the rules are control_results'."""
    least = context.limits.get("exemption_approvers_min")
    for row in context.exemptions.iter_rows(named=True):
        begins_at = max(row["granted_at"], row["approved_at"] or row["granted_at"])
        if (
            {control_id, "*"} & set(row["control_ids"])
            and row["approver_count"] >= (least.value if least else 1)
            and begins_at <= candidate.at < row["expires_at"]
            and (
                row["subject_type"] == "all"
                or (row["subject_type"], row["subject_id"]) == ("service", candidate.service_id)
            )
        ):
            return str(row["exemption_id"])
    return None


def _read_at(evidence: tuple[str, ...], read_at: Mapping[str, datetime | None]) -> datetime | None:
    """Return when the oldest of the sources that the evidence names, or of all, was read.

    A piece of evidence is `table:key`, and a key begins with the name of its source.
    """
    named = {key.split(":")[1] for key in evidence if key.count(":") > 1} & read_at.keys()
    instants = [read_at[source] for source in named or read_at.keys()]
    known = [instant for instant in instants if instant is not None]
    return min(known) if known and len(known) == len(instants) else None


def _sources(published: Published) -> list[dict[str, Any]]:
    """Return one row per source: when the stream that lags most was last read to its end."""
    health = published.source_health().filter(pl.col("kind") != "leadline")
    grouped = health.group_by("source").agg(
        pl.when(pl.col("last_success_at").null_count() > 0)
        .then(None)
        .otherwise(pl.col("last_success_at").min())
        .alias("last_success_at"),
        pl.col("expected_lag_seconds").min(),
    )
    return list(grouped.sort("source").iter_rows(named=True))


def _limits(published: Published) -> dict[str, Limit]:
    return {
        row["threshold_key"]: Limit(
            key=row["threshold_key"],
            value=row["value"],
            unit=row["unit"],
            title=row["title"],
            source_tag=row["source_tag"],
            source_ref=row["source_ref"],
            owner=row["owner"],
        )
        for row in published.rows("thresholds", order="threshold_key").iter_rows(named=True)
    }


def _named(frame: pl.DataFrame, text: str, *, key: str) -> dict[str, Any] | None:
    """Return the row of an id, else the only one of a name, whatever its case."""
    rows = list(frame.iter_rows(named=True))
    exact = [row for row in rows if row[key] == text]
    named = exact or [
        row
        for row in rows
        if text.lower() in {str(row[key]).lower(), str(row["name"] or "").lower()}
    ]
    return named[0] if len(named) == 1 else None
