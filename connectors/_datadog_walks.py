"""Walk what Datadog knows: incidents by offset, events by cursor, monitors and downtimes by page.

No list says where it ends in the same way; each ends at a page without records, which is asked for
because a short page proves nothing.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors._contract import Page, State, Stream
from connectors._http import HttpClient
from connectors._paging import LoopGuard, Record, make_page, newest, records_of, understanding
from connectors._reply import Reply

FORM = "%Y-%m-%dT%H:%M:%SZ"
PER_PAGE = 100
EVENTS_PER_PAGE = 1_000
# The search for incidents wants a query; these are all of the states it comes with.
EVERY_STATE = "state:(active OR stable OR resolved OR completed)"
OVER = ("resolved", "completed")


@dataclass(frozen=True)
class DatadogWalk:
    """Carry what reading one stream needs; `known` is its cursor, `reached` an earlier run's."""

    client: HttpClient
    source: str
    stream: Stream
    known: State
    reached: State
    since: datetime | None
    history_days: int
    event_query: str
    now: datetime

    @property
    def begin(self) -> datetime:
        """Return the instant before which nothing is asked for."""
        first = self.since or self.now - timedelta(days=self.history_days)
        through = self.known.get("through")
        overlap = timedelta(seconds=self.stream.overlap_seconds)
        return max(first, instant(through) - overlap) if through else first

    def understanding(self, reply: Reply) -> AbstractContextManager[None]:
        """Keep the reply's bytes with the error when one of its records is not as documented."""
        return understanding(reply, source=self.source, stream=self.stream.name)

    def ask(
        self, address: str, params: Mapping[str, str | int], guard: LoopGuard
    ) -> tuple[Reply, list[Record]]:
        """Return one reply and its records."""
        reply = self.client.fetch(address, stream=self.stream.name, params=params)
        records = records_of(
            reply, source=self.source, stream=self.stream.name, path=self.stream.records_path
        )
        guard.check(reply, row_count=len(records), following=None)
        return reply, records

    def guard(self) -> LoopGuard:
        """Return what stops a walk that leads nowhere."""
        return LoopGuard(self.source, self.stream.name)


def instant(text: str) -> datetime:
    """Return one of Datadog's instants; one without a zone is in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _form(text: str) -> str:
    return instant(text).astimezone(UTC).strftime(FORM)


def monitor_pages(walk: DatadogWalk) -> Iterator[Page]:
    """Yield all monitors as they are now.

    Source: https://docs.datadoghq.com/api/latest/monitors/ (page from 0, page_size).
    """
    return _counted_pages(walk, "/api/v1/monitor", size="page_size", place="page")


def downtime_pages(walk: DatadogWalk) -> Iterator[Page]:
    """Yield all downtimes: those to come, those that are on, and those not long over.

    Source: https://docs.datadoghq.com/api/latest/downtimes/ (page[offset], page[limit]).
    """
    return _counted_pages(
        walk, "/api/v2/downtime", size="page[limit]", place="page[offset]", by_record=True
    )


def _counted_pages(
    walk: DatadogWalk, address: str, *, size: str, place: str, by_record: bool = False
) -> Iterator[Page]:
    guard, position = walk.guard(), int(walk.reached.get("position", 0))
    while True:
        reply, records = walk.ask(address, {size: PER_PAGE, place: position}, guard)
        position += len(records) if by_record else 1
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(records),
            checkpoint={
                "partition": "",
                "position": position,
                "is_done": not records,
                "cursor": {},
            },
        )
        if not records:
            return


def event_pages(walk: DatadogWalk) -> Iterator[Page]:
    """Yield the events of a window, oldest first, along the cursor of each reply.

    The last page with events names a cursor too; the page after it has neither.
    Source: https://docs.datadoghq.com/api/latest/events/ (page[cursor], meta.page.after).
    """
    guard = walk.guard()
    through = str(walk.reached.get("through") or walk.now.strftime(FORM))
    begin = str(walk.reached.get("begin") or walk.begin.astimezone(UTC).strftime(FORM))
    after = walk.reached.get("after")
    while True:
        wanted: dict[str, str | int] = {
            "filter[query]": walk.event_query,
            "filter[from]": begin,
            "filter[to]": through,
            "sort": "timestamp",
            "page[limit]": EVENTS_PER_PAGE,
        }
        reply, records = walk.ask(
            "/api/v2/events", wanted | ({"page[cursor]": after} if after else {}), guard
        )
        with walk.understanding(reply):
            page = (reply.data.get("meta") or {}).get("page") or {}
            after = page.get("after") if records else None
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(records),
            checkpoint={
                "partition": "",
                "begin": begin,
                "through": through,
                "after": after,
                "is_done": after is None,
                "cursor": {"through": through},
            },
        )
        if after is None:
            return


def incident_pages(walk: DatadogWalk) -> Iterator[Page]:
    """Yield incidents, last created first, down to the overlap and to the oldest that was open.

    Source: https://docs.datadoghq.com/api/latest/incidents/#search-for-incidents (sort).
    """
    guard, offset = walk.guard(), int(walk.reached.get("offset", 0))
    floor = walk.begin
    if oldest := walk.known.get("open_since"):
        floor = min(floor, instant(oldest))
    latest = str(walk.reached.get("latest") or walk.known.get("through", ""))
    open_since = str(walk.reached.get("open_since", ""))
    while True:
        reply = walk.client.fetch(
            "/api/v2/incidents/search",
            stream=walk.stream.name,
            params={
                "query": EVERY_STATE,
                "sort": "-created",
                "page[size]": PER_PAGE,
                "page[offset]": offset,
            },
        )
        with walk.understanding(reply):
            found = reply.data["data"]["attributes"]["incidents"]
            records: list[Record] = [one["data"] for one in found]
            created = [str(record["attributes"]["created"]) for record in records]
            still_open = [
                text
                for record, text in zip(records, created, strict=True)
                if record["attributes"].get("state") not in OVER
            ]
            is_done = not records or any(instant(text) < floor for text in created)
            latest = newest(map(_form, created), before=latest, now=walk.now, form=FORM)
            open_since = min(filter(None, [open_since, *map(_form, still_open)]), default="")
        guard.check(reply, row_count=len(records), following=None)
        offset += len(records)
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(records),
            decoded="\n".join(map(json.dumps, records)).encode(),
            checkpoint={
                "partition": "",
                "offset": offset,
                "latest": latest,
                "open_since": open_since,
                "is_done": is_done,
                "cursor": {"through": latest, "open_since": open_since},
            },
        )
        if is_done:
            return
