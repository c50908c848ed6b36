"""A clock that only moves when told, and a server that is a function."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx

from connectors._contract import Access, Connector, Page, Refusal, Resume, State
from connectors._http import HttpClient

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
CANARY = "CANARY_4f1d2c9be0a7"

Handler = Callable[[httpx.Request], httpx.Response]


class FakeTime:
    """Time for a client: sleeping moves it at once and is written down."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now
        self.seconds = 0.0
        self.slept: list[float] = []

    def clock(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)


def open_client(
    access: Access,
    handler: Handler,
    *,
    time: FakeTime | None = None,
    source: str = "acme",
    budget: int | None = None,
    page_bytes: int = 50 * 1024 * 1024,
) -> HttpClient:
    """Return a client whose server is `handler`."""
    time = time or FakeTime()
    return HttpClient(
        access,
        source=source,
        clock=time.clock,
        sleep=time.sleep,
        monotonic=time.monotonic,
        jitter=lambda: 0.5,
        transport=httpx.MockTransport(handler),
        budget=budget,
        page_bytes=page_bytes,
    )


class Script:
    """A server that gives one prepared answer after the other, and remembers what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def read(
    connector: Connector,
    stream: str,
    handler: Handler,
    *,
    cursor: State | None = None,
    resume: Resume | None = None,
    time: FakeTime | None = None,
    stop_after: int | None = None,
) -> list[Page | Refusal]:
    """Return what a connector yields for one stream; stop early to play a kill."""
    time = time or FakeTime()
    access = connector.access
    client = open_client(access, handler, time=time, source=connector.name) if access else None
    named = next(one for one in connector.streams if one.name == stream)
    items: Iterator[Page | Refusal] = connector.pages(
        named, cursor=cursor, resume=resume or Resume(), client=client, now=time.now
    )
    found: list[Page | Refusal] = []
    for item in items:
        found.append(item)
        if stop_after is not None and len(found) >= stop_after:
            break
    return found


def next_cursor(
    connector: Connector, stream: str, items: list[Page | Refusal], cursor: State | None = None
) -> State | None:
    """Return the cursor a complete run with these items leaves."""
    named = next(one for one in connector.streams if one.name == stream)
    return connector.next_cursor(named, cursor=cursor, checkpoints=checkpoints(items))


def checkpoints(items: list[Page | Refusal]) -> dict[str, State]:
    """Return the last checkpoint of each partition."""
    return {
        str(item.checkpoint.get("partition", "")): item.checkpoint
        for item in items
        if item.checkpoint and "child" not in item.checkpoint
    }


def resume_from(items: list[Page | Refusal]) -> Resume:
    """Return how far a run came that was killed after these items."""
    children = {
        item.checkpoint["child"] for item in items if item.checkpoint and "child" in item.checkpoint
    }
    return Resume(checkpoints=checkpoints(items), children=frozenset(children))


def pages_of(items: list[Page | Refusal], stream: str) -> list[Page]:
    """Return the pages of one stream."""
    return [item for item in items if isinstance(item, Page) and item.stream == stream]


def json_reply(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Return a JSON answer."""
    return httpx.Response(status, json=data, headers=dict(headers or {}))


def http_date(moment: datetime) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(moment, usegmt=True)


def read_all(connector: Connector, stream: str) -> list[Page]:
    """Return the pages that a real server gives for one stream, in real time."""
    assert connector.access is not None
    client = HttpClient(
        connector.access,
        source=connector.name,
        clock=lambda: datetime.now(UTC),
        sleep=time.sleep,
        monotonic=time.monotonic,
        jitter=lambda: 0.5,
    )
    named = next(one for one in connector.streams if one.name == stream)
    items = connector.pages(
        named, cursor=None, resume=Resume(), client=client, now=datetime.now(UTC)
    )
    try:
        return pages_of(list(items), stream)
    finally:
        client.close()
