"""Walk one GitLab project: lists by their time of change, and those that are read whole.

A list by time of change goes on from the last time it saw and not by a growing offset: what
changes meanwhile moves to its end without pushing others out of sight, and no offset gets large.
Source: https://docs.gitlab.com/api/rest/#pagination (offsets end at 50,000 rows).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from connectors._contract import Page, Refusal, State, Stream
from connectors._errors import PermissionMissing
from connectors._http import HttpClient
from connectors._paging import (
    LoopGuard,
    Record,
    follow_links,
    go_on_after,
    make_page,
    newest,
    records_of,
    refuse,
    understanding,
)
from connectors._reply import Reply

FORM = "%Y-%m-%dT%H:%M:%S.%fZ"
PER_PAGE = 100


@dataclass(frozen=True)
class Project:
    """Know a project by its number, which stays when it is renamed, and what is switched off."""

    number: int
    path: str
    default_branch: str
    disabled: frozenset[str]

    def has(self, feature: str) -> bool:
        """Return whether the project has a feature; one that is off answers with a refusal."""
        return feature not in self.disabled


def projects_of(records: list[Record]) -> list[Project]:
    """Return the projects that records describe."""
    return [
        Project(
            number=int(record["id"]),
            path=str(record["path_with_namespace"]),
            default_branch=str(record.get("default_branch") or ""),
            disabled=frozenset(
                feature
                for feature in ("merge_requests", "builds", "environments", "releases")
                if record.get(f"{feature}_access_level") == "disabled"
            ),
        )
        for record in records
    ]


@dataclass(frozen=True)
class Walk:
    """Carry what reading one stream of one project needs.

    `known` is the partition's part of the cursor, `reached` its checkpoint of an interrupted run,
    `finished` the children that run had read.
    """

    client: HttpClient
    source: str
    stream: Stream
    children: Mapping[str, Stream]
    project: Project
    partition: str
    known: State
    reached: State
    finished: frozenset[str]
    since: datetime | None
    now: datetime
    deploys: re.Pattern[str]
    read: set[str] = field(default_factory=set)

    @property
    def context(self) -> dict[str, str]:
        """Return the context of the project's pages."""
        return {"project_id": str(self.project.number), "repository": self.project.path}

    def address(self, path: str) -> str:
        """Return the address of something of the project."""
        return f"/projects/{self.project.number}{path}"

    def start(self) -> str:
        """Return the first time of change to ask for, or nothing where everything is wanted."""
        begin = self.since
        if through := self.known.get("updated_at"):
            overlap = timedelta(seconds=self.stream.overlap_seconds)
            known = datetime.fromisoformat(through) - overlap
            begin = max(known, begin) if begin else known
        return begin.astimezone(UTC).strftime(FORM) if begin else ""

    def go_on(self, walk: Callable[[], Iterator[Page | Refusal]]) -> Iterator[Page | Refusal]:
        """Yield what a walk yields; where the project refuses, yield its refusal."""
        try:
            yield from go_on_after(
                walk,
                stream=self.stream.name,
                read_at=self.now,
                context=self.context,
                partition=self.partition,
            )
        except PermissionMissing as exc:
            yield refuse(
                exc,
                stream=self.stream.name,
                read_at=self.now,
                context=self.context,
                partition=self.partition,
            )

    def page(self, reply: Reply, records: list[Record], **checkpoint: object) -> Page:
        """Return the page of one reply with the checkpoint after it."""
        return make_page(
            reply,
            stream=self.stream,
            row_count=len(records),
            context=self.context,
            checkpoint={"partition": self.partition, **checkpoint},
        )

    def child(
        self, name: str, path: str, *, key: str, context: Mapping[str, str], **params: str
    ) -> Iterator[Page | Refusal]:
        """Yield the pages of one child list unless they were read; a list that is gone is final."""
        if key in self.finished or key in self.read:
            return iter(())
        self.read.add(key)
        return go_on_after(
            partial(self._child, name, path, key=key, context=context, params=params),
            stream=name,
            read_at=self.now,
            context={**self.context, **context},
            partition=self.partition,
            is_final=True,
        )

    def _child(
        self,
        name: str,
        path: str,
        *,
        key: str,
        context: Mapping[str, str],
        params: Mapping[str, str],
    ) -> Iterator[Page]:
        stream = self.children[name]
        for reply, records in follow_links(
            self.client,
            self.address(path),
            stream=stream,
            source=self.source,
            params={**params, "per_page": PER_PAGE},
        ):
            yield make_page(
                reply,
                stream=stream,
                row_count=len(records),
                context={**self.context, **context},
                checkpoint=None if reply.next_url else {"child": key},
            )


Children = Callable[[Walk, Record], Iterator[Page | Refusal]]


def _stamp(record: Record) -> str:
    """Return when a record changed in UTC, so that instants compare as text."""
    text = record.get("updated_at")
    return datetime.fromisoformat(text).astimezone(UTC).strftime(FORM) if text else ""


def changed_pages(
    walk: Walk, path: str, *, children: Children | None = None, **params: str
) -> Iterator[Page | Refusal]:
    """Yield what changed since the cursor minus the overlap, in the order of change."""
    guard = LoopGuard(walk.source, walk.stream.name)
    after = walk.reached.get("after", walk.start())
    page = int(walk.reached.get("page", 1))
    latest = walk.reached.get("cursor", walk.known).get("updated_at", "")
    is_more = True
    while is_more:
        asked = {**params, "order_by": "updated_at", "sort": "asc"}
        if after:
            asked["updated_after"] = after
        reply = walk.client.fetch(
            walk.address(path),
            stream=walk.stream.name,
            params={**asked, "per_page": PER_PAGE, "page": page},
        )
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            records = records_of(reply, source=walk.source, stream=walk.stream.name)
            stamps = [_stamp(record) for record in records]
            latest = newest(stamps, before=latest, now=walk.now, form=FORM)
            for record in records:
                yield from children(walk, record) if children else ()
        is_more = bool(reply.next_url or reply.headers.get("x-next-page", "").strip())
        last = max(stamps, default="")
        # A page of one instant is what asking for that instant begins with.
        first = 2 if min(stamps, default="") == last else 1
        after, page = (last, first) if last > after else (after, page + 1)
        following = f"{after}+{page}" if is_more else None
        guard.check(reply, row_count=len(records), following=following)
        yield walk.page(
            reply,
            records,
            after=after,
            page=page,
            is_done=not is_more,
            cursor={"updated_at": latest} if latest else {},
        )


def whole_pages(
    walk: Walk, path: str, *, is_newest_first: bool = False, **params: str
) -> Iterator[Page | Refusal]:
    """Yield a list that cannot be asked for changes.

    What is new stands on the first page of a list with the newest first, so that the rest need not
    be read where that page is unchanged.
    """
    known_etag = walk.known.get("etag") if is_newest_first else None
    etag = walk.reached.get("cursor", {}).get("etag")
    for reply, records in follow_links(
        walk.client,
        walk.reached.get("next") or walk.address(path),
        stream=walk.stream,
        source=walk.source,
        params=None if walk.reached.get("next") else {**params, "per_page": PER_PAGE},
        etag=None if walk.reached.get("next") else known_etag,
    ):
        if reply.is_unchanged:
            return
        etag = etag or reply.etag
        yield walk.page(
            reply,
            records,
            next=reply.next_url,
            is_done=reply.next_url is None,
            cursor={"etag": etag} if etag else {},
        )
