"""ServiceNow's Table API answered from the sample company.

An encoded query is a list of conditions joined by `^` (and), where `^OR` widens the condition
before it and `^NQ` starts another query whose rows are added; `ORDERBY` sorts.
"""

import base64
import re
from collections.abc import Callable

import orjson

from data.sandbox.replies import Query, Reply, array, error, first, number, with_values
from data.sandbox.world import World

_TABLES = {
    "incident",
    "change_request",
    "change_task",
    "problem",
    "sysapproval_approver",
    "cmdb_ci",
    "cmdb_rel_ci",
}
_DEFAULT_LIMIT = 10_000
Row = dict[str, object]
Test = Callable[[Row], bool]
_CONDITION = re.compile(
    r"^([a-z0-9_.]+)(>=|<=|!=|>|<|=|IN|LIKE|STARTSWITH|ISEMPTY|ISNOTEMPTY)(.*)$"
)


class ServicenowApi:
    """Answers GET requests below the instance's root."""

    def __init__(self, world: World) -> None:
        """Prepare the accepted credentials."""
        self.world = world
        pair = f"{world.tokens.servicenow_user}:{world.tokens.servicenow_password}"
        basic = base64.b64encode(pair.encode()).decode()
        self._accepted = {f"Basic {basic}", f"Bearer {world.tokens.servicenow_password}"}
        self._tables: dict[tuple[str, int], list[tuple[Row, bytes]]] = {}

    def is_allowed(self, authorization: str) -> bool:
        """Return whether the Authorization header is right."""
        return authorization in self._accepted

    @staticmethod
    def refusal() -> Reply:
        """Return the answer to wrong or missing credentials."""
        detail = "Required to provide Auth information"
        body = {"error": {"message": "User Not Authenticated", "detail": detail}}
        return error(401, {**body, "status": "failure"})

    def answer(self, path: str, query: Query, *, at: int, root: str) -> Reply:
        """Return the reply to one request as of a simulated instant."""
        table = path.removeprefix("/api/now/table/")
        if table not in _TABLES:
            message = {"message": f"Invalid table {table}", "detail": None}
            return error(400, {"error": message, "status": "failure"})
        try:
            rows = self._matching(table, first(query, "sysparm_query"), at)
        except ValueError as problem:
            message = {"message": "Invalid query", "detail": str(problem)}
            return error(400, {"error": message, "status": "failure"})
        limit = number(query, "sysparm_limit", _DEFAULT_LIMIT)
        offset = number(query, "sysparm_offset", 0)
        shown = rows[offset : offset + limit]
        fields = [name for name in first(query, "sysparm_fields").split(",") if name]
        bodies = [_narrow(row, fields) if fields else body for row, body in shown]
        headers = {"X-Total-Count": str(len(rows))}
        links = self._links(f"{root}{path}", query, limit, offset, len(rows))
        if links:
            headers["Link"] = links
        return Reply(b'{"result":' + array(bodies) + b"}", 200, headers)

    def _table(self, table: str, at: int) -> list[tuple[Row, bytes]]:
        cached = self._tables.get((table, at))
        if cached is None:
            bodies = (r.body_at(at) for r in self.world.records("servicenow", table))
            cached = [(orjson.loads(body), body) for body in bodies if body is not None]
            self._tables[table, at] = cached
        return cached

    def _matching(self, table: str, text: str, at: int) -> list[tuple[Row, bytes]]:
        test, order = read_encoded_query(text)
        rows = [pair for pair in self._table(table, at) if test(pair[0])]
        for field, is_descending in reversed(order):
            rows = _sorted(rows, field, is_descending=is_descending)
        return rows

    @staticmethod
    def _links(own: str, query: Query, limit: int, offset: int, total: int) -> str:
        if total <= limit and not offset:
            return ""
        last = ((total - 1) // limit) * limit if limit and total else 0
        targets = {"first": 0, "last": last}
        if offset:
            targets["prev"] = max(offset - limit, 0)
        if offset + limit < total:
            targets["next"] = offset + limit
        return ",".join(
            f'<{own}?{with_values(query, sysparm_limit=limit, sysparm_offset=place)}>;rel="{rel}"'
            for rel, place in targets.items()
        )


def _sorted(
    rows: list[tuple[Row, bytes]], field: str, *, is_descending: bool
) -> list[tuple[Row, bytes]]:
    return sorted(rows, key=lambda pair: _text(pair[0], field), reverse=is_descending)


def _text(row: Row, name: str) -> str:
    value = row.get(name, "")
    return str(value["value"]) if isinstance(value, dict) else str(value)


def _narrow(row: Row, fields: list[str]) -> bytes:
    return orjson.dumps({name: row[name] for name in fields if name in row})


def _condition(text: str) -> Test:
    match = _CONDITION.match(text)
    if match is None:
        message = f"cannot read condition {text!r}"
        raise ValueError(message)
    name, sign, wanted = match.groups()
    tests: dict[str, Callable[[str], bool]] = {
        ">=": lambda value: value >= wanted,
        "<=": lambda value: value <= wanted,
        "!=": lambda value: value != wanted,
        ">": lambda value: value > wanted,
        "<": lambda value: value < wanted,
        "=": lambda value: value == wanted,
        "IN": lambda value: value in wanted.split(","),
        "LIKE": lambda value: wanted.lower() in value.lower(),
        "STARTSWITH": lambda value: value.startswith(wanted),
        "ISEMPTY": lambda value: not value,
        "ISNOTEMPTY": lambda value: bool(value),
    }
    chosen = tests[sign]
    return lambda row: chosen(_text(row, name))


def read_encoded_query(text: str) -> tuple[Test, list[tuple[str, bool]]]:
    """Return the row test and the sort order that an encoded query states.

    Errors: ValueError when a condition cannot be read.
    Source: "Encoded query strings", ServiceNow product documentation.
    """
    order: list[tuple[str, bool]] = []
    queries: list[list[list[Test]]] = []
    for part in text.split("^NQ"):
        groups: list[list[Test]] = []
        for word in (word for word in part.split("^") if word):
            if word.startswith("ORDERBY"):
                is_descending = word.startswith("ORDERBYDESC")
                order.append(
                    (word.removeprefix("ORDERBYDESC").removeprefix("ORDERBY"), is_descending)
                )
            elif word.startswith("OR") and groups:
                groups[-1].append(_condition(word.removeprefix("OR")))
            else:
                groups.append([_condition(word)])
        queries.append(groups)

    def test(row: Row) -> bool:
        return any(all(any(one(row) for one in group) for group in groups) for groups in queries)

    return test, order
