"""Ask the controls of a published build about a deployment that has not happened yet.

The door for the gate and for pages: each control answers by its table macro, made from the same
text as its table, so that the gate and the matrix of controls cannot disagree. Rows are read plain:
a pipeline would wait for frames.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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
_CANDIDATE = "$service::varchar, $digest::varchar, $environment::varchar, $at::timestamp"
_TOLD = "$told::struct(table_name varchar, verdict varchar, reason varchar, evidence varchar[])[]"


class UnknownCandidate(Exception):
    """No service or environment of that name is published; the message lists what there is."""


@dataclass(frozen=True)
class _Context:
    """What applies to every rule: limits, exemptions, and when each source was last read."""

    limits: Mapping[str, Limit]
    exemptions: Sequence[Mapping[str, Any]]
    read_at: Mapping[str, datetime | None]


def candidate_of(
    published: Published, *, service: str, digest: str, environment: str, at: datetime
) -> Candidate:
    """Return what is to be deployed, by the ids of the build; names count as well as ids.

    Errors: UnknownCandidate; UnknownTable when the build is older than the gate.
    """
    found = _named(published, "services", service, key="service_id")
    place = _named(published, "environments", environment, key="environment_id")
    made = published.records(
        f"select commit_sha, version from {SCHEMA}.control_deployables"
        " where service_id = $service and artifact_key = $digest",
        {"service": found["service_id"], "digest": digest},
    )
    made_of = made[0] if made else {}
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
    definitions = published.records(
        f"select * from {SCHEMA}.control_definitions where subject_type = 'deployment'"
        " order by control_id"
    )
    sources = _sources(published)
    read_at = {row["source"]: row["last_success_at"] for row in sources}
    said = _rules(published, definitions, candidate, read_at=read_at, is_whole=True)
    rules = tuple(rule for rule in said if rule.gate in (REQUIRED, ADVISORY))
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
    definitions = published.records(
        f"select * from {SCHEMA}.control_definitions where list_contains($controls, control_id)",
        {"controls": list(controls)},
    )
    found = {rule.control_id: rule for rule in _rules(published, definitions, candidate)}
    return [found[control] for control in controls if control in found]


def _rules(
    published: Published,
    definitions: Sequence[Mapping[str, Any]],
    candidate: Candidate,
    *,
    read_at: Mapping[str, datetime | None] | None = None,
    is_whole: bool = False,
) -> tuple[Rule, ...]:
    context = _Context(
        limits=_limits(published),
        exemptions=published.records(f"select * from {SCHEMA}.exemptions order by granted_at"),
        read_at=read_at or {},
    )
    told = _answers(published, definitions, candidate, is_whole=is_whole)
    return tuple(
        _rule(definition, told.get(definition["table_name"]), candidate, context)
        for definition in definitions
    )


def _answers(
    published: Published,
    definitions: Sequence[Mapping[str, Any]],
    candidate: Candidate,
    *,
    is_whole: bool,
) -> dict[str, Mapping[str, Any]]:
    """Return what each control says, by its table.

    One statement of all of them would be planned for seconds. Where the whole of them is asked,
    controls that rest on others are asked last and told what those said, so that each is planned
    once; what the policy takes from the gate is asked too, as others may rest on it.
    """
    values = {
        "service": candidate.service_id,
        "digest": candidate.digest,
        "environment": candidate.environment_id,
        "at": candidate.at,
    }
    macros = _macros(published)
    for one in definitions:
        if one["gate"] in (REQUIRED, ADVISORY) and f"{one['table_name']}_at" not in macros:
            raise UnknownTable(f"{one['table_name']!r} cannot be asked")
    tables = sorted(one["table_name"] for one in definitions)
    resting = [table for table in tables if is_whole and f"{table}_given" in macros]
    others = [table for table in tables if f"{table}_at" in macros and table not in resting]

    def ask(table: str) -> list[dict[str, Any]]:
        return published.records(f"select * from {SCHEMA}.{table}_at({_CANDIDATE})", values)

    def ask_last(table: str) -> list[dict[str, Any]]:
        return published.records(
            f"select * from {SCHEMA}.{table}_given({_CANDIDATE}, {_TOLD})",
            {**values, "told": given},
        )

    with ThreadPoolExecutor(max_workers=4) as pool:
        said = _by_table(others, pool.map(ask, others))
        given = [
            {"table_name": table}
            | {field: row[field] for field in ("verdict", "reason", "evidence")}
            for table, row in said.items()
        ]
        return said | _by_table(resting, pool.map(ask_last, resting))


def _by_table(
    tables: Sequence[str], answers: Iterable[Sequence[Mapping[str, Any]]]
) -> dict[str, Mapping[str, Any]]:
    """Return the only row of each control that binds the candidate."""
    return {table: rows[0] for table, rows in zip(tables, answers, strict=True) if rows}


def _macros(published: Published) -> set[str]:
    """Return the names of the table macros of controls."""
    found = published.records(
        "select function_name from duckdb_functions() where schema_name = $schema"
        " and function_type = 'table_macro' and starts_with(function_name, 'control_')",
        {"schema": SCHEMA},
    )
    return {row["function_name"] for row in found if _TABLE.fullmatch(row["function_name"])}


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
    for row in context.exemptions:
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
    return published.records(
        "select source, case when count(*) = count(last_success_at) then min(last_success_at) end"
        " as last_success_at, min(expected_lag_seconds) as expected_lag_seconds"
        f" from {SCHEMA}.source_health where kind <> 'leadline' group by source order by source"
    )


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
        for row in published.records(f"select * from {SCHEMA}.thresholds")
    }


def _named(published: Published, table: str, text: str, *, key: str) -> dict[str, Any]:
    """Return the row of an id, else the only one of a name, whatever its case."""
    rows = published.records(f"select * from {SCHEMA}.{table} order by {key}")
    exact = [row for row in rows if row[key] == text]
    named = exact or [
        row
        for row in rows
        if text.lower() in {str(row[key]).lower(), str(row["name"] or "").lower()}
    ]
    if len(named) != 1:
        kind, known = key.removesuffix("_id"), ", ".join(str(row[key]) for row in rows[:20])
        raise UnknownCandidate(f"No {kind} is called {text!r}; known are: {known}")
    return named[0]
