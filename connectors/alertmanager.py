"""Read Alertmanager: the alerts that are active now.

API: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml (GET /alerts), read
November 2026; tried with 0.25.
Auth: none of its own; a bearer token or basic credentials for the proxy in front of it.
Limits: none stated; a proxy's 429 with Retry-After is obeyed.
Traps: there is no history: a resolved alert is gone at once, so an alert that a later read does
not have ended between the two reads, and one that came and went between them is never seen; an
active alert states an endsAt in the future, by which it ends unless it is sent again; the list has
no pages, so every reply is the whole list; what is silenced or inhibited is active nevertheless,
and left out of the list unless it is asked for.
Tested: a real Alertmanager 0.25, started by the tests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from connectors._http import HttpClient
from connectors._monitoring import MonitoringConfig, access_to
from connectors._paging import make_page, records_of

KIND = "alertmanager"
EVERYTHING = dict.fromkeys(("active", "silenced", "inhibited", "unprocessed"), "true")

STREAMS = (
    Stream(
        "alerts",
        "One row per alert that was active when it was read.",
        key=("fingerprint", "startsAt"),
        deletes="kept",
    ),
)


class Config(MonitoringConfig):
    """Say which Alertmanager to read."""


@dataclass(frozen=True)
class AlertmanagerConnector:
    """Read one Alertmanager; the replicas of a cluster all know the same alerts."""

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
        """Yield the one page of all alerts that are active; an empty list is a page too.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Alertmanager is read over HTTP and needs a client")
        reply = client.fetch("/api/v2/alerts", stream=stream.name, params=EVERYTHING)
        records = records_of(reply, source=self.name, stream=stream.name)
        yield make_page(reply, stream=stream, row_count=len(records))

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return nothing: every read is of everything."""
        return None


def connect(config: Config, *, name: str) -> AlertmanagerConnector:
    """Return the connector for one configured source."""
    return AlertmanagerConnector(config=config, name=name)
