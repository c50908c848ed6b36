"""One deployment with what went in, what followed and what stood beside it, in words and tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards.incidents import hour_around, local, page_link
from dashboards.reasons import chance_words, time_words
from dashboards.safe_text import plain_text, safe_link
from dashboards.view import View
from dashboards.words import DASH, count_words, duration_words, moment_words

Row = Mapping[str, Any]
LISTED = 200
_EVIDENCE = {
    "verdict": "a person judged so",
    "incident": "an incident names it as its cause",
    "rolled_back": "it was rolled back",
    "reverted": "one of its commits was reverted",
    "hotfix": "a hotfix followed",
    "linked_rework": "a later deployment repaired its incident",
    "verification": "a check after it failed",
    "flagged": "its source states it",
    "partial": "not all of its targets changed",
}
_KINDS = {
    "forward": "a change",
    "rework": "unplanned rework",
    "rollback": "a rollback to an earlier version",
    "redeploy": "the same version again",
}


@dataclass(frozen=True)
class Blast:
    """A deployment and everything that is known around it."""

    deployment: Row
    detail: Row
    changes: pl.DataFrame
    suspected: tuple[Row, ...]
    downstream: tuple[tuple[int, tuple[str, ...]], ...]
    beside: pl.DataFrame


def read_blast(view: View, deployment_id: str) -> Blast | None:
    """Return what is known of a deployment, or None when the build has none of that id."""
    key = {"deployment_id": deployment_id}
    found = view.known_rows("fct_deployments", filters=key)
    if found.is_empty():
        return None
    row = found.row(0, named=True)
    details = view.known_rows("deployment_details", filters=key)
    return Blast(
        deployment=row,
        detail={} if details.is_empty() else details.row(0, named=True),
        changes=view.known_rows("deployment_changes", filters=key, order="started_at"),
        suspected=_suspected(view, deployment_id),
        downstream=_downstream(view, row["service_id"]),
        beside=_beside(view, row),
    )


def _suspected(view: View, deployment_id: str) -> tuple[Row, ...]:
    """Return the incidents that it may have caused, the most probable first, with their records."""
    pairs = view.known_rows(
        "incident_suspects", filters={"change_event_id": deployment_id}, order="-probability"
    )
    if pairs.is_empty():
        return ()
    incidents = view.known_rows(
        "fct_incidents", filters={"incident_id": pairs["incident_id"].to_list()}
    )
    by_id = {row["incident_id"]: row for row in incidents.iter_rows(named=True)}
    return tuple(
        {**by_id[pair["incident_id"]], **pair}
        for pair in pairs.iter_rows(named=True)
        if pair["incident_id"] in by_id
    )


def _downstream(view: View, service_id: str) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the services that depend on one, by how many hops away they are."""
    reach = view.known_rows("service_reach", filters={"upstream_service_id": service_id})
    if reach.is_empty():
        return ()
    hops: dict[int, list[str]] = {}
    for row in reach.sort("hop_count", "service_id").iter_rows(named=True):
        if row["hop_count"] > 0:
            hops.setdefault(row["hop_count"], []).append(row["service_id"])
    return tuple((count, tuple(names)) for count, names in hops.items())


def _beside(view: View, row: Row) -> pl.DataFrame:
    """Return what else reached production within an hour of it."""
    moment = row["finished_at"] or row["started_at"]
    if moment is None:
        return pl.DataFrame()
    first, after = hour_around(moment)
    found = view.rows(
        "fct_deployments",
        filters={"environment_tier": "production", "reached_production": True},
        order="finished_at",
        limit=LISTED,
        between=("finished_at", first, after),
    )
    return found.filter(
        (pl.col("deployment_id") != row["deployment_id"]) & pl.col("exclusion_reason").is_null()
    )


def verdict_words(row: Row) -> str:
    """Return what became of a deployment, as the end of a sentence that begins with its name."""
    if row["status"] == "in_progress":
        return "is still under way"
    if not row["reached_production"]:
        return f"did not reach its environment ({plain_text(row['status'])})"
    if row["is_failed"]:
        evidence = row["failure_evidence"] or ""
        return f"failed: {_EVIDENCE.get(evidence, plain_text(evidence) or 'a record says so')}"
    if row["is_rolled_back"]:
        return "was rolled back together with another one that failed; it did not fail itself"
    if not row["is_change"]:
        return f"was {_KINDS.get(row['kind'], row['kind'])}, so it cannot fail as a change"
    if row["is_immature"]:
        return "has not failed so far; it is younger than 72 hours"
    return "did not fail"


def state_word(row: Row) -> str:
    """Return the state of a deployment in one or two words, for lists."""
    if row["is_failed"]:
        return "failed, rolled back" if row["is_rolled_back"] else "failed"
    if row["is_rolled_back"]:
        return "rolled back"
    return "not over" if row["finished_at"] is None else "did not fail"


def kind_words(row: Row) -> str:
    """Return what kind of deployment it was."""
    return _KINDS.get(row["kind"], plain_text(row["kind"]))


def deployments_table(view: View, rows: pl.DataFrame, *, titled: str) -> pl.DataFrame:
    """Return deployments as a list: the link to this page, what, when, size, state."""
    columns = ("Open", titled, "Finished", "Kind", "Changes", "State", "Source")
    return pl.DataFrame(
        [
            (
                page_link(view, "deployment", deployment=row["deployment_id"]),
                plain_text(f"{row['service_id']} {row['version'] or row['deployment_id']}"),
                moment_words(local(view, row["finished_at"])),
                kind_words(row),
                f"{row['change_count'] or 0:,}",
                state_word(row),
                safe_link(row["source_url"]) or "",
            )
            for row in rows.iter_rows(named=True)
        ],
        schema=dict.fromkeys(columns, pl.String),
        orient="row",
    )


def changes_table(changes: pl.DataFrame) -> pl.DataFrame:
    """Return what went in: title, age, size and reviews of each change."""
    columns = ("Source", "Change", "Age", "Commits", "Reviews")
    return pl.DataFrame(
        [
            (
                safe_link(row["source_url"]) or "",
                plain_text(row["title"] or row["change_id"]),
                duration_words(row["lead_time_seconds"]),
                f"{row['commit_count'] or 0:,}",
                review_words(row),
            )
            for row in changes.iter_rows(named=True)
        ],
        schema=dict.fromkeys(columns, pl.String),
        orient="row",
    )


def review_words(row: Row) -> str:
    """Return how many people reviewed and approved a change; never who."""
    if not row["is_reviewable"]:
        return "none possible"
    approved = row["approver_count"] or 0
    if approved:
        return f"{count_words(approved, 'reviewer')} approved"
    return "reviewed, not approved" if row["review_count"] else "not reviewed"


def request_words(detail: Row) -> str:
    """Return the change request of a deployment and how many approved it."""
    if not detail or detail.get("change_request_number") is None:
        return "No change request names it."
    approvers = detail["approver_count"] or 0
    kind = plain_text(detail["change_request_type"]) or "kind unknown"
    name = f"{plain_text(detail['change_request_number'])} ({kind})"
    if not approvers:
        return f"Change request {name}: no approval recorded."
    when = "before it began" if detail["is_approved_before_start"] else "after it had begun"
    return f"Change request {name}: {count_words(approvers, 'approver')}, the last {when}."


def tests_words(detail: Row) -> str:
    """Return the result of the tests of its commit."""
    if not detail or detail.get("test_count") is None:
        return "No test results of its commit are known."
    failed = detail["failed_test_count"] or 0
    told = count_words(detail["test_count"], "test")
    return (
        f"{told} of its commit: {failed:,} failed." if failed else f"{told} of its commit passed."
    )


def suspected_table(view: View, suspected: tuple[Row, ...]) -> pl.DataFrame:
    """Return incidents that followed, with the probability that this deployment caused each."""
    columns = ("Open", "Incident", "Caused by this", "Severity", "After it", "Source")
    return pl.DataFrame(
        [
            (
                page_link(view, "incidents", incident=row["incident_id"]),
                plain_text(f"{row['number'] or ''} {row['title'] or ''}"),
                chance_words(row["probability"]),
                DASH if row["severity"] is None else f"{row['severity']}",
                time_words(row).removesuffix(" before"),
                safe_link(row["source_url"]) or "",
            )
            for row in suspected
        ],
        schema=dict.fromkeys(columns, pl.String),
        orient="row",
    )
