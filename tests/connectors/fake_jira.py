"""A Jira that knows a few queries: minutes in its user's zone, tokens, isLast that is not true."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.connectors.fakes import json_reply

QUERY = re.compile(r'project = "(\w+)" AND updated >= "([\d/]+ [\d:]+)" ORDER BY updated ASC')


def moment(instant: datetime, zone: str = "Asia/Shanghai") -> str:
    """Return an instant as Jira writes it: milliseconds, and an offset without colon."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def issue(number: int, updated: datetime, *, project: str = "OPS", **fields: Any) -> dict[str, Any]:
    """Return one issue; `fields` replace those of a task that nobody has begun."""
    status = {"name": "To Do", "statusCategory": {"key": "new"}}
    return {
        "id": str(10_000 + number),
        "key": f"{project}-{number}",
        "fields": {
            "summary": f"Thing {number}",
            "project": {"key": project},
            "issuetype": {"name": "Task"},
            "status": status,
            "created": moment(updated - timedelta(days=1)),
            "updated": moment(updated),
            **fields,
        },
    }


def change(number: int, at: datetime, **items: tuple[str | None, str | None]) -> dict[str, Any]:
    """Return one change; each item is the word before and after."""
    return {
        "id": str(number),
        "author": {"accountId": "5b10ac8d82e05b22cc7d4ef5", "displayName": "Mia Krystof"},
        "created": int(at.timestamp() * 1000),
        "items": [
            {
                "field": field,
                "fieldId": field,
                "fieldtype": "jira",
                "from": before and f"id-{before}",
                "fromString": before,
                "to": after and f"id-{after}",
                "toString": after,
            }
            for field, (before, after) in items.items()
        ],
    }


class FakeJira:
    """One site; `changes` by issue id, `approvals` by issue id, `versions` by project."""

    def __init__(self, *issues: dict[str, Any], zone: str = "America/New_York") -> None:
        self.issues = list(issues)
        self.changes: dict[str, list[dict[str, Any]]] = {}
        self.approvals: dict[str, list[dict[str, Any]]] = {}
        self.versions: dict[str, list[dict[str, Any]]] = {}
        self.projects = ["OPS"]
        self.zone = zone
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[httpx.Request] = []
        self.is_cloud = True
        self.odd: Callable[[str, dict[str, Any]], httpx.Response | None] = lambda _, __: None

    def queries(self) -> list[str]:
        """Return the instants that searches asked for, as they were written."""
        return [
            found[2]
            for path, asked in self.asked
            if "search" in path and (found := QUERY.match(asked.get("jql", "")))
        ]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query: dict[str, Any] = dict(request.url.params)
        if request.method == "POST":
            query |= json.loads(request.content)
        path = re.sub(r"^/rest/api/[23]", "", request.url.path)
        self.asked.append((path, query))
        self.requests.append(request)
        return self.odd(path, query) or self._answer(path, query)

    def _answer(self, path: str, query: dict[str, Any]) -> httpx.Response:
        if path == "/myself":
            return json_reply({"accountId": "1", "timeZone": self.zone})
        if path == "/project/search":
            return json_reply(self._listed([{"key": key} for key in self.projects], query))
        if path == "/project":
            return json_reply([{"key": key} for key in self.projects])
        if path.endswith("/version"):
            return json_reply(self._listed(self.versions.get(path.split("/")[2], []), query))
        if path == "/changelog/bulkfetch":
            return json_reply(self._changelogs(query))
        if path.startswith("/rest/servicedeskapi/request/"):
            found = self.approvals.get(path.split("/")[4])
            if found is None:
                return json_reply({"errorMessage": "no request"}, 404)
            return json_reply({"size": len(found), "isLastPage": True, "values": found})
        if path == "/search/jql" and self.is_cloud:
            return self._search(query)
        if path == "/search" and not self.is_cloud:
            return self._old_search(query)
        return json_reply({"errorMessages": ["The requested API has been removed."]}, 410)

    def _listed(self, rows: list[dict[str, Any]], query: dict[str, Any]) -> dict[str, Any]:
        at, size = int(query["startAt"]), int(query["maxResults"])
        shown = rows[at : at + size]
        return {
            "startAt": at,
            "maxResults": size,
            "total": len(rows),
            "isLast": at + size >= len(rows),
            "values": shown,
        }

    def found(self, query: dict[str, Any]) -> list[dict[str, Any]] | None:
        """Return the issues of a query, or None if it is not one that Jira understands."""
        match = QUERY.match(query["jql"])
        if match is None or match[1] not in self.projects:
            return None
        begin = datetime.strptime(match[2], "%Y/%m/%d %H:%M").replace(tzinfo=ZoneInfo(self.zone))
        rows = [row for row in self.issues if row["fields"]["project"]["key"] == match[1]]
        rows = [row for row in rows if _updated(row) >= begin.astimezone(UTC)]
        return sorted(rows, key=_updated)

    def _search(self, query: dict[str, Any]) -> httpx.Response:
        rows = self.found(query)
        if rows is None:
            return json_reply({"errorMessages": ["The value does not exist."]}, 400)
        at, size = (
            int(query.get("nextPageToken", "token-0").split("-")[1]),
            int(query["maxResults"]),
        )
        more = {"nextPageToken": f"token-{at + size}"} if at + size < len(rows) else {}
        return json_reply({"issues": rows[at : at + size], "isLast": False, **more})

    def _old_search(self, query: dict[str, Any]) -> httpx.Response:
        rows = self.found(query)
        if rows is None:
            return json_reply({"errorMessages": ["The value does not exist."]}, 400)
        at, size = int(query["startAt"]), int(query["maxResults"])
        shown = [{**row, "changelog": self._histories(row["id"])} for row in rows[at : at + size]]
        return json_reply({"issues": shown, "total": len(rows), "startAt": at, "maxResults": size})

    def _histories(self, number: str) -> dict[str, Any]:
        histories = [
            {**one, "created": moment(datetime.fromtimestamp(one["created"] / 1000, UTC))}
            for one in self.changes.get(number, [])
        ]
        return {"histories": histories, "total": len(histories)}

    def _changelogs(self, query: dict[str, Any]) -> dict[str, Any]:
        wanted = [key for key in query["issueIdsOrKeys"] if key in self.changes]
        at = int(query.get("nextPageToken", "0"))
        logs = [{"issueId": key, "changeHistories": self.changes[key]} for key in wanted]
        more = {"nextPageToken": str(at + 1)} if at + 1 < len(logs) else {}
        return {"issueChangeLogs": logs[at : at + 1], **more}


def _updated(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["fields"]["updated"])
