"""Turn nested lists of Jira into lines, and instants into what a query understands; no input."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Record = Mapping[str, Any]

FORM = "%Y-%m-%dT%H:%M:%SZ"
READING = "%Y/%m/%d %H:%M"
# The zone that is furthest behind: what is written as UTC can mean an instant so much later.
FURTHEST_BEHIND = timedelta(hours=12)
VALUES = ("from", "fromString", "to", "toString")


def utc_text(instant: str) -> str:
    """Return an instant as Jira writes it (2020-06-12T08:13:13.360+0800) in UTC.

    Errors: ValueError for what is no instant with an offset.
    """
    moment = datetime.fromisoformat(instant)
    if moment.tzinfo is None:
        raise ValueError(f"{instant} has no offset")
    return moment.astimezone(UTC).strftime(FORM)


def query_time(instant: datetime, *, zone: ZoneInfo | None) -> str:
    """Return the reading of the user's clock, to the minute, that is never after the instant.

    A reading that the clock shows twice or never could be understood as a later one, so the last
    that is unmistakable stands for it; where the user's zone is not known, so does the earliest.
    """
    if zone is None:
        return (instant.astimezone(UTC) - FURTHEST_BEHIND).strftime(READING)
    local = instant.astimezone(zone)
    while local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local = (local.astimezone(UTC) - timedelta(hours=1)).astimezone(zone)
    return local.strftime(READING)


def changelog_lines(logs: Iterable[tuple[str, Iterable[Record]]]) -> tuple[bytes, int]:
    """Return a line per changed field of issues and their histories, and how many there are."""
    rows = []
    for issue_id, histories in logs:
        for history in histories:
            met: Counter[str] = Counter()
            for item in history["items"]:
                field = str(item.get("fieldId") or item["field"])
                row = {"issue_id": issue_id, "change_id": history["id"], "field": field}
                row |= {"item": met[field], "created": history["created"]}
                row |= {"author": _person(history.get("author"))}
                rows.append(row | {name: item.get(name) for name in VALUES})
                met[field] += 1
    return _lines(rows)


def approval_lines(issue_id: str, approvals: Iterable[Record]) -> tuple[bytes, int]:
    """Return a line per approver of each approval of a request, and how many there are."""
    rows = [
        {
            "issue_id": issue_id,
            "approval_id": approval["id"],
            "name": approval.get("name"),
            "final_decision": approval.get("finalDecision"),
            "approver": _person(one.get("approver")),
            "decision": one.get("approverDecision"),
            "created": (approval.get("createdDate") or {}).get("epochMillis"),
            "completed": (approval.get("completedDate") or {}).get("epochMillis"),
        }
        for approval in approvals
        for one in approval.get("approvers") or [{}]
    ]
    return _lines(rows)


def _person(user: Record | None) -> str | None:
    """Return the account of Cloud, or the key or name of Data Center."""
    known = user or {}
    return known.get("accountId") or known.get("key") or known.get("name")


def _lines(rows: list[dict[str, Any]]) -> tuple[bytes, int]:
    text = "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
    return text.encode(), len(rows)
