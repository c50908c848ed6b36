"""Read Datadog: incidents, change events, monitors and downtimes.

API: https://docs.datadoghq.com/api/latest/ (incidents v2, events v2, monitors v1, downtimes v2),
read November 2026.
Auth: an API key and an application key with incident_read, events_read, monitors_read and
monitors_downtime.
Limits: 429; x-ratelimit-reset counts seconds from now, by endpoint.
Traps: a page of events names a cursor even when nothing follows; incidents can be sorted by their
creation only, so those of the last 30 days are read again, and older ones while they are open;
a monitor states since when it is in its state, and not which of its groups are; a downtime that
recurs states a rule and no end; messages and creators name people.
Tested: scripted replies in the form of recorded ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._contract import Access, LimitRule, Page, Refusal, Resume, Since, State, Stream
from connectors._datadog_walks import (
    DatadogWalk,
    downtime_pages,
    event_pages,
    incident_pages,
    monitor_pages,
)
from connectors._http import HttpClient

KIND = "datadog"
HOUR = 3_600

STREAMS = (
    Stream(
        "incidents",
        "One row per incident.",
        format="ndjson",
        cursor="created",
        overlap_seconds=30 * 24 * HOUR,
    ),
    Stream(
        "events",
        "One row per event that the query of the settings finds: changes, by default.",
        format="object",
        records_path="$.data",
        cursor="window",
        overlap_seconds=HOUR,
        deletes="kept",
    ),
    Stream("monitors", "One row per monitor, as it is when it is read.", deletes="listed"),
    Stream(
        "downtimes", "One row per downtime.", format="object", records_path="$.data", deletes="kept"
    ),
)


class Config(BaseModel):
    """Say which organisation to read, with which keys and how far back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_key: SecretStr
    application_key: SecretStr
    site: str = "datadoghq.com"
    base_url: str = ""
    event_query: str = "@evt.category:change"
    since: Since | None = None
    history_days: int = Field(default=365, ge=1)
    ca_bundle: Path | None = None


@dataclass(frozen=True)
class DatadogConnector:
    """Read one organisation of Datadog."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS

    @property
    def access(self) -> Access:
        """Return the address of the site, the keys' headers and the limits of Datadog."""
        return Access(
            base_url=self.config.base_url or f"https://api.{self.config.site}",
            headers={
                "dd-api-key": self.config.api_key,
                "dd-application-key": self.config.application_key,
            },
            limit=LimitRule(
                remaining_header="x-ratelimit-remaining",
                reset_header="x-ratelimit-reset",
                reset_is="seconds",
            ),
            remedy=(
                f"set an API key and an application key with incident_read, events_read, "
                f"monitors_read and monitors_downtime for source {self.name!r}"
            ),
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
        """Yield the stream's pages since the cursor.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Datadog is read over HTTP and needs a client")
        reached = resume.checkpoints.get("", {})
        if reached.get("is_done"):
            return
        walk = DatadogWalk(
            client=client,
            source=self.name,
            stream=stream,
            known=cursor or {},
            reached=reached,
            since=self.config.since,
            history_days=self.config.history_days,
            event_query=self.config.event_query,
            now=now,
        )
        read = {
            "incidents": incident_pages,
            "events": event_pages,
            "monitors": monitor_pages,
            "downtimes": downtime_pages,
        }
        yield from read[stream.name](walk)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        if stream.cursor == "none" or (cursor or {}).get("through"):
            return None
        return self.config.since or now - timedelta(days=self.config.history_days)

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return how far the stream was read."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def connect(config: Config, *, name: str) -> DatadogConnector:
    """Return the connector for one configured source."""
    return DatadogConnector(config=config, name=name)
