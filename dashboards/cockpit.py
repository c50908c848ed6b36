"""What one artifact of one service is, and what the controls say of it: read for the cockpit."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
import streamlit as st

from dashboards.incidents import local, page_link
from dashboards.safe_text import plain_text, safe_link
from dashboards.view import View
from dashboards.words import DASH, moment_words, percent_words
from transforms.judgement_words import MARKS, age_words, measure_words, short
from transforms.judgements import Judgement, Limit, Rule
from transforms.judging import UnknownCandidate, candidate_of, judge
from transforms.published import Published, PublishedError

Row = Mapping[str, Any]
MOST = 200


@dataclass(frozen=True)
class Artifact:
    """Something of a service that may be deployed; `key` is its digest, else its commit."""

    key: str
    version: str
    commit_sha: str
    known_at: datetime

    @property
    def label(self) -> str:
        """Return the name people choose it by."""
        return f"{self.version} · {short(self.key)}" if self.version else short(self.key)


def artifacts(view: View, service_id: str) -> list[Artifact]:
    """Return what of a service may be deployed, the newest first; digests before bare commits."""
    rows = view.known_rows(
        "control_deployables", filters={"service_id": service_id}, order="-known_at"
    )
    if rows.is_empty():
        return []
    found = [
        Artifact(
            row["artifact_key"], row["version"] or "", row["commit_sha"] or "", row["known_at"]
        )
        for row in rows.iter_rows(named=True)
    ]
    built = {one.commit_sha for one in found if ":" in one.key}
    return [one for one in found if ":" in one.key or one.key not in built]


@st.cache_data(max_entries=100, show_spinner=False)
def _judged(
    _published: Published, build_id: str, service: str, artifact: str, environment: str
) -> Judgement | str:
    at = _published.build.as_of.astimezone(UTC)
    try:
        candidate = candidate_of(
            _published, service=service, digest=artifact, environment=environment, at=at
        )
        return judge(_published, candidate)
    except (UnknownCandidate, PublishedError) as exc:
        return str(exc)


def judged(view: View, *, service: str, artifact: str, environment: str) -> Judgement | str:
    """Return what the gate would say at the build's last instant, or why nothing can be said."""
    return _judged(view.published, view.build.build_id, service, artifact, environment)


def command_line(judgement: Judgement) -> str:
    """Return the command that asks the gate the same."""
    asked = judgement.candidate
    words = (
        "leadline", "gate", "--service", asked.service_id, "--digest", asked.digest,
        "--to", asked.environment_id,
    )  # fmt: skip
    return shlex.join(words)


def rules_table(view: View, judgement: Judgement) -> pl.DataFrame:
    """Return every rule in words, what keeps the gate shut first."""
    shutting = judgement.shutting
    rest = [rule for rule in judgement.rules if rule not in shutting]
    rows = [
        (*_rule(judgement, rule), page_link(view, "controls", control=rule.title))
        for rule in (*shutting, *rest)
    ]
    columns = (
        "Verdict", "Rule", "Why", "Measured", "Asked", "Data", "Limits", "Evidence", "Record",
    )  # fmt: skip
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def _rule(judgement: Judgement, rule: Rule) -> tuple[str, ...]:
    lifted = f", else {rule.underlying_verdict.replace('_', ' ')}" if rule.exemption_id else ""
    return (
        f"{MARKS.get(rule.verdict, '?')} {rule.verdict.replace('_', ' ')}{lifted}",
        plain_text(rule.title),
        plain_text(rule.reason, limit=400),
        measure_words(rule) or DASH,
        rule.gate,
        age_words(judgement, rule),
        plain_text(_limits_words(rule), limit=400) or DASH,
        plain_text(", ".join(rule.evidence), limit=400) or DASH,
    )


def gates_table(view: View, artifact: Artifact) -> pl.DataFrame:
    """Return the runs of required gates on an artifact or its commit, the newest first."""
    rows: list[Row] = []
    for column, value in (("artifact_digest", artifact.key), ("commit_sha", artifact.commit_sha)):
        if value:
            found = view.known_rows("gate_runs", filters={column: value}, order="-finished_at")
            rows += list(found.iter_rows(named=True))
    unique = {row["gate_run_id"]: row for row in rows}
    told = [
        (
            plain_text(row["gate"]),
            row["status"] + (", allowed to fail" if row["is_soft_fail"] else ""),
            plain_text(row["part"]),
            f"{row['attempt']}",
            moment_words(local(view, row["finished_at"])) if row["finished_at"] else DASH,
            safe_link(row["source_url"]) or "",
        )
        for row in list(unique.values())[:MOST]
    ]
    columns = ("Gate", "Ended as", "Run", "Attempt", "Ended", "Source")
    return pl.DataFrame(told, schema=dict.fromkeys(columns, pl.String), orient="row")


def sign_offs_table(view: View, service_id: str, artifact: Artifact) -> pl.DataFrame:
    """Return who vouched for an artifact, the newest first."""
    filters = {"service_id": service_id, "artifact_key": artifact.key}
    rows = view.known_rows("sign_offs", filters=filters, order="-signed_at")
    told = [
        (
            plain_text(row["item"] or f"approval of {row['role_name']}"),
            row["verdict"].replace("_", " "),
            plain_text(row["signed_by_id"]),
            moment_words(local(view, row["signed_at"])),
            "ended" if row["ended_at"] else "stands",
            plain_text(row["words"]) or DASH,
            safe_link(row["evidence_url"]) or "",
        )
        for row in rows.iter_rows(named=True)
    ]
    columns = ("What", "Says", "By", "Signed", "State", "Words", "Evidence")
    return pl.DataFrame(told, schema=dict.fromkeys(columns, pl.String), orient="row")


def deployments_of(view: View, service_id: str, artifact: Artifact) -> Sequence[Row]:
    """Return where the artifact's commit was deployed, the newest first."""
    if not artifact.commit_sha:
        return []
    filters = {"service_id": service_id, "commit_sha": artifact.commit_sha}
    rows = view.known_rows("fct_deployments", filters=filters, order="-finished_at")
    return list(rows.iter_rows(named=True))[:MOST]


def history_table(view: View, deployments: Sequence[Row]) -> pl.DataFrame:
    """Return where it was deployed and how the controls came out then."""
    ids = [row["deployment_id"] for row in deployments]
    results = view.known_rows("control_results", filters={"subject_id": ids}) if ids else None
    counts: dict[str, dict[str, int]] = {}
    for row in results.iter_rows(named=True) if results is not None else ():
        said = counts.setdefault(row["subject_id"], {})
        said[row["verdict"]] = said.get(row["verdict"], 0) + 1
    told = [
        (
            page_link(view, "deployment", deployment=row["deployment_id"]),
            plain_text(row["environment_id"]),
            moment_words(local(view, row["finished_at"])) if row["finished_at"] else DASH,
            "failed" if row["is_failed"] else plain_text(row["status"]),
            _counts(counts.get(row["deployment_id"], {})),
        )
        for row in deployments
    ]
    columns = ("Open", "Environment", "Finished", "State", "Controls")
    return pl.DataFrame(told, schema=dict.fromkeys(columns, pl.String), orient="row")


def _counts(said: Mapping[str, int]) -> str:
    ordered = sorted(said.items(), key=lambda one: list(MARKS).index(one[0]))
    return ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in ordered) or DASH


def changes_of(view: View, artifact: Artifact, deployments: Sequence[Row]) -> Sequence[Row]:
    """Return the changes that went live with it, or that its commit merged."""
    ids = [row["deployment_id"] for row in deployments if row["environment_tier"] == "production"]
    if ids:
        found = view.known_rows("deployment_changes", filters={"deployment_id": ids})
        if not found.is_empty():
            return list(found.iter_rows(named=True))
    if not artifact.commit_sha:
        return []
    merged = view.known_rows("changes", filters={"merge_commit_sha": artifact.commit_sha})
    return list(merged.iter_rows(named=True))


def _limits_words(rule: Rule) -> str:
    """Return the limits of a rule by the titles that people know, with who set them."""
    return "; ".join(
        f"{limit.title}: {_limit_words(limit)} ({limit.source_ref})" for limit in rule.limits
    )


def _limit_words(limit: Limit) -> str:
    if limit.unit == "ratio":
        return percent_words(limit.value, n=1)
    return f"{limit.value:g} {limit.unit}"


def risk_sentence(view: View, service_id: str, deployments: Sequence[Row]) -> str:
    """Return what the risk model says of it, or of what of the service waits."""
    ids = [row["deployment_id"] for row in deployments]
    scores = view.known_rows("risk_scores", filters={"subject_id": ids}) if ids else pl.DataFrame()
    of = "this artifact when it was deployed"
    if scores.is_empty():
        scores = view.known_rows("risk_scores", filters={"service_id": service_id})
        if not scores.is_empty():
            scores = scores.filter(pl.col("subject_kind") == "change")
        of = "the changes of the service that wait"
    if scores.is_empty():
        return "No risk is known: nothing of the service waits or was deployed lately."
    order = {"high": 0, "moderate": 1, "low": 2}
    worst = min(scores.iter_rows(named=True), key=lambda row: order.get(row["risk"], 3))
    chance = worst["probability"]
    told = "" if chance is None else f", {percent_words(chance, n=1)} likely to fail"
    return f"Highest risk of {of}: {worst['risk']}{told}."
