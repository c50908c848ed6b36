"""PagerDuty's REST API answered from the sample company.

Source: https://developer.pagerduty.com/api-reference. `since` and `until` filter by creation, the
span may not exceed six months and defaults to one; offset plus limit may not exceed 10,000.
"""

import orjson

from data.sandbox.replies import Query, Reply, array, epoch, error, first, number
from data.sandbox.world import World

_STREAMS = {
    f"/{name}": name
    for name in ("incidents", "log_entries", "services", "change_events", "oncalls")
}
_MONTH, _SIX_MONTHS, _MAX_OFFSET = 31 * 86400, 184 * 86400, 10_000


class PagerdutyApi:
    """Answers GET requests below the API root."""

    def __init__(self, world: World) -> None:
        """Keep the world whose incidents are shown."""
        self.world = world

    def is_allowed(self, authorization: str) -> bool:
        """Return whether the Authorization header is right."""
        token = self.world.tokens.pagerduty
        return authorization in {f"Token token={token}", f"Bearer {token}"}

    @staticmethod
    def refusal() -> Reply:
        """Return the answer to a wrong or missing token."""
        return error(401, {"error": {"message": "Authentication failed", "code": 2006}})

    def answer(self, path: str, query: Query, *, at: int, root: str) -> Reply:
        """Return the reply to one request as of a simulated instant."""
        stream = _STREAMS.get(path)
        if stream is None:
            return error(404, {"error": {"message": "Not Found", "code": 2100}})
        limit = min(max(number(query, "limit", 25), 1), 100)
        offset = number(query, "offset", 0)
        if offset + limit > _MAX_OFFSET:
            return _invalid("Offset must be less than 10000")
        try:
            low, high = _span(query, at) if stream != "services" else (0, at)
        except ValueError as problem:
            return _invalid(str(problem))
        rows = [
            row
            for row in self.world.records("pagerduty", stream)
            if low <= row.sort_at < high + (stream == "services") and row.changed_at(at) is not None
        ]
        is_descending = stream == "log_entries" or first(query, "sort_by").endswith(":desc")
        rows.sort(key=lambda row: (row.sort_at, row.key), reverse=is_descending)
        bodies = [body for body in (row.body_at(at) for row in rows) if body is not None]
        bodies = _filtered(bodies, query) if stream == "incidents" else bodies
        page = {
            "limit": limit,
            "offset": offset,
            "total": len(bodies) if first(query, "total") == "true" else None,
            "more": offset + limit < len(bodies),
            stream: orjson.Fragment(array(bodies[offset : offset + limit])),
        }
        return Reply(orjson.dumps(page))


def _filtered(bodies: list[bytes], query: Query) -> list[bytes]:
    wanted = [f'"status":"{v}"'.encode() for k, v in query if k in {"statuses[]", "statuses"}]
    return [b for b in bodies if any(mark in b for mark in wanted)] if wanted else bodies


def _span(query: Query, at: int) -> tuple[int, int]:
    """Return the span of creation that is asked for.

    Errors: ValueError for an unreadable date or a span beyond six months.
    """
    if first(query, "date_range") == "all":
        return 0, at + 1
    since, until = first(query, "since"), first(query, "until")
    high = epoch(until) if until else at + 1
    low = epoch(since) if since else high - _MONTH
    if high - low > _SIX_MONTHS:
        message = "The date range can not exceed 6 months"
        raise ValueError(message)
    return low, high


def _invalid(message: str) -> Reply:
    problem = {"message": "Arguments Caused Error", "code": 2002, "errors": [message]}
    return error(400, {"error": problem})
