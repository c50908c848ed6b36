"""Walk a source's pages on its own signals and turn good replies into pages of the contract."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors._contract import Page, PageFormat, Refusal, State, Stream
from connectors._errors import (
    ODD_RECORD,
    BadRequest,
    ConnectorError,
    PaginationLoop,
    UnexpectedShape,
    odd_record,
)
from connectors._http import HttpClient, Parameters
from connectors._reply import UTF8_MARK, Reply

MOST_PAGES = 10_000
# An instant further ahead than this is wrong and must not move a cursor.
SKEW = timedelta(seconds=120)

Record = Mapping[str, Any]


@dataclass
class LoopGuard:
    """Stop a walk whose next pages lead nowhere."""

    source: str
    stream: str
    most_pages: int = MOST_PAGES
    _seen: set[str] = field(default_factory=set)
    _last_body: bytes = b""

    def check(self, reply: Reply, *, row_count: int, following: str | None) -> None:
        """Accept the reply and what is to be asked next.

        Errors: PaginationLoop for an empty page with a next one, the same next page or the same
        content twice, or more pages than allowed.
        """
        digest = hashlib.sha256(reply.body).digest()
        problem = ""
        if following and not row_count:
            problem = "an empty page names a next one"
        elif following and following in self._seen:
            problem = "the same next page was named twice"
        elif row_count and digest == self._last_body:
            problem = "two pages in a row are the same"
        elif len(self._seen) >= self.most_pages:
            problem = f"there are more than {self.most_pages} pages"
        if problem:
            raise PaginationLoop(
                f"{problem}; reading stops here, report this to the source's support",
                source=self.source,
                stream=self.stream,
            )
        self._last_body = digest
        if following:
            self._seen.add(following)


def records_of(reply: Reply, *, source: str, stream: str, path: str = "$") -> list[Record]:
    """Return the records of a reply: itself ("$") or the list under one key ("$.incidents").

    Errors: UnexpectedShape when there is no list of objects.
    """
    found = reply.data
    if path != "$":
        found = found.get(path.removeprefix("$.")) if isinstance(found, dict) else None
    if isinstance(found, list) and all(isinstance(record, dict) for record in found):
        return found
    raise UnexpectedShape(
        f"the reply has no list of records at {path}; the source may have changed its interface",
        source=source,
        stream=stream,
        body=reply.body,
        url=reply.url,
    )


@contextmanager
def understanding(reply: Reply, *, source: str, stream: str) -> Iterator[None]:
    """Keep a reply's bytes with the error when one of its records is not as documented.

    Errors: UnexpectedShape.
    """
    try:
        yield
    except ODD_RECORD as exc:
        raise odd_record(exc, source=source, stream=stream, body=reply.body, url=reply.url) from exc


def follow_links(
    client: HttpClient,
    address: str,
    *,
    stream: Stream,
    source: str,
    params: Parameters | None = None,
    etag: str | None = None,
) -> Iterator[tuple[Reply, list[Record]]]:
    """Yield replies and their records along the Link header; one unchanged reply if nothing is new.

    Errors: PaginationLoop, UnexpectedShape and every error of a request.
    """
    guard = LoopGuard(source, stream.name)
    reply = client.fetch(address, stream=stream.name, params=params, etag=etag)
    while True:
        if reply.is_unchanged:
            yield reply, []
            return
        records = records_of(reply, source=source, stream=stream.name, path=stream.records_path)
        guard.check(reply, row_count=len(records), following=reply.next_url)
        yield reply, records
        if reply.next_url is None:
            return
        reply = client.fetch(reply.next_url, stream=stream.name)


def make_page(
    reply: Reply,
    *,
    stream: Stream,
    row_count: int,
    context: Mapping[str, str] | None = None,
    checkpoint: State | None = None,
    reported_total: int | None = None,
    total_of: str = "",
    decoded: bytes | None = None,
    format: PageFormat | None = None,
) -> Page:
    """Return the page of one reply; a byte order mark is kept in the raw bytes only."""
    if decoded is None and reply.body.startswith(UTF8_MARK):
        decoded = reply.body.removeprefix(UTF8_MARK)
    return Page(
        stream=stream.name,
        body=reply.body,
        url=reply.url,
        read_at=reply.received_at,
        row_count=row_count,
        media_type=reply.media_type,
        context=context or {},
        format=format or stream.format,
        records_path=stream.records_path,
        checkpoint=checkpoint,
        decoded=decoded,
        reported_total=reported_total,
        total_of=total_of,
    )


def refuse(
    error: ConnectorError,
    *,
    stream: str,
    read_at: datetime,
    context: Mapping[str, str] | None = None,
    partition: str = "",
    is_final: bool = False,
) -> Refusal:
    """Return the refusal of one request or reply, so that the walk can go on with the next."""
    return Refusal(
        stream=stream,
        reason=error.code,
        detail=error.message,
        url=error.url if isinstance(error, UnexpectedShape) else "",
        body=error.body if isinstance(error, UnexpectedShape) else b"",
        read_at=read_at,
        context=context or {},
        partition=partition,
        is_final=is_final and not isinstance(error, UnexpectedShape),
    )


def go_on_after(
    walk: Callable[[], Iterator[Page | Refusal]],
    *,
    stream: str,
    read_at: datetime,
    context: Mapping[str, str] | None = None,
    partition: str = "",
    is_final: bool = False,
) -> Iterator[Page | Refusal]:
    """Yield what a walk yields; where one request or reply is unusable, yield its refusal."""
    error: ConnectorError | None = None
    try:
        yield from walk()
    except (BadRequest, UnexpectedShape) as exc:
        error = exc
    except ODD_RECORD as exc:
        error = odd_record(exc, stream=stream)
    if error is not None:
        yield refuse(
            error,
            stream=error.stream or stream,
            read_at=read_at,
            context=context,
            partition=partition,
            is_final=is_final,
        )


def newest(instants: Iterable[str | None], *, before: str = "", now: datetime, form: str) -> str:
    """Return the latest of the source's own instants, none of them ahead of our time.

    `form` is the strftime pattern of the source, so that instants compare as text.
    """
    limit = (now + SKEW).strftime(form)
    return max([before, *(text for text in instants if text and text <= limit)])
