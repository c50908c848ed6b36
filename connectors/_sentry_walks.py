"""Walk the releases and issues of one Sentry organisation, newest first.

The Link header always names a next page; there is one only where it says results="true".
Source: https://docs.sentry.io/api/pagination/.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from connectors._contract import Page, Refusal, State, Stream
from connectors._errors import BudgetSpent
from connectors._http import HttpClient, Parameters
from connectors._paging import (
    SKEW,
    LoopGuard,
    Record,
    go_on_after,
    make_page,
    records_of,
    understanding,
)
from connectors._reply import Reply

PER_PAGE = 100
LINK = re.compile(r"<[^>]*>([^<]*)")
CURSOR = re.compile(r'\bcursor="([^"]+)"')
BEGINNING = datetime(2008, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class SentryWalk:
    """Carry what reading one stream needs; `known`, `reached` and `finished` as in a run."""

    client: HttpClient
    source: str
    stream: Stream
    children: Mapping[str, Stream]
    organisation: str
    projects: tuple[str, ...]
    known: State
    reached: State
    finished: frozenset[str]
    since: datetime | None
    now: datetime
    reads_deploys: bool
    issue_detail_budget: int

    @property
    def root(self) -> str:
        """Return the address below which everything of the organisation lies."""
        return f"/api/0/organizations/{quote(self.organisation, safe='')}"

    @property
    def floor(self) -> datetime:
        """Return the last instant known minus the overlap, and no earlier than the settings ask."""
        reached = self.known.get("through")
        begin = (
            instant(reached) - timedelta(seconds=self.stream.overlap_seconds) if reached else None
        )
        return max(begin or BEGINNING, self.since or BEGINNING)

    def understanding(self, reply: Reply) -> AbstractContextManager[None]:
        """Keep the reply's bytes with the error when one of its records is not as documented."""
        return understanding(reply, source=self.source, stream=self.stream.name)

    def follow(
        self, address: str, *, stream: Stream, params: Parameters, after: str | None = None
    ) -> Iterator[tuple[Reply, list[Record], str | None]]:
        """Yield replies, their records and the cursor of the next page, while there is one."""
        guard, wanted = LoopGuard(self.source, stream.name), dict(params)
        while True:
            if after:
                wanted["cursor"] = after
            reply = self.client.fetch(address, stream=stream.name, params=wanted)
            records = records_of(reply, source=self.source, stream=stream.name)
            after = next_cursor(reply)
            guard.check(reply, row_count=len(records), following=after)
            yield reply, records, after
            if after is None:
                return

    def child(
        self, name: str, pages: Callable[[], Iterator[Page | Refusal]], *, key: str, **context: str
    ) -> Iterator[Page | Refusal]:
        """Yield a child's pages unless the interrupted run had them; one that is gone stays out."""
        if key in self.finished:
            return iter(())
        return go_on_after(pages, stream=name, read_at=self.now, context=context, is_final=True)


def instant(text: str) -> datetime:
    """Return one of Sentry's instants; all of them are in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def next_cursor(reply: Reply) -> str | None:
    """Return the cursor of the next page, or None where the header says it has no results."""
    for said in LINK.findall(reply.headers.get("link", "")):
        if 'rel="next"' in said and 'results="true"' in said and (found := CURSOR.search(said)):
            return str(found[1])
    return None


def release_pages(walk: SentryWalk) -> Iterator[Page | Refusal]:
    """Yield releases down to the cursor minus the overlap, with the deploys of those that changed.

    Source: https://docs.sentry.io/api/releases/list-an-organizations-releases/ (by date).
    """
    counts = dict((walk.reached.get("cursor") or walk.known).get("deploys", {}))

    def children(record: Record) -> Iterator[Page | Refusal]:
        version, count = str(record["version"]), int(record.get("deployCount") or 0)
        if not walk.reads_deploys or not count or counts.get(version) == count:
            return
        pages = partial(_deploy_pages, walk, version, key=f"{version}@{count}")
        yield from walk.child("deploys", pages, key=f"{version}@{count}", version=version)
        counts[version] = count

    yield from _pages(
        walk,
        "/releases/",
        {"per_page": PER_PAGE, "project": list(walk.projects) or ["-1"]},
        time_of=lambda record: instant(record.get("dateReleased") or record["dateCreated"]),
        key_of=lambda record: str(record["version"]),
        children=children,
        kept=("deploys", counts),
    )


def _deploy_pages(walk: SentryWalk, version: str, *, key: str) -> Iterator[Page | Refusal]:
    stream = walk.children["deploys"]
    address = f"{walk.root}/releases/{quote(version, safe='')}/deploys/"
    for reply, records, following in walk.follow(address, stream=stream, params={}):
        yield make_page(
            reply,
            stream=stream,
            row_count=len(records),
            context={"version": version},
            checkpoint=None if following else {"child": key},
        )


def issue_pages(walk: SentryWalk) -> Iterator[Page | Refusal]:
    """Yield issues of any state, last seen first, down to the cursor minus the overlap.

    The list says neither in which release an issue was first seen nor when it was resolved: each
    issue is asked once for each state it is found in, within a budget.
    Source: https://docs.sentry.io/api/events/list-an-organizations-issues/ (query, sort).
    """
    asked = dict((walk.reached.get("cursor") or walk.known).get("states", {}))
    spent, left = 0, 0

    def children(record: Record) -> Iterator[Page | Refusal]:
        nonlocal spent, left
        number, state = str(record["id"]), str(record.get("status"))
        if asked.get(number) == state or not walk.issue_detail_budget:
            return
        if spent >= walk.issue_detail_budget:
            left += 1
            return
        spent += 1
        pages = partial(_detail_pages, walk, number, key=f"{number}@{state}")
        yield from walk.child("issue_details", pages, key=f"{number}@{state}", issue_id=number)
        asked[number] = state

    yield from _pages(
        walk,
        "/issues/",
        {
            "query": "",
            "sort": "date",
            "limit": PER_PAGE,
            "project": list(walk.projects) or ["-1"],
            "collapse": ["stats"],
        },
        time_of=lambda record: instant(record.get("lastSeen") or record["firstSeen"]),
        key_of=lambda record: str(record["id"]),
        children=children,
        kept=("states", asked),
    )
    if left:
        yield Refusal(
            stream="issue_details",
            reason=BudgetSpent.code,
            detail=(
                f"the first release of {left} issues was not read, because issue_detail_budget "
                f"allows {walk.issue_detail_budget} issues a run; the next run goes on with them"
            ),
            url="",
            read_at=walk.now,
            is_final=True,
        )


def _detail_pages(walk: SentryWalk, number: str, *, key: str) -> Iterator[Page | Refusal]:
    stream = walk.children["issue_details"]
    address = f"{walk.root}/issues/{quote(number, safe='')}/"
    reply = walk.client.fetch(address, stream=stream.name)
    records_of(reply.with_data([reply.data]), source=walk.source, stream=stream.name)
    yield make_page(
        reply,
        stream=stream,
        row_count=1,
        context={"issue_id": number},
        checkpoint={"child": key},
        decoded=b"[" + reply.body + b"]",
    )


def _pages(
    walk: SentryWalk,
    address: str,
    params: Parameters,
    *,
    time_of: Callable[[Record], datetime],
    key_of: Callable[[Record], str],
    children: Callable[[Record], Iterator[Page | Refusal]],
    kept: tuple[str, dict[str, Any]],
) -> Iterator[Page | Refusal]:
    """Yield the pages of one list; `kept` remembers its children, of recent records only."""
    floor, (name, memory) = walk.floor, kept
    through = (walk.reached.get("cursor") or walk.known).get("through", "")
    recent = set(walk.reached.get("recent", ()))
    for reply, records, following in walk.follow(
        f"{walk.root}{address}",
        stream=walk.stream,
        params=params,
        after=walk.reached.get("next"),
    ):
        with walk.understanding(reply):
            times = [time_of(record) for record in records]
            wanted = [one for one, time in zip(records, times, strict=True) if time >= floor]
            for record in wanted:
                yield from children(record)
            recent |= {key_of(record) for record in wanted}
        usable = [time for time in times if time <= walk.now + SKEW]
        if usable:
            latest = max(usable)
            through = max(latest, instant(through)).isoformat() if through else latest.isoformat()
        is_done = following is None or len(wanted) < len(records)
        remembered = {key: memory[key] for key in sorted(memory) if not is_done or key in recent}
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(records),
            checkpoint={
                "partition": "",
                "next": None if is_done else following,
                "is_done": is_done,
                "recent": [] if is_done else sorted(recent),
                "cursor": {"through": through, name: remembered},
            },
        )
        if is_done:
            return
