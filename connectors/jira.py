"""Read Jira and Jira Service Management: issues, what changed in them, versions, approvals.

API: https://developer.atlassian.com/cloud/jira/platform/rest/v3 (search/jql, changelog/bulkfetch,
project versions), https://developer.atlassian.com/cloud/jira/service-desk/rest (approvals) and
https://docs.atlassian.com/software/jira/docs/api/REST (Data Center), read November 2026.
Auth: Cloud by e-mail address and API token (scopes read:jira-work, read:jira-user and, for
approvals, read:servicedesk-request); Data Center by a personal access token.
Limits: 429 with Retry-After; a page of issues is 100, a bulk changelog 1,000 issues.
Traps: the old search is gone from Cloud (410); the new one states no total, its isLast is not
reliable, so the walk ends where no token comes or a page is empty; search lags behind updates;
times in a query have minutes only and mean the time zone of the user who asks; a changelog that is
expanded in a search is cut in Cloud; its times are epoch milliseconds there and have an offset
without colon elsewhere; a deleted issue is just not found any more.
Tested: the official description (OpenAPI), and scripted replies.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from connectors._contract import Access, Page, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient
from connectors._jira_search import JiraWalk, project_keys, user_zone
from connectors._jira_walks import issue_pages, version_pages
from connectors._paging import go_on_after

KIND = "jira"
HOUR = 3600
Key = Annotated[str, StringConstraints(pattern="^[A-Za-z][A-Za-z0-9_]*$", to_upper=True)]

STREAMS = (
    Stream(
        "versions",
        "One row per version of a project.",
        format="object",
        records_path="$.values",
        deletes="listed",
    ),
    Stream(
        "issues",
        "One row per issue.",
        format="object",
        records_path="$.issues",
        cursor="updated",
        overlap_seconds=HOUR,
    ),
    Stream(
        "changelogs",
        "One row per field that a change of an issue touched.",
        format="ndjson",
        key=("change_id", "field", "item"),
        cursor="updated",
        parent="issues",
    ),
    Stream(
        "approvals",
        "One row per person who is asked to approve a request.",
        format="ndjson",
        key=("issue_id", "approval_id", "approver"),
        cursor="updated",
        parent="issues",
    ),
)


class Config(BaseModel):
    """Say which site and projects to read, as whom, and what their issues stand for.

    Types and projects of incidents and changes are names and keys, whatever their case. A `*_field`
    is the id of the field that holds it, such as customfield_10050; `service_field` may also be
    "components" or "labels". Without `projects` all that the user may see are read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str
    token: SecretStr
    username: str = ""
    edition: Literal["cloud", "data_center"] = "cloud"
    projects: tuple[Key, ...] = ()
    incident_types: tuple[str, ...] = ("Incident", "[System] Incident")
    incident_projects: tuple[Key, ...] = ()
    change_types: tuple[str, ...] = ("Change", "[System] Change")
    change_projects: tuple[Key, ...] = ()
    has_approvals: bool = False
    service_field: str = "components"
    severity_field: str = "priority"
    impact_started_field: str = ""
    risk_field: str = ""
    planned_start_field: str = ""
    planned_end_field: str = ""
    work_started_field: str = ""
    work_ended_field: str = ""
    changelog_fields: tuple[str, ...] = Field(
        default=(
            "status",
            "resolution",
            "assignee",
            "priority",
            "issuetype",
            "project",
            "fixVersions",
            "duedate",
        ),
        max_length=10,
    )
    page_size: int = Field(default=100, ge=1, le=1000)
    since: Since | None = None
    ca_bundle: Path | None = None


@dataclass(frozen=True)
class JiraConnector:
    """Read one Jira site."""

    config: Config
    name: str
    kind: str = KIND

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Return the streams; approvals where the settings ask for them."""
        return STREAMS if self.config.has_approvals else STREAMS[:-1]

    @property
    def access(self) -> Access:
        """Return the address and the credentials' header."""
        return Access(
            base_url=self.config.base_url,
            headers={"authorization": self._credentials()},
            remedy=f"set a valid token, and in Cloud the username it belongs to, for {self.name!r}",
            ca_bundle=self.config.ca_bundle,
        )

    def _credentials(self) -> SecretStr:
        token = self.config.token.get_secret_value()
        if not self.config.username:
            return SecretStr(f"Bearer {token}")
        pair = f"{self.config.username}:{token}".encode()
        return SecretStr(f"Basic {base64.b64encode(pair).decode()}")

    def context(self) -> dict[str, str]:
        """Return what the settings say about issues, for the pages that hold them."""
        config = self.config
        lists = {
            "incident_types": config.incident_types,
            "incident_projects": config.incident_projects,
            "change_types": config.change_types,
            "change_projects": config.change_projects,
        }
        fields = {
            name: value for name, value in config if name.endswith("_field") and value is not None
        }
        return {
            **{name: "\n".join(words).casefold() for name, words in lists.items()},
            **fields,
            "site": config.base_url.rstrip("/"),
        }

    def pages(
        self,
        stream: Stream,
        *,
        cursor: State | None,
        resume: Resume,
        client: HttpClient | None,
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        """Yield the stream's pages, a project after the other, changes before their issues.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Jira is read over HTTP and needs a client")
        api = "/rest/api/3" if self.config.edition == "cloud" else "/rest/api/2"
        asks_for_time = stream.name == "issues"
        zone = user_zone(client, api, stream=stream) if asks_for_time else None
        keys = self.config.projects or project_keys(client, api, source=self.name, stream=stream)
        read = issue_pages if stream.name == "issues" else version_pages
        for key in keys:
            walk = JiraWalk(
                client=client,
                source=self.name,
                stream=stream,
                children={child.name: child for child in self.streams if child.parent},
                api=api,
                zone=zone,
                project=key,
                known=(cursor or {}).get(key, {}),
                reached=resume.checkpoints.get(key, {}),
                settings=self.context(),
                changelog_fields=self.config.changelog_fields,
                page_size=self.config.page_size,
                since=self.config.since,
                now=now,
            )
            yield from go_on_after(
                partial(read, walk),
                stream=stream.name,
                read_at=now,
                context={"project": key},
                partition=key,
            )

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return None if stream.name == "versions" else self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the latest update that was read of each project."""
        reached = {key: one["cursor"] for key, one in checkpoints.items() if one.get("cursor")}
        return {**(cursor or {}), **reached} or None


def connect(config: Config, *, name: str) -> JiraConnector:
    """Return the connector for one configured source."""
    return JiraConnector(config=config, name=name)
