"""Read PagerDuty: incidents, their log entries, services, change events, who is on call.

API: https://developer.pagerduty.com/api-reference (REST v2), read November 2026.
Auth: a read-only REST API key.
Limits: 429; ratelimit-reset counts seconds from now.
Traps: since and until mean when an incident was created, span six months at most and one month
if left out; offset plus limit may not exceed 10,000; the next page is said by `more`, a total only
when asked for; nothing filters on updates, so what changed is found in the log entries and among
the incidents that were open; a time on call has no id, a permanent one neither start nor end, and a
schedule that is changed later changes the past week at most here.
Tested: the official description (OpenAPI), and scripted replies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._contract import Access, LimitRule, Page, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient
from connectors._pagerduty_walks import PagerDutyWalk, event_pages, incident_pages, service_pages

KIND = "pagerduty"
HOUR = 3600

STREAMS = (
    Stream(
        "services",
        "One row per service.",
        format="object",
        records_path="$.services",
        deletes="listed",
    ),
    Stream(
        "log_entries",
        "One row per thing that happened to an incident.",
        format="object",
        records_path="$.log_entries",
        cursor="window",
        overlap_seconds=HOUR,
        deletes="kept",
    ),
    Stream(
        "incidents",
        "One row per incident.",
        format="object",
        records_path="$.incidents",
        cursor="window",
        overlap_seconds=HOUR,
        deletes="kept",
    ),
    Stream(
        "change_events",
        "One row per change that a tool reported.",
        format="object",
        records_path="$.change_events",
        cursor="window",
        overlap_seconds=HOUR,
        deletes="kept",
    ),
    Stream(
        "oncalls",
        "One row per time that a person is on call for a level of an escalation policy.",
        format="object",
        records_path="$.oncalls",
        key=("escalation_policy", "escalation_level", "user", "schedule", "start"),
        cursor="window",
        overlap_seconds=7 * 24 * HOUR,
    ),
)


class Config(BaseModel):
    """Say which account to read, with which key and how far back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    base_url: str = "https://api.pagerduty.com"
    accept: str = "application/vnd.pagerduty+json;version=2"
    since: Since | None = None
    history_days: int = Field(default=730, ge=1)
    ca_bundle: Path | None = None


@dataclass(frozen=True)
class PagerDutyConnector:
    """Read one PagerDuty account."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS

    @property
    def access(self) -> Access:
        """Return the address, the key's header and the limits of PagerDuty."""
        token = self.config.token.get_secret_value()
        return Access(
            base_url=self.config.base_url,
            headers={"authorization": SecretStr(f"Token token={token}")},
            accept=self.config.accept,
            limit=LimitRule(
                remaining_header="ratelimit-remaining",
                reset_header="ratelimit-reset",
                reset_is="seconds",
            ),
            remedy=f"set a valid read-only REST API key for source {self.name!r}",
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
            raise TypeError("PagerDuty is read over HTTP and needs a client")
        walk = PagerDutyWalk(
            client=client,
            source=self.name,
            stream=stream,
            known=cursor or {},
            reached=resume.checkpoints.get("", {}),
            since=self.config.since,
            history_days=self.config.history_days,
            now=now,
        )
        read = {"services": service_pages, "incidents": incident_pages}
        yield from read.get(stream.name, event_pages)(walk)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        if (cursor or {}).get("through") or stream.name == "services":
            return None
        return self.config.since or now - timedelta(days=self.config.history_days)

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the end of the last window and which incidents were open then."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def connect(config: Config, *, name: str) -> PagerDutyConnector:
    """Return the connector for one configured source."""
    return PagerDutyConnector(config=config, name=name)
