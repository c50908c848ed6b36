"""Read Redmine: issues of incident and change trackers, their journals, the statuses.

API: https://www.redmine.org/projects/redmine/wiki/Rest_api (Issues, Journals, Issue statuses,
Trackers), read November 2026; tried with 5.0.4.
Auth: the API key of an account that may view the issues; the administration has to allow REST.
Limits: none stated; a proxy's 429 or 403 with Retry-After is obeyed. A page holds at most 100 rows,
whatever is asked for.
Traps: only open issues come unless status_id=* is asked for; instants are kept in fractions of a
second and shown without, so `>=` brings rows of the second before and `><` leaves out the last
second; journals come with single issues only, so they are read for issues that changed, within a
budget of requests; their values are numbers as text; a deleted issue, or one that was moved out of
what the settings name, is not told of.
Tested: a real Redmine 5, started by the tests.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pydantic import Field, SecretStr, model_validator

from connectors._contract import Access, LimitRule, Page, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient
from connectors._keyset import Status
from connectors._monitoring import MonitoringConfig
from connectors._paging import make_page, records_of
from connectors._redmine_issues import IssueWalk

KIND = "redmine"
EXAMPLE = {"token": "${REDMINE_TOKEN}", "incident_trackers": "[Bug]"}
HOUR = 3600

STATUSES = Stream(
    "issue_statuses",
    "One row per status that an issue may have.",
    format="object",
    records_path="$.issue_statuses",
)
JOURNALS = Stream(
    "journals",
    "One row per change of an issue of an incident tracker.",
    format="object",
    records_path="$.issue.journals",
    parent="incidents",
)


def _issues(name: str, description: str) -> Stream:
    return Stream(
        name,
        description,
        format="object",
        records_path="$.issues",
        cursor="updated",
        overlap_seconds=HOUR,
    )


INCIDENTS = _issues("incidents", "One row per issue of an incident tracker.")
CHANGE_REQUESTS = _issues("change_requests", "One row per issue of a change tracker.")

STREAMS = (STATUSES, INCIDENTS, JOURNALS, CHANGE_REQUESTS)


class Config(MonitoringConfig):
    """Say which trackers hold incidents and changes, and which custom fields say more.

    `project` is the identifier of the only project to read (with its subprojects), `statuses` maps
    statuses of your own. Units: `journal_budget` in requests a run.
    """

    incident_trackers: tuple[str, ...] = ()
    change_trackers: tuple[str, ...] = ()
    project: str = ""
    service_field: str = ""
    severity_field: str = ""
    statuses: dict[str, Status] = Field(default_factory=dict)
    journal_budget: int = Field(default=5000, ge=1)
    since: Since | None = None

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        if self.token is None:
            raise ValueError("set token to an API key")
        if not self.incident_trackers and not self.change_trackers:
            raise ValueError("set incident_trackers, change_trackers or both")
        return self


@dataclass(frozen=True)
class RedmineConnector:
    """Read one Redmine."""

    config: Config
    name: str
    kind: str = KIND

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Return the streams of the kinds of tracker that are configured."""
        incidents = (STATUSES, INCIDENTS, JOURNALS) if self.config.incident_trackers else ()
        return incidents + ((CHANGE_REQUESTS,) if self.config.change_trackers else ())

    @property
    def access(self) -> Access:
        """Return the address and the key's header."""
        token = self.config.token.get_secret_value() if self.config.token else ""
        return Access(
            base_url=self.config.base_url,
            headers={"x-redmine-api-key": SecretStr(token)},
            limit=LimitRule(is_403_a_limit=True),
            remedy=f"set a valid API key for source {self.name!r} and allow REST in Redmine",
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
        """Yield the statuses, or issues in the order of their last update with their journals.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Redmine is read over HTTP and needs a client")
        if stream.name == STATUSES.name:
            yield from _status_pages(client, self, known=cursor or {})
            return
        has_journals = stream.name == INCIDENTS.name
        names = self.config.incident_trackers if has_journals else self.config.change_trackers
        walk = IssueWalk(
            config=self.config,
            client=client,
            source=self.name,
            stream=stream,
            journals=JOURNALS if has_journals else None,
            names=names,
            known=cursor or {},
            resume=resume,
            now=now,
        )
        yield from walk.pages()

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return None if stream.name == STATUSES.name else self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the latest update that was read, and which journals were."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def _status_pages(
    client: HttpClient, connector: RedmineConnector, *, known: State
) -> Iterator[Page]:
    address = "/issue_statuses.json"
    reply = client.fetch(address, stream=STATUSES.name, etag=known.get("etag"))
    if reply.is_unchanged:
        return
    path = STATUSES.records_path
    records = records_of(reply, source=connector.name, stream=STATUSES.name, path=path)
    yield make_page(
        reply,
        stream=STATUSES,
        row_count=len(records),
        context={"statuses": json.dumps(connector.config.statuses, sort_keys=True)},
        checkpoint={"cursor": {"etag": reply.etag} if reply.etag else {}},
    )


def connect(config: Config, *, name: str) -> RedmineConnector:
    """Return the connector for one configured source."""
    return RedmineConnector(config=config, name=name)
