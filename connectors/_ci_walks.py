"""Walk one part (a job, a project, a repository) of a host of pipelines or code.

A page's children are read before the page itself is yielded, so that a page in the lake means
that its children are there too.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connectors._contract import Page, Refusal, Resume, State, Stream
from connectors._errors import PermissionMissing
from connectors._http import HttpClient
from connectors._paging import (
    LoopGuard,
    Record,
    go_on_after,
    make_page,
    newest,
    records_of,
    refuse,
    understanding,
)
from connectors._reply import Reply

# Instants of these sources are UTC and compare as text to the second.
FORM = "%Y-%m-%dT%H:%M:%S"

Params = dict[str, str | int | list[str]]
# What is asked for after a page: a link, or what differs from the first request.
Next = str | Mapping[str, Any] | None
After = Callable[[Reply, list[Record]], Next]
Items = Iterator[Page | Refusal]


@dataclass(frozen=True)
class Walk:
    """Carry what reading one stream of one part needs.

    `known` is the part's cursor, `reached` its checkpoint of an interrupted run, `finished` the
    children that run had read; `label` names the part in the context of its pages.
    """

    client: HttpClient
    source: str
    stream: Stream
    children: Mapping[str, Stream]
    part: str
    label: str
    known: State
    reached: State
    finished: frozenset[str]
    since: datetime | None
    now: datetime

    @property
    def context(self) -> dict[str, str]:
        """Return the context of the part's pages."""
        return {self.label: self.part}

    @property
    def started(self) -> str:
        """Return the instant before which settings ask for nothing, or an empty text."""
        return self.since.astimezone(UTC).strftime(FORM) if self.since else ""

    def floor(self, instant: str) -> str:
        """Return the instant minus the stream's overlap, and no earlier than the settings ask."""
        return max(self.started, shift(instant, seconds=-self.stream.overlap_seconds))

    def latest(self, instants: Iterable[str | None], *, before: str) -> str:
        """Return the latest of the source's own instants, none of them ahead of our time."""
        return newest(instants, before=before, now=self.now, form=FORM)

    def follow(self, address: str, params: Params, after: After) -> Iterator[Any]:
        """Yield replies, records and what comes next, from where an interrupted run was."""
        return follow(
            self.client,
            address,
            stream=self.stream,
            source=self.source,
            params=params,
            after=after,
            start=self.reached.get("next"),
        )

    def understanding(self, reply: Reply) -> AbstractContextManager[None]:
        """Keep the reply's bytes with the error when one of its records is not as documented."""
        return understanding(reply, source=self.source, stream=self.stream.name)

    def page(
        self,
        reply: Reply,
        records: list[Record],
        *,
        following: Next,
        is_done: bool,
        cursor: State,
        more: Mapping[str, Any] | None = None,
    ) -> Page:
        """Return the page of one reply with the checkpoint after it."""
        return make_page(
            reply,
            stream=self.stream,
            row_count=len(records),
            context=self.context,
            checkpoint={
                "partition": self.part,
                "next": None if is_done else following,
                "is_done": is_done,
                "cursor": cursor,
                **(more or {}),
            },
        )

    def child(
        self,
        name: str,
        address: str,
        *,
        key: str,
        context: Mapping[str, str],
        params: Params | None = None,
        after: After = lambda reply, records: None,
    ) -> Items:
        """Yield the pages of one child list unless the interrupted run had them all.

        A child that is gone (404) is set aside for good.
        """
        if key in self.finished:
            return iter(())
        walk = partial(
            self._child, name, address, key=key, context=context, params=params or {}, after=after
        )
        return go_on_after(
            walk,
            stream=name,
            read_at=self.now,
            context={**self.context, **context},
            partition=self.part,
            is_final=True,
        )

    def _child(
        self,
        name: str,
        address: str,
        *,
        key: str,
        context: Mapping[str, str],
        params: Params,
        after: After,
    ) -> Iterator[Page]:
        stream = self.children[name]
        for reply, records, following in follow(
            self.client, address, stream=stream, source=self.source, params=params, after=after
        ):
            yield make_page(
                reply,
                stream=stream,
                row_count=len(records),
                context={**self.context, **context},
                checkpoint=None if following else {"child": key},
            )


def follow(
    client: HttpClient,
    address: str,
    *,
    stream: Stream,
    source: str,
    params: Params,
    after: After,
    start: Next = None,
) -> Iterator[tuple[Reply, list[Record], Next]]:
    """Yield replies, their records and what is asked for next; an empty page is the last.

    Errors: PaginationLoop, UnexpectedShape and every error of a request.
    """
    guard = LoopGuard(source, stream.name)
    asked = start
    while True:
        if isinstance(asked, str):
            reply = client.fetch(asked, stream=stream.name)
        else:
            reply = client.fetch(address, stream=stream.name, params={**params, **(asked or {})})
        records = records_of(reply, source=source, stream=stream.name, path=stream.records_path)
        asked = after(reply, records) if records else None
        named = None if asked is None else json.dumps(asked, sort_keys=True)
        guard.check(reply, row_count=len(records), following=named)
        yield reply, records, asked
        if asked is None:
            return


def walk_parts(
    parts: Iterable[str],
    pages_of: Callable[[Walk], Items],
    *,
    source: str,
    stream: Stream,
    streams: Iterable[Stream],
    label: str,
    cursor: State | None,
    resume: Resume,
    client: HttpClient,
    since: datetime | None,
    now: datetime,
) -> Items:
    """Yield the pages of one part after the other; one that refuses does not stop the next.

    Errors: PermissionMissing when every part refuses; else any error of a request.
    """
    known = (cursor or {}).get("parts", {})
    children = {child.name: child for child in streams if child.parent == stream.name}
    refused: PermissionMissing | None = None
    is_any_read = False
    for part in parts:
        reached = resume.checkpoints.get(part, {})
        if reached.get("is_done"):
            is_any_read = True
            continue
        walk = Walk(
            client=client,
            source=source,
            stream=stream,
            children=children,
            part=part,
            label=label,
            known=known.get(part, {}),
            reached=reached,
            finished=resume.children,
            since=since,
            now=now,
        )
        try:
            yield from go_on_after(
                partial(pages_of, walk),
                stream=stream.name,
                read_at=now,
                context=walk.context,
                partition=part,
            )
            is_any_read = True
        except PermissionMissing as error:
            refused = error
            yield refuse(
                error, stream=stream.name, read_at=now, context=walk.context, partition=part
            )
    if refused is not None and not is_any_read:
        raise refused


def cursor_after(cursor: State | None, checkpoints: Mapping[str, State]) -> State:
    """Return what each part's last page left, over what was known before."""
    known = dict((cursor or {}).get("parts", {}))
    for part, checkpoint in checkpoints.items():
        known[part] = checkpoint.get("cursor", {})
    return {"parts": known}


def shift(instant: str, *, seconds: float) -> str:
    """Return an instant of the source moved by some seconds; an empty one stays empty."""
    if not instant:
        return ""
    moment = datetime.fromisoformat(instant)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment + timedelta(seconds=seconds)).astimezone(UTC).strftime(FORM)
