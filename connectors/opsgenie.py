"""Read Opsgenie: incidents, alerts and the names of services, to take its history along.

API: https://docs.opsgenie.com/docs/incident-api, /docs/alert-api, /docs/service-api, read November
2026. The interface is switched off on 5 April 2027.
Auth: the key of an API integration with read access ("GenieKey").
Limits: 429, per account and domain; a page has 100 rows at most.
Traps: offset plus limit may not exceed 20,000, also for incidents, where it is not documented; no
query filters on the time of update, and only alerts can be sorted by it; a list of alerts states
when one was closed as milliseconds since its creation; an account of the European Union has a host
of its own (https://api.eu.opsgenie.com).
Tested: recorded replies of Opsgenie, and scripted ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from connectors._contract import Access, Page, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient
from connectors._opsgenie_walks import OpsgenieWalk, alert_pages, incident_pages, service_pages

KIND = "opsgenie"
HOUR = 3600
WEEK = 7 * 24 * HOUR

STREAMS = (
    Stream(
        "services", "One row per service.", format="object", records_path="$.data", deletes="listed"
    ),
    Stream(
        "incidents",
        "One row per incident.",
        format="object",
        records_path="$.data",
        cursor="created",
        overlap_seconds=WEEK,
    ),
    Stream(
        "alerts",
        "One row per alert.",
        format="object",
        records_path="$.data",
        cursor="updated",
        overlap_seconds=HOUR,
        deletes="kept",
    ),
)


class Config(BaseModel):
    """Say which account to read and with which key.

    `service_tag` begins the tag of an alert that names its service, such as "service:checkout".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    base_url: str = "https://api.opsgenie.com"
    service_tag: str = "service:"
    since: Since | None = None
    ca_bundle: Path | None = None


@dataclass(frozen=True)
class OpsgenieConnector:
    """Read one Opsgenie account."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS

    @property
    def access(self) -> Access:
        """Return the address and the key's header."""
        token = self.config.token.get_secret_value()
        return Access(
            base_url=self.config.base_url,
            headers={"authorization": SecretStr(f"GenieKey {token}")},
            remedy=f"set the key of an API integration that may read for source {self.name!r}",
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
            raise TypeError("Opsgenie is read over HTTP and needs a client")
        walk = OpsgenieWalk(
            client=client,
            source=self.name,
            stream=stream,
            known=cursor or {},
            reached=resume.checkpoints.get("", {}),
            context={"service_tag": self.config.service_tag} if stream.name == "alerts" else {},
            since=self.config.since,
            now=now,
        )
        read = {"services": service_pages, "incidents": incident_pages, "alerts": alert_pages}
        yield from read[stream.name](walk)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return None if stream.name == "services" else self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return when the run began, and which incidents were open then."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def connect(config: Config, *, name: str) -> OpsgenieConnector:
    """Return the connector for one configured source."""
    return OpsgenieConnector(config=config, name=name)
