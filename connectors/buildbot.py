"""Read Buildbot: builds, and the steps of those whose builder deploys.

API: https://docs.buildbot.net/current/developer/rest.html (v2: /builds, /builds/N/steps), read
November 2026.
Auth: none of its own for reading; a bearer token or basic credentials for the proxy in front.
Limits: none stated; a proxy's 429 with Retry-After is obeyed.
Tested: a real Buildbot 4.3, started by the tests.
Traps: meta.total counts the page and not the set once `limit` is used; a filter that is not known
is ignored without a word, so what comes back is compared with what was asked; builds do not end in
the order of their numbers, so the cursor is when they ended; many end within one second; times are
seconds since 1970 and null while a build runs; properties are pairs of value and origin; requests
that were collapsed into another one never get a build, and the revision of that build holds theirs.
Tested: a real Buildbot 4.3, started by the tests.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from connectors._contract import Access, Page, Pattern, Refusal, Resume, Since, State, Stream
from connectors._errors import UnexpectedShape
from connectors._http import HttpClient
from connectors._monitoring import MonitoringConfig, access_to
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

KIND = "buildbot"
PER_PAGE = 100
OVERLAP_SECONDS = 3600

STREAMS = (
    Stream(
        "builds",
        "One row per build, as it was when it was read.",
        format="object",
        records_path="$.builds",
        key=("buildid",),
        cursor="updated",
        overlap_seconds=OVERLAP_SECONDS,
        deletes="kept",
    ),
    Stream(
        "build_steps",
        "One row per step of a build whose builder deploys.",
        format="object",
        records_path="$.steps",
        key=("stepid",),
        parent="builds",
        deletes="kept",
    ),
)


class Config(MonitoringConfig):
    """Say which Buildbot to read, and the steps of which builders."""

    deploy_builder_pattern: Pattern = "(?i)deploy|release"
    since: Since | None = None


@dataclass(frozen=True)
class BuildbotConnector:
    """Read one Buildbot master, or several that share a database."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS

    @property
    def access(self) -> Access:
        """Return the address and the credentials' header."""
        return access_to(self.config, name=self.name)

    def pages(
        self,
        stream: Stream,
        *,
        cursor: State | None,
        resume: Resume,
        client: HttpClient | None,
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        """Yield the builds that run, then those that ended since the cursor minus the overlap.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Buildbot is read over HTTP and needs a client")
        walk = _Walk(
            client=client,
            source=self.name,
            base_url=self.config.base_url.rstrip("/"),
            stream=stream,
            steps=STREAMS[1],
            deploys=re.compile(self.config.deploy_builder_pattern),
            finished=resume.children,
            now=now,
        )
        if not resume.checkpoints:
            yield from walk.running()
        yield from walk.ended(_start(cursor, self.config.since), resume.checkpoints.get("", {}))

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return when the last of the builds ended."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def connect(config: Config, *, name: str) -> BuildbotConnector:
    """Return the connector for one configured source."""
    return BuildbotConnector(config=config, name=name)


def _start(cursor: State | None, since: datetime | None) -> "_Place":
    """Return where to begin: the cursor minus the overlap, and no earlier than the settings ask."""
    known = int((cursor or {}).get("complete_at", 0))
    asked = int(since.timestamp()) if since else 0
    return _Place(max(known - OVERLAP_SECONDS, asked, 0), 0, known)


@dataclass(frozen=True)
class _Place:
    """Say where a walk is: at an instant, after so many builds that ended just then."""

    complete_at: int
    offset: int
    latest: int

    def after(self, ends: list[int], *, now: datetime) -> "_Place":
        """Return the place after builds that ended at these instants, in their order."""
        believable = int((now + SKEW).timestamp())
        latest = max([self.latest, *(end for end in ends if end <= believable)])
        if not ends:
            return _Place(self.complete_at, self.offset, latest)
        at = ends[-1]
        again = self.offset if at == self.complete_at else 0
        return _Place(at, again + ends.count(at), latest)

    def state(self) -> dict[str, Any]:
        """Return the place as a checkpoint."""
        return {
            "complete_at": self.complete_at,
            "offset": self.offset,
            "cursor": {"complete_at": self.latest},
        }


@dataclass(frozen=True)
class _Walk:
    """Carry what reading the builds needs."""

    client: HttpClient
    source: str
    base_url: str
    stream: Stream
    steps: Stream
    deploys: re.Pattern[str]
    finished: frozenset[str]
    now: datetime
    _read: set[str] = field(default_factory=set)

    @property
    def context(self) -> dict[str, str]:
        """Return the context of the pages: records do not say where people find them."""
        return {"base_url": self.base_url}

    def running(self) -> Iterator[Page | Refusal]:
        """Yield the builds that have not ended, in the order of their ids."""
        guard = LoopGuard(self.source, self.stream.name)
        last = 0
        while True:
            reply = self._ask(complete="false", buildid__gt=last, order="buildid")
            with understanding(reply, source=self.source, stream=self.stream.name):
                records = self._records(reply)
                numbers = [int(record["buildid"]) for record in records]
                self._check(reply, all(number > last for number in numbers))
                last = max([last, *numbers])
            is_full = len(records) >= PER_PAGE
            guard.check(reply, row_count=len(records), following=str(last) if is_full else None)
            yield make_page(reply, stream=self.stream, row_count=len(records), context=self.context)
            if not is_full:
                return

    def ended(self, place: _Place, reached: State) -> Iterator[Page | Refusal]:
        """Yield the builds that ended from a place on, oldest first, their steps before them."""
        guard = LoopGuard(self.source, self.stream.name)
        if reached:
            latest = int(reached["cursor"]["complete_at"])
            place = _Place(int(reached["complete_at"]), int(reached["offset"]), latest)
        while True:
            reply = self._ask(
                complete="true",
                complete_at__ge=place.complete_at,
                order=["complete_at", "buildid"],
                offset=place.offset,
            )
            with understanding(reply, source=self.source, stream=self.stream.name):
                records = self._records(reply)
                ends = [int(record["complete_at"]) for record in records]
                self._check(reply, all(end >= place.complete_at for end in ends))
                for record in records:
                    yield from self._steps_of(record)
            place = place.after(ends, now=self.now)
            is_full = len(records) >= PER_PAGE
            following = f"{place.complete_at}+{place.offset}" if is_full else None
            guard.check(reply, row_count=len(records), following=following)
            yield make_page(
                reply,
                stream=self.stream,
                row_count=len(records),
                context=self.context,
                checkpoint=place.state(),
            )
            if not is_full:
                return

    def _ask(self, **params: str | int | list[str]) -> Reply:
        asked = {**params, "limit": PER_PAGE, "property": "*"}
        return self.client.fetch("/api/v2/builds", stream=self.stream.name, params=asked)

    def _records(self, reply: Reply) -> list[Record]:
        path = self.stream.records_path
        return records_of(reply, source=self.source, stream=self.stream.name, path=path)

    def _check(self, reply: Reply, is_as_asked: bool) -> None:
        """Refuse a reply that ignores what was asked for.

        Errors: UnexpectedShape.
        """
        if not is_as_asked:
            raise UnexpectedShape(
                "the reply has builds that were not asked for; this Buildbot does not know the "
                "filters of version 2 of its interface",
                source=self.source,
                stream=self.stream.name,
                body=reply.body,
                url=reply.url,
            )

    def _steps_of(self, record: Record) -> Iterator[Page | Refusal]:
        """Yield the steps of a build that deploys, unless an interrupted run had them."""
        number = str(record["buildid"])
        key = f"{number}@{record['complete_at']}"
        if not self.deploys.search(_builder_of(record)) or key in self.finished | self._read:
            return
        self._read.add(key)
        yield from go_on_after(
            partial(self._step_pages, number, key=key),
            stream=self.steps.name,
            read_at=self.now,
            context={"buildid": number},
            is_final=True,
        )

    def _step_pages(self, number: str, *, key: str) -> Iterator[Page]:
        address, steps = f"/api/v2/builds/{number}/steps", self.steps
        reply = self.client.fetch(address, stream=steps.name)
        records = records_of(reply, source=self.source, stream=steps.name, path=steps.records_path)
        yield make_page(
            reply,
            stream=steps,
            row_count=len(records),
            context={"buildid": number},
            checkpoint={"child": key},
        )


def _builder_of(record: Record) -> str:
    """Return the name of a build's builder, which is one of its properties."""
    pair = (record.get("properties") or {}).get("buildername") or [""]
    return str(pair[0])
