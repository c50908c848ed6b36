"""Read Azure DevOps: builds with their timelines, environments, pull requests, classic releases.

API: https://learn.microsoft.com/en-us/rest/api/azure/devops/ (core, build, distributedtask, git,
release), version 7.1, read November 2026. Works with Azure DevOps Server (area "all").
Auth: a personal access token with Code (read), Build (read), Release (read) and Environment
(read and manage, the only scope that may read them); projects are listed with Project (read).
Limits: 200 units in five minutes, answered by 429 with Retry-After. A request a finished build for
its timeline, one a pull request whose commits changed, one an environment.
Traps: the next page is named in the header x-ms-continuationtoken and belongs to the order it was
asked in; the usual order hides builds that run; a build without a timeline is answered by nothing
(204); instants have seven digits; classic releases live on another host (area "releases"); the
list of pull requests knows no "changed since", only when they were closed.
Tested: recorded builds, timelines and pull requests, the official descriptions of builds and
releases, and a scripted server; environments by the scripted server alone.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from connectors._azure_walks import (
    build_pages,
    environment_pages,
    projects,
    pull_pages,
    release_pages,
)
from connectors._ci_walks import Items, Walk, cursor_after, walk_parts
from connectors._contract import Access, Page, Pattern, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient

KIND = "azure_devops"
HOSTS = {"services": "https://dev.azure.com", "releases": "https://vsrm.dev.azure.com"}
HOUR = 3600
_LIST = "$.value"

STREAMS = (
    Stream(
        "builds",
        "One row per build, which is what a run of a pipeline is called.",
        format="object",
        records_path=_LIST,
        cursor="updated",
        overlap_seconds=HOUR,
        deletes="kept",
    ),
    Stream(
        "timeline_records",
        "One row per stage, phase, job and task of a finished build.",
        format="object",
        records_path="$.records",
        key=("build_id", "id"),
        parent="builds",
        deletes="kept",
    ),
    Stream(
        "environments",
        "One row per environment.",
        format="object",
        records_path=_LIST,
        deletes="listed",
    ),
    Stream(
        "environment_deployments",
        "One row per deployment to an environment.",
        format="object",
        records_path=_LIST,
        parent="environments",
        deletes="kept",
    ),
    Stream(
        "pull_requests",
        "One row per pull request.",
        format="object",
        records_path=_LIST,
        key=("pullRequestId",),
        cursor="updated",
        overlap_seconds=HOUR,
    ),
    Stream(
        "pull_request_commits",
        "One row per commit of a pull request that was not abandoned.",
        format="object",
        records_path=_LIST,
        key=("commitId",),
        parent="pull_requests",
    ),
    Stream(
        "release_deployments",
        "One row per deployment of a classic release.",
        format="object",
        records_path=_LIST,
        cursor="updated",
        overlap_seconds=HOUR,
        deletes="kept",
    ),
)


class Config(BaseModel):
    """Say which organisation and projects to read, which area of it, and with which token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organisation: str
    token: SecretStr
    projects: tuple[str, ...] = ()
    area: Literal["services", "releases", "all"] = "services"
    base_url: str = ""
    timeline_pipeline_pattern: Pattern = ""
    reads_environments: bool = True
    since: Since | None = None
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _is_reachable(self) -> "Config":
        if self.area == "releases" and not self.projects:
            raise ValueError("set projects: the host of releases has no list of them")
        if self.area == "all" and not self.base_url:
            raise ValueError("set base_url: only a server of your own has everything on one host")
        return self


@dataclass(frozen=True)
class AzureConnector:
    """Read the projects of one organisation, or those that are named."""

    config: Config
    name: str
    kind: str = KIND
    _known: list[str] = field(default_factory=list)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Return the streams of the area that is read."""
        config = self.config
        unread = {"environments"} if not config.reads_environments else set()
        if config.area != "all":
            is_of_releases = config.area == "releases"
            unread |= {
                one.name
                for one in STREAMS
                if not one.parent and (one.name == "release_deployments") != is_of_releases
            }
        return tuple(one for one in STREAMS if one.name not in unread and one.parent not in unread)

    @property
    def access(self) -> Access:
        """Return the address of the organisation and the header of the token."""
        pair = f":{self.config.token.get_secret_value()}"
        host = self.config.base_url.rstrip("/") or HOSTS[self.config.area]
        return Access(
            base_url=f"{host}/{self.config.organisation}",
            headers={"authorization": SecretStr(f"Basic {b64encode(pair.encode()).decode()}")},
            remedy=(
                f"set a valid personal access token for source {self.name!r} that may read code, "
                "builds, releases and environments (reads_environments: false does without these)"
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
        """Yield the stream's pages, a project after the other, children before their parent.

        Errors: any ConnectorError; a project that refuses is set aside and the next one read.
        """
        if client is None:
            raise TypeError("Azure DevOps is read over HTTP and needs a client")
        if not self._known:
            named = self.config.projects
            self._known.extend(named or projects(client, source=self.name, stream=STREAMS[0]))
        timelines_of = re.compile(self.config.timeline_pipeline_pattern)
        pages_of: Mapping[str, Callable[[Walk], Items]] = {
            "builds": partial(build_pages, timelines_of=timelines_of),
            "environments": environment_pages,
            "pull_requests": pull_pages,
            "release_deployments": release_pages,
        }
        yield from walk_parts(
            sorted(set(self._known)),
            pages_of[stream.name],
            source=self.name,
            stream=stream,
            streams=self.streams,
            label="project",
            cursor=cursor,
            resume=resume,
            client=client,
            since=self.config.since,
            now=now,
        )

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return what each project's last page left, over what was known before."""
        return cursor_after(cursor, checkpoints)


def connect(config: Config, *, name: str) -> AzureConnector:
    """Return the connector for one configured source."""
    return AzureConnector(config=config, name=name)
