"""Walk Opsgenie's lists: by creation and then by offset, alerts backwards by their last update.

Source: https://docs.opsgenie.com/docs/pagination; that offset plus limit ends at 20,000 is stated
for alerts only and holds for incidents too.
"""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
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

PER_PAGE = 100
MOST_ROWS = 20_000
BEGINNING = datetime(2010, 1, 1, tzinfo=UTC)

Learn = Callable[[list[Record]], None]


@dataclass(frozen=True)
class OpsgenieWalk:
    """Carry what reading one stream needs."""

    client: HttpClient
    source: str
    stream: Stream
    known: State
    reached: State
    context: Mapping[str, str]
    since: datetime | None
    now: datetime

    def floor(self) -> datetime:
        """Return the first instant to ask for: the cursor minus the overlap, or the settings'."""
        begin = self.since or BEGINNING
        if through := self.known.get("through"):
            overlap = timedelta(seconds=self.stream.overlap_seconds)
            begin = max(begin, datetime.fromisoformat(through) - overlap)
        return begin

    def ask(self, address: str, **params: str | int) -> tuple[Reply, list[Record]]:
        """Return one page of a list and its records."""
        reply = self.client.fetch(
            address, stream=self.stream.name, params={"limit": PER_PAGE, **params}
        )
        found = records_of(
            reply, source=self.source, stream=self.stream.name, path=self.stream.records_path
        )
        return reply, found

    def page(
        self, reply: Reply, records: list[Record], *, at: str = "", decoded: bytes | None = None,
        cursor: State,
    ) -> Page:  # fmt: skip
        """Return the page of one reply; `at` is the creation from which a run can go on."""
        return make_page(
            reply,
            stream=self.stream,
            row_count=len(records),
            context=self.context,
            checkpoint={"cursor": cursor, **({"at": at} if at else {})},
            decoded=decoded,
        )


def has_more(reply: Reply, records: list[Record]) -> bool:
    """Return whether a reply names a next page; an empty one is the end in any case."""
    return bool(records) and bool((reply.data.get("paging") or {}).get("next"))


def service_pages(walk: OpsgenieWalk) -> Iterator[Page]:
    """Yield all services; there are few, and nothing says which changed."""
    guard = LoopGuard(walk.source, walk.stream.name)
    offset, is_more = 0, True
    while is_more:
        reply, records = walk.ask("/v1/services", offset=offset)
        offset += PER_PAGE
        is_more = has_more(reply, records)
        guard.check(reply, row_count=len(records), following=str(offset) if is_more else None)
        yield walk.page(reply, records, cursor={})


def incident_pages(walk: OpsgenieWalk) -> Iterator[Page | Refusal]:
    """Yield incidents by creation, then those that were open, however old they are."""
    still_open = set((walk.reached.get("cursor") or walk.known).get("open", []))
    seen: set[str] = set()

    def learn(records: list[Record]) -> None:
        for record in records:
            number = str(record["id"])
            seen.add(number)
            still_open.discard(number)
            if record["status"] == "open":
                still_open.add(number)

    def cursor() -> dict[str, Any]:
        return {"through": walk.now.isoformat(), "open": sorted(still_open)}

    yield from _by_creation(walk, "/v1/incidents", cursor=cursor, learn=learn)
    for number in sorted(set(walk.known.get("open", [])) - seen):
        # One that is gone is not asked for again.
        still_open.discard(number)
        yield from go_on_after(
            partial(_one_incident, walk, number, learn=learn, cursor=cursor),
            stream=walk.stream.name,
            read_at=walk.now,
            context={"incident_id": number},
            is_final=True,
        )


def _one_incident(
    walk: OpsgenieWalk, number: str, *, learn: Learn, cursor: Callable[[], State]
) -> Iterator[Page]:
    reply = walk.client.fetch(f"/v1/incidents/{number}", stream=walk.stream.name)
    record = reply.data.get("data") if isinstance(reply.data, dict) else None
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
    # Kept in the shape of the list, so that one query reads both.
    decoded = json.dumps({"data": [record]}, ensure_ascii=False).encode()
    at = walk.now.isoformat()
    yield walk.page(reply, [record], at=at, decoded=decoded, cursor=cursor())


def alert_pages(walk: OpsgenieWalk) -> Iterator[Page]:
    """Yield all alerts by creation in the first run, and then those that were updated."""

    def cursor() -> State:
        return {"through": walk.now.isoformat()}

    if walk.known.get("through") and not walk.reached.get("at"):
        reaches = yield from _updated_alerts(walk, cursor=cursor)
        if reaches:
            return
    yield from _by_creation(walk, "/v2/alerts", cursor=cursor, is_whole=True)


def _updated_alerts(
    walk: OpsgenieWalk, *, cursor: Callable[[], State]
) -> Generator[Page, None, bool]:
    """Yield alerts from the newest update back to the cursor; return whether that was reached."""
    guard = LoopGuard(walk.source, walk.stream.name)
    offset, floor = 0, walk.floor()
    while offset + PER_PAGE <= MOST_ROWS:
        reply, records = walk.ask("/v2/alerts", offset=offset, sort="updatedAt", order="desc")
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            oldest = min((_instant(one["updatedAt"]) for one in records), default=floor)
        is_more = has_more(reply, records) and oldest >= floor
        offset += PER_PAGE
        guard.check(reply, row_count=len(records), following=str(offset) if is_more else None)
        yield walk.page(reply, records, cursor=cursor())
        if not is_more:
            return True
    return False


def _by_creation(
    walk: OpsgenieWalk,
    address: str,
    *,
    cursor: Callable[[], State],
    learn: Learn = lambda _: None,
    is_whole: bool = False,
) -> Iterator[Page]:
    """Yield rows in the order of creation; where offsets end, go on from the last creation.

    Errors: PaginationLoop when more rows share an instant than offsets reach.
    """
    guard = LoopGuard(walk.source, walk.stream.name)
    begin = (walk.since or BEGINNING) if is_whole else walk.floor()
    if reached := walk.reached.get("at"):
        begin = _instant(reached)
    offset, is_more = 0, True
    while is_more:
        asked = f"createdAt >= {int(begin.timestamp() * 1000)}"
        reply, records = walk.ask(
            address, query=asked, offset=offset, sort="createdAt", order="asc"
        )
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            last = max((_instant(one["createdAt"]) for one in records), default=begin)
            learn(records)
        is_more = has_more(reply, records)
        offset += PER_PAGE
        if offset + PER_PAGE > MOST_ROWS and is_more:
            if last <= begin:
                raise PaginationLoop(
                    f"more than {MOST_ROWS} rows were created at {begin.isoformat()}; the others "
                    "are out of reach, report this to the source's support",
                    source=walk.source,
                    stream=walk.stream.name,
                )
            begin, offset = last, 0
        place = f"{begin.isoformat()} {offset}"
        guard.check(reply, row_count=len(records), following=place if is_more else None)
        yield walk.page(reply, records, at=last.isoformat(), cursor=cursor())


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
