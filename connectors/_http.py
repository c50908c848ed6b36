"""Talk HTTP: the only place that opens sockets, waits, retries, obeys limits and checks hosts.

Each fault ends in one class of `_errors`; how often each is tried stands in `TRIES`.
Time, sleep and randomness come in as arguments. Proxies and .netrc of the machine are ignored.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock

import httpx

from connectors import _reply
from connectors._addresses import AddressBlocked, AddressGuard
from connectors._contract import Access
from connectors._errors import (
    BadPayload,
    BudgetSpent,
    ConnectorError,
    DeadlineExceeded,
    RateLimited,
    SourceBroken,
    TlsRejected,
)
from connectors._faults import Faults
from connectors._reply import Reply
from connectors._transport import CONNECT_SECONDS, READ_SECONDS, Deadline, open_transport

TRIES: Mapping[str, int] = {
    "server_error": 5,
    "unreachable": 3,
    "timeout": 3,
    "bad_payload": 3,
    "rate_limited": 10,
}
MOST_REDIRECTS = 3
LONGEST_WAIT_SECONDS = 15 * 60.0
DEADLINE_SECONDS = 120.0
PAGE_BYTES = 50 * 1024 * 1024
TIMEOUT = {
    "connect": CONNECT_SECONDS,
    "read": READ_SECONDS,
    "write": READ_SECONDS,
    "pool": READ_SECONDS,
}
REDIRECTS = (301, 302, 303, 307, 308)

Parameters = Mapping[str, str | int | list[str]]


class _Moved(Exception):
    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(location)


class HttpClient:
    """Fetch JSON pages of one source; counts what it asked for and received."""

    def __init__(
        self,
        access: Access,
        *,
        source: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
        jitter: Callable[[], float],
        transport: httpx.BaseTransport | None = None,
        deadline_seconds: float = DEADLINE_SECONDS,
        page_bytes: int = PAGE_BYTES,
        budget: int | None = None,
        guard: AddressGuard | None = None,
    ) -> None:
        """Open the client; no connection is made before the first request.

        With `guard`, it connects only to addresses that the guard allows.
        Units: `budget` in requests, `deadline_seconds` for one whole reply.
        """
        self.calls = 0
        self.bytes = 0
        self.unchanged = 0
        self.skew_seconds: float | None = None
        self._access = access
        self._base = httpx.URL(access.base_url.rstrip("/"))
        self._faults = Faults(source, access)
        self._clock = clock
        self._sleep = sleep
        self._monotonic = monotonic
        self._jitter = jitter
        self._deadline_seconds = deadline_seconds
        self._page_bytes = page_bytes
        self._budget = budget
        self._blocked_until = float("-inf")
        self._deadline = Deadline()
        self._lock = Lock()
        # The transport is used without httpx's client: no redirect, cookie, proxy or .netrc of its
        # own, and nothing that could log or repeat a header.
        self._transport = transport or open_transport(
            self._deadline,
            monotonic=monotonic,
            ca_bundle=str(access.ca_bundle) if access.ca_bundle else None,
            guard=guard,
        )
        self._headers = {
            "accept": access.accept,
            "accept-encoding": "gzip",
            "user-agent": "leadline",
        }

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def fetch(
        self,
        address: str,
        *,
        stream: str,
        params: Parameters | None = None,
        etag: str | None = None,
        search: Mapping[str, object] | None = None,
        answers: frozenset[int] = frozenset(),
    ) -> Reply:
        """Return one JSON reply; `address` is a path below the base address or a next link.

        With `etag` the reply may be an unchanged one (304), which costs no quota. With `search` it
        is asked for by POST, for interfaces that take what is wanted as a JSON body. A status of
        400 and above is an error unless it is one of `answers`.
        Errors: every class of `_errors` that names a fault of HTTP.
        """
        url = self._resolve(address, stream=stream, params=params)
        wanted = None if search is None else json.dumps(search).encode()
        tried: Counter[str] = Counter()
        while True:
            try:
                return self._try(url, stream=stream, etag=etag, wanted=wanted, answers=answers)
            except _Moved as moved:
                tried["redirect"] += 1
                if tried["redirect"] > MOST_REDIRECTS:
                    raise self._faults.foreign("itself in a circle", stream=stream) from None
                url = self._resolve(str(url.join(moved.location)), stream=stream)
            except (SourceBroken, BadPayload, RateLimited) as exc:
                self._wait_or_give_up(exc, tried)

    def deliver(self, body: bytes, *, stream: str) -> Reply:
        """Hand over one JSON body by POST to the base address; what is replied may be anything.

        It may be tried again, so the receiver should know it by a header. Redirects are refused.
        Errors: every class of `_errors` that names a fault of HTTP.
        """
        tried: Counter[str] = Counter()
        while True:
            try:
                return self._try(
                    self._base, stream=stream, etag=None, wanted=body, takes_anything=True
                )
            except _Moved as moved:
                where = self._base.join(moved.location).host or "itself"
                raise self._faults.foreign(where, stream=stream) from None
            except (SourceBroken, RateLimited) as exc:
                self._wait_or_give_up(exc, tried)

    # -- one try ---------------------------------------------------------------------------------

    def _try(
        self,
        url: httpx.URL,
        *,
        stream: str,
        etag: str | None,
        wanted: bytes | None,
        takes_anything: bool = False,
        answers: frozenset[int] = frozenset(),
    ) -> Reply:
        self._await_turn(stream)
        self._deadline.at = self._monotonic() + self._deadline_seconds
        try:
            response = self._send(url, etag=etag, wanted=wanted)
            try:
                body = self._read(response, stream=stream, url=url)
            finally:
                response.close()
        except AddressBlocked:
            raise self._faults.private(stream=stream) from None
        except httpx.TransportError as exc:
            if self._monotonic() >= self._deadline.at:
                raise self._faults.late(self._deadline_seconds, stream=stream) from None
            raise self._faults.transport(exc, stream=stream) from None
        except httpx.DecodingError:
            why = "its compression is broken"
            raise self._faults.payload(why, stream=stream, url=url) from None
        self._obey_limits(response, body, stream=stream)
        return self._judge(
            response,
            body,
            stream=stream,
            url=url,
            takes_anything=takes_anything,
            answers=answers,
        )

    def _send(self, url: httpx.URL, *, etag: str | None, wanted: bytes | None) -> httpx.Response:
        secrets = self._access.headers
        headers = self._headers | {name: secrets[name].get_secret_value() for name in secrets}
        if etag:
            headers["if-none-match"] = etag
        if wanted is not None:
            headers["content-type"] = "application/json"
        request = httpx.Request(
            "GET" if wanted is None else "POST",
            url,
            headers=headers,
            content=wanted,
            extensions={"timeout": TIMEOUT},
        )
        response = self._transport.handle_request(request)
        response.request = request
        return response

    def _read(self, response: httpx.Response, *, stream: str, url: httpx.URL) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > self._page_bytes:
                why = f"it is larger than {self._page_bytes} bytes; ask for smaller pages"
                kept = b"".join(parts)
                raise self._faults.payload(why, stream=stream, url=url, body=kept, is_final=True)
            if self._monotonic() >= self._deadline.at:
                raise self._faults.late(self._deadline_seconds, stream=stream)
        with self._lock:
            self.bytes += size
        return b"".join(parts)

    def _obey_limits(self, response: httpx.Response, body: bytes, *, stream: str) -> None:
        headers, rule = response.headers, self._access.limit
        own = self._clock()
        now = _reply.server_time(headers, fallback=own)
        if "date" in headers:
            self.skew_seconds = (now - own).total_seconds()
        wait = _reply.limit_wait(response.status_code, headers, body=body, rule=rule, now=now)
        if wait is not None:
            self._block(wait)
            raise self._faults.limited(wait, stream=stream)
        ahead = _reply.reset_wait(headers, rule=rule, now=now)
        if ahead is not None:
            self._block(ahead)

    def _judge(
        self,
        response: httpx.Response,
        body: bytes,
        *,
        stream: str,
        url: httpx.URL,
        takes_anything: bool,
        answers: frozenset[int],
    ) -> Reply:
        status, headers = response.status_code, response.headers
        if status in REDIRECTS and headers.get("location"):
            raise _Moved(headers["location"])
        is_answer = status in answers and not _reply.looks_like_html(body, "")
        if status >= 400 and not is_answer:
            raise self._faults.refused(status, body, stream=stream, url=url)
        following = _reply.next_link(headers)
        reply = Reply(
            url=str(url),
            status=status,
            headers=headers,
            body=body,
            data=None,
            received_at=self._clock(),
            next_url=str(url.join(following)) if following else None,
            is_unchanged=status == 304,
        )
        if reply.is_unchanged:
            with self._lock:
                self.unchanged += 1
            return reply
        if takes_anything:
            return reply
        if _reply.looks_like_html(body, reply.media_type):
            raise self._faults.login_page(stream=stream)
        try:
            return reply.with_data(_reply.parse_json(body))
        except ValueError as exc:
            raise self._faults.payload(str(exc), stream=stream, url=url, body=body) from None

    # -- waiting ---------------------------------------------------------------------------------

    def _await_turn(self, stream: str) -> None:
        left = self._blocked_until - self._monotonic()
        if left > LONGEST_WAIT_SECONDS:
            raise self._faults.limited(left, stream=stream)
        if left > 0:
            self._sleep(left)
        with self._lock:
            if self._budget is not None and self.calls >= self._budget:
                raise self._faults.budget(self._budget, stream=stream)
            self.calls += 1

    def _block(self, seconds: float) -> None:
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._monotonic() + seconds)

    def _wait_or_give_up(self, error: ConnectorError, tried: Counter[str]) -> None:
        tried[error.code] += 1
        is_hopeless = isinstance(error, BudgetSpent | TlsRejected | DeadlineExceeded) or (
            isinstance(error, BadPayload) and error.is_final
        )
        if is_hopeless or tried[error.code] >= TRIES[error.code]:
            raise error from None
        if not isinstance(error, RateLimited):
            self._sleep(_reply.backoff(tried[error.code], jitter=self._jitter()))
        elif (error.retry_after or 0.0) > LONGEST_WAIT_SECONDS:
            raise error from None

    def _resolve(self, address: str, *, stream: str, params: Parameters | None = None) -> httpx.URL:
        if address.startswith("/"):
            query = {name: _text(value) for name, value in params.items()} if params else None
            return httpx.URL(f"{self._base}{address}", params=query)
        url, base = httpx.URL(address), self._base
        if (url.scheme, url.host, url.port) != (base.scheme, base.host, base.port):
            raise self._faults.foreign(url.host or url.scheme, stream=stream)
        return url


def _text(value: str | int | list[str]) -> str | list[str]:
    return value if isinstance(value, list) else str(value)
