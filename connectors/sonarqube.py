"""Read SonarQube Server or Cloud: projects, analyses with their measures and gates, issues.

API: https://docs.sonarsource.com/sonarqube-server/latest/extension-guide/web-api (also at
/web_api of a server): components/search_projects, project_analyses/search, measures/search_history,
issues/search; read November 2026.
Auth: a user token that may browse the projects; a server before 10.0 takes it as a user name
(`token_as_username`). SonarQube Cloud needs `organization` too.
Limits: 429 of Cloud with Retry-After; 500 rows a page (1,000 of a history).
Traps: no list goes beyond its 10,000th row, and Cloud's totals stop there too, so that issues are
asked for in slices of creation time, and of severity and type where one second holds too many;
nothing filters on updates, so that they are read from the newest until one is known. The gate's
status of every analysis is the history of alert_status; events tell only of its changes. Closed
issues are removed after 30 days: a source that is read less often never learns of them. Only main
branches are read, and hotspots are not.
Tested: scripted replies of a server that pages, filters and refuses as the real one.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from connectors._contract import Access, Page, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient
from connectors._sonarqube_issues import issue_pages
from connectors._sonarqube_walks import SonarWalk, analysis_pages, project_pages

KIND = "sonarqube"
HOUR = 3600
METRICS = (
    "alert_status",
    "coverage",
    "duplicated_lines_density",
    "bugs",
    "vulnerabilities",
    "code_smells",
    "reliability_rating",
    "security_rating",
    "sqale_rating",
    "ncloc",
)

STREAMS = (
    Stream(
        "projects",
        "One row per project.",
        format="object",
        records_path="$.components",
        key=("key",),
        deletes="listed",
    ),
    Stream(
        "analyses",
        "One row per analysis of a project's main branch.",
        format="object",
        records_path="$.analyses",
        key=("key",),
        cursor="updated",
        deletes="kept",
    ),
    Stream(
        "measures",
        "One row per metric and analysis.",
        format="ndjson",
        key=("project", "metric", "date"),
        parent="analyses",
        deletes="kept",
    ),
    Stream(
        "issues",
        "One row per issue.",
        format="object",
        records_path="$.issues",
        key=("key",),
        cursor="updated",
        overlap_seconds=HOUR,
        deletes="kept",
    ),
)


class Config(BaseModel):
    """Say which server or organisation to read, with which token, and which projects of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr
    base_url: str = "https://sonarcloud.io"
    organization: str = ""
    token_as_username: bool = False
    projects: tuple[str, ...] = ()
    metrics: tuple[str, ...] = Field(default=METRICS, min_length=1)
    since: Since | None = None
    plain_http_hosts: tuple[str, ...] = ()
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _check_address(self) -> Self:
        """Refuse an address that would send the token where nobody allowed it."""
        scheme, _, rest = self.base_url.partition("://")
        host = rest.partition("/")[0].partition(":")[0]
        if scheme not in ("http", "https") or not host or "@" in rest:
            raise ValueError("base_url must begin with https:// and name a host")
        if scheme == "http" and host not in self.plain_http_hosts:
            raise ValueError("base_url must be https, or its host stand in plain_http_hosts")
        return self


@dataclass(frozen=True)
class SonarQubeConnector:
    """Read one server or one organisation."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS

    @property
    def access(self) -> Access:
        """Return the address and the token's header."""
        token = self.config.token.get_secret_value()
        header = f"Bearer {token}"
        if self.config.token_as_username:
            header = f"Basic {base64.b64encode(f'{token}:'.encode()).decode()}"
        return Access(
            base_url=self.config.base_url,
            headers={"authorization": SecretStr(header)},
            remedy=f"set a valid user token that may browse the projects for source {self.name!r}",
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
            raise TypeError("SonarQube is read over HTTP and needs a client")
        walk = SonarWalk(
            client=client,
            source=self.name,
            stream=stream,
            child=next(one for one in self.streams if one.name == "measures"),
            known=(cursor or {}).get("parts", {}),
            resume=resume,
            organization=self.config.organization,
            projects=self.config.projects,
            metrics=self.config.metrics,
            since=self.config.since,
            now=now,
        )
        read = {"projects": project_pages, "analyses": analysis_pages, "issues": issue_pages}
        yield from read[stream.name](walk)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        if stream.name == "projects" or (cursor or {}).get("parts"):
            return None
        return self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return how far each project, or each list of issues, was read."""
        if stream.name == "projects":
            return None
        parts = dict((cursor or {}).get("parts", {}))
        parts |= {
            part: state["cursor"] for part, state in checkpoints.items() if state.get("is_done")
        }
        return {"parts": parts}


def connect(config: Config, *, name: str) -> SonarQubeConnector:
    """Return the connector for one configured source."""
    return SonarQubeConnector(config=config, name=name)
