"""What the sandbox's handlers share: a reply, query parameters and page arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import orjson

Query = list[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """One answer, before the headers that differ at every request."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def error(status: int, body: Mapping[str, object]) -> Reply:
    """Return an error reply with a JSON body."""
    return Reply(orjson.dumps(body), status)


def read_query(raw: str) -> Query:
    """Return the decoded parameters in their order."""
    return parse_qsl(raw, keep_blank_values=True)


def first(query: Query, name: str, default: str = "") -> str:
    """Return a parameter's first value."""
    return next((value for key, value in query if key == name), default)


def number(query: Query, name: str, default: int) -> int:
    """Return a whole, non-negative parameter, or the default where it is not a number."""
    text = first(query, name)
    return int(text) if text.isdigit() else default


def with_values(query: Query, **values: int) -> str:
    """Return the encoded query with some parameters replaced."""
    kept = [(key, value) for key, value in query if key not in values]
    return urlencode([*kept, *((key, str(value)) for key, value in values.items())])


def epoch(text: str) -> int:
    """Return the instant that a parameter states; one without a zone is UTC.

    Errors: ValueError when the text is no date.
    """
    parsed = datetime.fromisoformat(text)
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())


def array(bodies: Sequence[bytes]) -> bytes:
    """Return rendered records as one JSON array."""
    return b"[" + b",".join(bodies) + b"]"
