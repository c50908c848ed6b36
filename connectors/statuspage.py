"""Read a page of Statuspage, our own or a vendor's: incidents, planned maintenance, components.

API: https://metastatuspage.com/api (the public /api/v2 of every page), read November 2026.
Auth: none; the lists are public.
Limits: none stated; 429 with Retry-After is obeyed.
Traps: a list has the newest 50 and no pages: what was pushed out between two runs is lost, which is
said, and history before the first run is out of reach; an incident may be backdated, so that its
start lies before its creation; pages that need a login have no public lists.
Tested: scripted replies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from connectors._http import HttpClient
from connectors._paging import make_page, records_of, understanding

KIND = "statuspage"
MOST_ROWS = 50
FORM = "%Y-%m-%dT%H:%M:%SZ"

STREAMS = (
    Stream(
        "components",
        "One row per component.",
        format="object",
        records_path="$.components",
        deletes="listed",
    ),
    Stream(
        "incidents",
        "One row per incident.",
        format="object",
        records_path="$.incidents",
        cursor="created",
        deletes="kept",
    ),
    Stream(
        "scheduled_maintenances",
        "One row per planned maintenance.",
        format="object",
        records_path="$.scheduled_maintenances",
        cursor="created",
        deletes="kept",
    ),
)


class Config(BaseModel):
    """Say where the page is, and whether it is a vendor's.

    The incidents of a vendor are not ours and count nowhere; its planned maintenance is kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str
    is_vendor: bool = False
    ca_bundle: Path | None = None


@dataclass(frozen=True)
class StatuspageConnector:
    """Read one page."""

    config: Config
    name: str
    kind: str = KIND

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Return the streams; of a vendor only what is planned."""
        return STREAMS[2:] if self.config.is_vendor else STREAMS

    @property
    def access(self) -> Access:
        """Return the address."""
        return Access(
            base_url=self.config.base_url,
            remedy=f"set the address of a public page as base_url of source {self.name!r}",
            ca_bundle=self.config.ca_bundle,
        )

    def pages(
        self,
        stream: Stream,
        *,
        cursor: State | None,
        resume: Resume,
        client: HttpClient | None,
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        """Yield the one page of a list, after the word that some of it was missed, if so.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Statuspage is read over HTTP and needs a client")
        address = f"/api/v2/{stream.name.replace('_', '-')}.json"
        reply = client.fetch(address, stream=stream.name)
        records = records_of(reply, source=self.name, stream=stream.name, path=stream.records_path)
        known = str((cursor or {}).get("created_at", ""))
        created = []
        if stream.cursor == "created":
            with understanding(reply, source=self.name, stream=stream.name):
                created = [_utc(record["created_at"]) for record in records]
        if known and len(created) >= MOST_ROWS and min(created) > known:
            yield Refusal(
                stream=stream.name,
                reason="missed_rows",
                detail=f"the list has its newest {len(created)} rows only and all came after "
                f"{known}; some between may be lost, read this source more often",
                url=reply.url,
                read_at=now,
                is_final=True,
            )
        yield make_page(
            reply,
            stream=stream,
            row_count=len(records),
            context={"is_vendor": str(self.config.is_vendor).lower()},
            checkpoint={"cursor": {"created_at": max([known, *created])}},
        )

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return when the newest row that was read was created."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime(FORM)


def connect(config: Config, *, name: str) -> StatuspageConnector:
    """Return the connector for one configured page."""
    return StatuspageConnector(config=config, name=name)
