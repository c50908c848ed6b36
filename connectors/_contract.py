"""Define what every connector offers and yields; values only, no input or output."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, runtime_checkable

from pydantic import AfterValidator, SecretStr

if TYPE_CHECKING:
    from connectors._http import HttpClient

PageFormat = Literal["array", "object", "ndjson", "npz"]
CursorKind = Literal["none", "updated", "created", "window"]
Deletes = Literal["listed", "reconciled", "kept"]
State = Mapping[str, Any]


def _in_utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


# An instant of the settings; without a zone it is UTC, whatever zone the machine is in.
Since = Annotated[datetime, AfterValidator(_in_utc)]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as exc:
        raise ValueError(f"is no regular expression ({exc})") from exc
    return pattern


# A regular expression of the settings, kept as text so that it can be shown and hashed.
Pattern = Annotated[str, AfterValidator(_compiles)]


@dataclass(frozen=True)
class Stream:
    """Describe one kind of row of a source.

    A stream with a parent is not walked by itself: its pages come while the parent is walked.
    `records_path` says where the list of records stands in a page of format "object".
    `deletes` says what tells that a record is gone: "listed" is every complete run, because each
    shows the whole set whatever the cursor; "reconciled" is a run that reads everything again;
    "kept" is nothing, because the source never deletes or what it no longer shows still counts.
    """

    name: str
    description: str
    records_path: str = "$"
    format: PageFormat = "array"
    key: tuple[str, ...] = ("id",)
    cursor: CursorKind = "none"
    overlap_seconds: int = 0
    parent: str | None = None
    versions_from_source: bool = False
    deletes: Deletes = "reconciled"


@dataclass(frozen=True)
class Page:
    """Carry one reply as received, with what is needed to find its records again.

    `decoded` holds JSON lines where `body` is not JSON, or arrays (format "npz").
    `reported_total` is the exact number of rows the source states for all pages with the same
    `total_of`. `checkpoint` is where to go on after this page; its key "partition" names the
    independent part of the stream it is for, and a child stream's checkpoint has the single key
    "child".
    """

    stream: str
    body: bytes
    url: str
    read_at: datetime
    row_count: int
    media_type: str = "application/json"
    method: str = "GET"
    context: Mapping[str, str] = field(default_factory=dict)
    format: PageFormat = "array"
    records_path: str = "$"
    checkpoint: State | None = None
    decoded: bytes | None = None
    reported_total: int | None = None
    total_of: str = ""


@dataclass(frozen=True)
class Refusal:
    """Carry something that could not be used, so that it is kept and counted.

    `is_final` is true where asking again gives the same (a report in a foreign format); false
    leaves the run incomplete, and the next one asks again for this `partition` of the stream.
    """

    stream: str
    reason: str
    detail: str
    url: str
    read_at: datetime
    body: bytes = b""
    context: Mapping[str, str] = field(default_factory=dict)
    checkpoint: State | None = None
    partition: str = ""
    is_final: bool = False


@dataclass(frozen=True)
class Resume:
    """Say how far an interrupted run came: a checkpoint a partition, and the finished children."""

    checkpoints: Mapping[str, State] = field(default_factory=dict)
    children: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LimitRule:
    """Say in which headers a source states its limit, and what its reset counts.

    Units: "epoch" is seconds since 1970, "seconds" is seconds from now.
    """

    remaining_header: str = ""
    reset_header: str = ""
    reset_is: Literal["epoch", "seconds"] = "epoch"
    is_403_a_limit: bool = False


@dataclass(frozen=True)
class Access:
    """Say where a source is reached and with which credentials; secrets travel in headers only."""

    base_url: str
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    accept: str = "application/json"
    limit: LimitRule = field(default_factory=LimitRule)
    remedy: str = "check the token in the settings of this source"
    ca_bundle: Path | None = None


class Connector(Protocol):
    """Read one configured source; knows no clock, no environment and no other room."""

    @property
    def kind(self) -> str:
        """Return the kind of source, the name of the connector's module."""
        ...

    @property
    def name(self) -> str:
        """Return the name this source has in the settings."""
        ...

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Return the streams in the order they are to be read."""
        ...

    @property
    def access(self) -> Access | None:
        """Return how the source is reached, or None when it is read from disk."""
        ...

    def pages(
        self,
        stream: Stream,
        *,
        cursor: State | None,
        resume: Resume,
        client: "HttpClient | None",
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        """Yield the stream's pages since `cursor`, children before the page that names them.

        Errors: any ConnectorError; what was yielded before stays.
        """
        ...

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the cursor after a complete run that left these checkpoints."""
        ...


@runtime_checkable
class Bounded(Protocol):
    """A connector that settings or the source keep from reading everything since its cursor."""

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which a run asks for nothing, or None if there is none."""
        ...
