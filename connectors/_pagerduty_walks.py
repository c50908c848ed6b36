"""Walk PagerDuty's lists: windows of creation time, offsets inside a window.

Source: https://developer.pagerduty.com/docs/pagination (offset plus limit at most 10,000) and the
reference of /incidents and /log_entries.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connectors._contract import Page, Refusal, State, Stream
from connectors._errors import PaginationLoop, UnexpectedShape
from connectors._http import HttpClient
from connectors._paging import (
    LoopGuard,
    Record,
    go_on_after,
    make_page,
    records_of,
    understanding,
)
from connectors._reply import Reply

FORM = "%Y-%m-%dT%H:%M:%SZ"
PER_PAGE = 100
MOST_ROWS = 10_000
WINDOW = timedelta(days=179)
SHORTEST = timedelta(seconds=2)
OPEN = ("triggered", "acknowledged")
# What is said about an incident without changing it.
QUIET = ("annotate_log_entry", "notify_log_entry")

Learn = Callable[[list[Record]], None]


@dataclass(frozen=True)
class PagerDutyWalk:
    """Carry what reading one stream needs."""

    client: HttpClient
    source: str
    stream: Stream
    known: State
    reached: State
    since: datetime | None
    history_days: int
    now: datetime

    def start(self) -> datetime:
        """Return the first instant to ask for: the cursor minus the overlap, or the history."""
        if through := self.known.get("through"):
            return _instant(through) - timedelta(seconds=self.stream.overlap_seconds)
        return self.since or self.now - timedelta(days=self.history_days)

    def ask(self, address: str, *, offset: int, **params: str) -> Reply:
        """Return one page of a list."""
        asked: dict[str, str | int] = {"limit": PER_PAGE, "offset": offset, **params}
        return self.client.fetch(address, stream=self.stream.name, params=asked)

    def records(self, reply: Reply) -> list[Record]:
        """Return the records of one page."""
        return records_of(
            reply, source=self.source, stream=self.stream.name, path=self.stream.records_path
        )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime(FORM)


def service_pages(walk: PagerDutyWalk) -> Iterator[Page | Refusal]:
    """Yield all services; there are few, and nothing says which changed."""
    guard = LoopGuard(walk.source, walk.stream.name)
    offset = int(walk.reached.get("offset", 0))
    is_more = True
    while is_more:
        reply = walk.ask("/services", offset=offset)
        records = walk.records(reply)
        offset += PER_PAGE
        is_more = bool(reply.data.get("more"))
        guard.check(reply, row_count=len(records), following=str(offset) if is_more else None)
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(records),
            checkpoint={"offset": offset, "cursor": {}},
        )


def event_pages(walk: PagerDutyWalk) -> Iterator[Page | Refusal]:
    """Yield what happened since the cursor minus the overlap."""
    yield from _windows(walk, f"/{walk.stream.name}", cursor=lambda: {"through": _text(walk.now)})


def incident_pages(walk: PagerDutyWalk) -> Iterator[Page | Refusal]:
    """Yield incidents created since the cursor minus the overlap, then older ones that changed.

    The cursor keeps when each open incident was created, so that the list finds it again.
    """
    still_open: dict[str, str] = dict((walk.reached.get("cursor") or walk.known).get("open", {}))
    seen: set[str] = set()

    def learn(records: list[Record]) -> None:
        for record in records:
            number = str(record["id"])
            seen.add(number)
            still_open.pop(number, None)
            if record.get("status") in OPEN:
                created_at = str(record["created_at"])
                _instant(created_at)  # what the next run could not read does not become a cursor
                still_open[number] = created_at

    def cursor() -> dict[str, Any]:
        return {"through": _text(walk.now), "open": dict(sorted(still_open.items()))}

    yield from _windows(walk, "/incidents", cursor=cursor, learn=learn, sort_by="created_at:asc")
    for number, created_at in sorted(walk.known.get("open", {}).items()):
        if number not in seen:
            created = _instant(created_at)
            window = _Window(created, created + timedelta(seconds=1))
            reply = walk.ask("/incidents", offset=0, **window.span())
            yield from _window_pages(
                walk, "/incidents", window, reply, cursor=cursor, learn=learn, is_again=True
            )
    if walk.known.get("through"):
        for number in sorted(_changed_since(walk) - seen):
            yield from go_on_after(
                partial(_one_incident, walk, number, learn=learn, cursor=cursor),
                stream=walk.stream.name,
                read_at=walk.now,
                context={"incident_id": number},
                is_final=True,
            )


def _one_incident(
    walk: PagerDutyWalk, number: str, *, learn: Learn, cursor: Callable[[], dict[str, Any]]
) -> Iterator[Page]:
    reply = walk.client.fetch(f"/incidents/{number}", stream=walk.stream.name)
    record = reply.data.get("incident") if isinstance(reply.data, dict) else None
    if not isinstance(record, dict):
        raise UnexpectedShape(
            "the reply has no incident; the source may have changed its interface",
            source=walk.source,
            stream=walk.stream.name,
            body=reply.body,
            url=reply.url,
        )
    with understanding(reply, source=walk.source, stream=walk.stream.name):
        learn([record])
    yield make_page(
        reply,
        stream=walk.stream,
        row_count=1,
        # Kept in the shape of the list, so that one query reads both.
        decoded=json.dumps({"incidents": [record]}, ensure_ascii=False).encode(),
        checkpoint={"through": _text(walk.now), "cursor": cursor()},
    )


def _changed_since(walk: PagerDutyWalk) -> set[str]:
    """Return the incidents that the log names since the cursor minus the overlap.

    Errors: PaginationLoop when the shortest window still holds more than offsets reach.
    """
    changed: set[str] = set()
    windows = _split(walk.start(), walk.now)
    while windows:
        window = windows.pop()
        named = _named_in(walk, window)
        if named is not None:
            changed |= named
        elif window.is_shortest:
            raise PaginationLoop(
                f"more than {MOST_ROWS} log entries within {SHORTEST.seconds} seconds of "
                f"{window.span()['since']} are out of reach; report this to the source's support",
                source=walk.source,
                stream=walk.stream.name,
            )
        else:
            windows += window.halves()
    return changed - {""}


def _named_in(walk: PagerDutyWalk, window: "_Window") -> set[str] | None:
    """Return the incidents that the log names in a window, or None when it holds too much."""
    guard = LoopGuard(walk.source, walk.stream.name)
    named: set[str] = set()
    offset, is_more = 0, True
    while is_more:
        if offset + PER_PAGE > MOST_ROWS:
            return None
        reply = walk.ask("/log_entries", offset=offset, **window.span())
        entries = records_of(
            reply, source=walk.source, stream=walk.stream.name, path="$.log_entries"
        )
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            named.update(
                str((entry.get("incident") or {}).get("id", ""))
                for entry in entries
                if entry.get("type") not in QUIET
            )
        offset += PER_PAGE
        is_more = bool(reply.data.get("more"))
        guard.check(reply, row_count=len(entries), following=str(offset) if is_more else None)
    return named


@dataclass(frozen=True)
class _Window:
    """Say which rows to ask for: created in a span of time, from an offset on."""

    first: datetime
    last: datetime
    offset: int = 0

    def span(self) -> dict[str, str]:
        return {"since": _text(self.first), "until": _text(self.last)}

    @property
    def is_shortest(self) -> bool:
        """Return whether halving it would ask for the same seconds again."""
        return self.last - self.first <= SHORTEST

    def halves(self) -> list["_Window"]:
        """Return the later and the earlier half, as a stack pops them."""
        middle = self.first + (self.last - self.first) / 2
        return [_Window(middle, self.last), _Window(self.first, middle)]


def _open_windows(walk: PagerDutyWalk) -> list[_Window]:
    """Return the windows up to now, latest first, after what an interrupted run had read."""
    windows = []
    begin = walk.start()
    if through := walk.reached.get("through"):
        begin = _instant(through)
    if span := walk.reached.get("window"):
        first, last, offset = span
        windows.append(_Window(_instant(first), _instant(last), offset))
        begin = _instant(last)
    return [*_split(begin, walk.now), *windows]


def _split(begin: datetime, end: datetime) -> list[_Window]:
    """Return windows the source allows that cover a span of time, latest first."""
    windows = []
    while begin < end:
        windows.append(_Window(begin, min(begin + WINDOW, end)))
        begin += WINDOW
    return windows[::-1]


def _windows(
    walk: PagerDutyWalk,
    address: str,
    *,
    cursor: Callable[[], dict[str, Any]],
    learn: Learn = lambda _: None,
    **params: str,
) -> Iterator[Page]:
    """Yield the pages of all windows up to now; one with too many rows is halved."""
    windows = _open_windows(walk)
    while windows:
        window = windows.pop()
        asked = {**params, **window.span(), "total": "true"}
        reply = walk.ask(address, offset=window.offset, **asked)
        total = reply.data.get("total") if isinstance(reply.data, dict) else None
        is_full = isinstance(total, int) and total > MOST_ROWS
        if is_full and not window.is_shortest:
            windows += window.halves()
            continue
        is_whole = isinstance(total, int) and not window.offset
        yield from _window_pages(
            walk,
            address,
            window,
            reply,
            total=total if is_whole else None,
            cursor=cursor,
            learn=learn,
            params=params,
        )


def _window_pages(
    walk: PagerDutyWalk,
    address: str,
    window: _Window,
    reply: Reply,
    *,
    cursor: Callable[[], dict[str, Any]],
    learn: Learn,
    total: int | None = None,
    params: Mapping[str, str] | None = None,
    is_again: bool = False,
) -> Iterator[Page]:
    guard = LoopGuard(walk.source, walk.stream.name)
    offset = window.offset
    while True:
        records = walk.records(reply)
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            learn(records)
        offset += PER_PAGE
        is_more = bool(reply.data.get("more"))
        guard.check(reply, row_count=len(records), following=str(offset) if is_more else None)
        span = window.span()
        through = _text(walk.now) if is_again else span["until"]
        rest = {} if is_again or not is_more else {"window": [*span.values(), offset]}
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(records),
            reported_total=total,
            total_of=span["since"],
            checkpoint={"through": through, **rest, "cursor": cursor()},
        )
        if not is_more:
            return
        reply = walk.ask(address, offset=offset, **{**(params or {}), **span})
