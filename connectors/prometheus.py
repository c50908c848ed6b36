"""Read Prometheus: when alerts were firing, and the rules that say when they do.

API: https://prometheus.io/docs/prometheus/latest/querying/api/ (query_range, rules), read November
2026; tried with 2.42. Others that answer these two paths alike can be read too.
Auth: none of its own; a bearer token or basic credentials for the proxy in front of it.
Limits: 11,000 points a series and reply; 50 million samples a query; a proxy's 429 with Retry-After
is obeyed.
Traps: the history of alerts is the series ALERTS, kept as long as other series (15 days if nothing
else is set); a reply holds samples, so an alert's begin and end are known to one step, and what
fires for less than a step may be missed; a value that is no longer written is repeated for five
minutes where Prometheus could not say that it ended; a reply with warnings may be partial.
Tested: a real Prometheus 2.42 with a back-filled month.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from connectors._contract import Access, Page, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient
from connectors._monitoring import MonitoringConfig, access_to
from connectors._prometheus_walks import PrometheusWalk, alert_pages, rule_pages

KIND = "prometheus"
HOUR = 3600

STREAMS = (
    Stream(
        "rules",
        "One row per rule that makes alerts.",
        format="ndjson",
        key=("file", "group", "name", "query", "severity"),
        deletes="listed",
    ),
    Stream(
        "alerts",
        "One row per stretch of time in which a set of labels was firing.",
        format="ndjson",
        key=("fingerprint", "first_at"),
        cursor="window",
        overlap_seconds=HOUR,
        deletes="kept",
    ),
)


class Config(MonitoringConfig):
    """Say which Prometheus to read, how far back and how closely."""

    since: Since | None = None
    history_days: int = Field(default=90, ge=1)
    step_seconds: int = Field(default=60, ge=1, le=HOUR)


@dataclass(frozen=True)
class PrometheusConnector:
    """Read one Prometheus."""

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
        """Yield the rules, or the alerts since the cursor.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Prometheus is read over HTTP and needs a client")
        walk = PrometheusWalk(
            client=client,
            source=self.name,
            stream=stream,
            base_url=self.config.base_url,
            step=self.config.step_seconds,
            known=cursor or {},
            reached=resume.checkpoints.get("", {}),
            begin=self.config.since or now - timedelta(days=self.config.history_days),
            now=now,
        )
        read = {"rules": rule_pages, "alerts": alert_pages}
        yield from read[stream.name](walk)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        if (cursor or {}).get("through") or stream.name == "rules":
            return None
        return self.config.since or now - timedelta(days=self.config.history_days)

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the last instant that was asked for; rules are read whole every time."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def connect(config: Config, *, name: str) -> PrometheusConnector:
    """Return the connector for one configured source."""
    return PrometheusConnector(config=config, name=name)
