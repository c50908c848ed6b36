"""Read Sentry: releases with their deploys, and issues with the release they began in.

API: https://docs.sentry.io/api/ (releases, deploys, issues), version 0, read November 2026. Works
with a Sentry of one's own (base_url is its address).
Auth: an auth token with org:read, project:read and event:read.
Limits: 429; x-sentry-rate-limit-reset is an epoch.
Traps: the Link header names a next page even where there is none (results="false"); the list of
issues shows unresolved ones only unless its query is empty; it says neither the first release nor
the end of an issue, which costs a request an issue; a release is found by its version, which may
hold any character; a change of state does not move an issue up the list, so the issues seen in the
last 30 days are read again; people stand in owners, authors and activities.
Tested: the official description (OpenAPI), and scripted replies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._contract import Access, LimitRule, Page, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient
from connectors._sentry_walks import SentryWalk, issue_pages, release_pages

KIND = "sentry"
DAY = 86_400

STREAMS = (
    Stream(
        "releases",
        "One row per release of the organisation.",
        key=("version",),
        cursor="created",
        overlap_seconds=30 * DAY,
    ),
    Stream("deploys", "One row per deploy of a release.", parent="releases"),
    Stream(
        "issues",
        "One row per issue: a group of equal errors.",
        cursor="updated",
        overlap_seconds=30 * DAY,
        deletes="kept",
    ),
    Stream(
        "issue_details",
        "One row per issue, with what the list leaves out.",
        parent="issues",
        deletes="kept",
    ),
)


class Config(BaseModel):
    """Say which organisation to read, and whether its deploys count as deployments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    organisation: str = Field(min_length=1)
    base_url: str = "https://sentry.io"
    projects: tuple[str, ...] = ()
    deploys: bool = False
    issue_detail_budget: int = Field(default=300, ge=0)
    since: Since | None = None
    ca_bundle: Path | None = None


@dataclass(frozen=True)
class SentryConnector:
    """Read one organisation of Sentry."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS

    @property
    def access(self) -> Access:
        """Return the address, the token's header and the limits of Sentry."""
        token = self.config.token.get_secret_value()
        return Access(
            base_url=self.config.base_url,
            headers={"authorization": SecretStr(f"Bearer {token}")},
            limit=LimitRule(
                remaining_header="x-sentry-rate-limit-remaining",
                reset_header="x-sentry-rate-limit-reset",
                reset_is="epoch",
            ),
            remedy=(
                f"set an auth token with org:read, project:read and event:read for source "
                f"{self.name!r}"
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
        """Yield the stream's pages down to the cursor, children before the page that names them.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Sentry is read over HTTP and needs a client")
        reached = resume.checkpoints.get("", {})
        if reached.get("is_done"):
            return
        walk = SentryWalk(
            client=client,
            source=self.name,
            stream=stream,
            children={child.name: child for child in STREAMS if child.parent == stream.name},
            organisation=self.config.organisation,
            projects=self.config.projects,
            known=cursor or {},
            reached=reached,
            finished=resume.children,
            since=self.config.since,
            now=now,
            reads_deploys=self.config.deploys,
            issue_detail_budget=self.config.issue_detail_budget,
        )
        read = {"releases": release_pages, "issues": issue_pages}
        yield from read[stream.name](walk)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return how far the list was read, and which children are known."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def connect(config: Config, *, name: str) -> SentryConnector:
    """Return the connector for one configured source."""
    return SentryConnector(config=config, name=name)
