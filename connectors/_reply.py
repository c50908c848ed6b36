"""Understand one HTTP reply: pure functions on status, headers and bytes."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors._contract import LimitRule

LIMIT_STATUSES = (403, 429)
# GitHub asks for a minute where its secondary limit names no time:
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
SECONDARY_LIMIT_SECONDS = 60.0
MESSAGE_LENGTH = 200
NEXT_LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?')
UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Reply:
    """Carry one good reply: the bytes, what they say, and where the next page is.

    `next_url` is the Link header's next address on the same host; `is_unchanged` marks a 304.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    data: Any
    received_at: datetime
    next_url: str | None = None
    is_unchanged: bool = False

    def with_data(self, data: Any) -> "Reply":
        """Return the reply with what its bytes say."""
        return replace(self, data=data)

    @property
    def etag(self) -> str | None:
        """Return the reply's entity tag."""
        return self.headers.get("etag")

    @property
    def media_type(self) -> str:
        """Return the content type without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


def parse_json(body: bytes, *, takes_last: bool = False) -> Any:
    """Return what strict JSON says; of a key named twice the last value, if `takes_last`.

    Errors: ValueError for bytes that are no UTF-8, no JSON, not finite, ambiguous or too deep.
    """
    try:
        text = body.removeprefix(UTF8_MARK).decode("utf-8")
        return json.loads(
            text,
            object_pairs_hook=dict if takes_last else _unambiguous,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except RecursionError as exc:
        raise ValueError("it is nested too deeply") from exc


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("an object names the same key twice")
    return record


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def looks_like_html(body: bytes, media_type: str) -> bool:
    """Return whether a reply is a web page, whatever it says it is."""
    start = body[:512].lstrip(UTF8_MARK + b" \t\r\n").lower()
    return media_type == "text/html" or start.startswith((b"<!doctype html", b"<html"))


def next_link(headers: Mapping[str, str]) -> str | None:
    """Return the address of the next page from a Link header (RFC 8288)."""
    found = NEXT_LINK.search(headers.get("link", ""))
    return found.group(1) if found else None


def spoken_message(body: bytes) -> str:
    """Return what the source says in an error reply: one short line without control characters."""
    try:
        said = parse_json(body)
    except ValueError:
        return ""
    for _ in range(2):
        if isinstance(said, dict):
            said = next((said[key] for key in ("message", "error", "detail") if key in said), "")
    text = said if isinstance(said, str) else ""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MESSAGE_LENGTH]


def server_time(headers: Mapping[str, str], *, fallback: datetime) -> datetime:
    """Return the source's own time, so that a wait does not depend on our clock."""
    return _parse_http_date(headers.get("date", "")) or fallback


def limit_wait(
    status: int, headers: Mapping[str, str], *, body: bytes, rule: LimitRule, now: datetime
) -> float | None:
    """Return how many seconds the source asks to wait, or None when no limit is meant.

    Source: RFC 9110 section 10.2.3 (Retry-After); the rest is the source's `rule`.
    """
    if status not in LIMIT_STATUSES or (status == 403 and not rule.is_403_a_limit):
        return None
    stated = _retry_after(headers, now=now)
    if stated is None and (status == 429 or is_used_up(headers, rule=rule)):
        stated = _reset_wait(headers, rule=rule, now=now)
    if stated is None and (status == 429 or b"rate limit" in body[:4096].lower()):
        return SECONDARY_LIMIT_SECONDS
    return stated


def is_used_up(headers: Mapping[str, str], *, rule: LimitRule) -> bool:
    """Return whether a reply says that no request is left."""
    return bool(rule.remaining_header) and headers.get(rule.remaining_header, "").strip() == "0"


def reset_wait(headers: Mapping[str, str], *, rule: LimitRule, now: datetime) -> float | None:
    """Return the seconds until a used-up limit is filled again, or None if requests are left."""
    return _reset_wait(headers, rule=rule, now=now) if is_used_up(headers, rule=rule) else None


def _retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        moment = _parse_http_date(text)
        return max(0.0, (moment - now).total_seconds()) if moment else None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _reset_wait(headers: Mapping[str, str], *, rule: LimitRule, now: datetime) -> float | None:
    try:
        number = float(headers.get(rule.reset_header, ""))
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    if rule.reset_is == "seconds":
        return max(0.0, number)
    return max(0.0, number - now.timestamp())


def _parse_http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def backoff(attempt: int, *, jitter: float, longest: timedelta = timedelta(seconds=30)) -> float:
    """Return the seconds before try `attempt` + 1: doubling, and a quarter of it random."""
    return min(longest.total_seconds(), 0.5 * 2.0**attempt) * (0.75 + jitter / 2)
