"""Read GitLab: merge requests, pipelines, deployments, environments, releases, deploy freezes.

API: https://docs.gitlab.com/api/ (projects, merge_requests, notes, pipelines, jobs, deployments,
environments, releases, freeze_periods), version 4, read November 2026. Works with self-managed
GitLab (base_url is its address).
Auth: a project, group or personal access token with scope read_api and the role Reporter; deploy
freezes are shown to a Maintainer only in some versions.
Limits: by the instance; ratelimit-reset is an epoch, 429 states Retry-After.
Tested: scripted replies in the form of the documented examples, and recorded merge requests.
Traps: above 10,000 rows the totals and the link to the last page vanish, so pages go by the next
one only; offsets end at 50,000 rows (405), so lists go on from the last time of change instead;
deployments take updated_after only together with order_by=updated_at; pipelines may have no time
of change, and child pipelines are listed only when asked for; a deployment made by the interface
has no deployable; a list of pipelines does not say when one ended.
Tested: replies as its documentation gives them, and scripted ones.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from connectors._contract import (
    Access,
    LimitRule,
    Page,
    Pattern,
    Refusal,
    Resume,
    Since,
    State,
    Stream,
)
from connectors._errors import BadRequest, PermissionMissing
from connectors._gitlab_parts import PARTS
from connectors._gitlab_walks import Project, Walk, projects_of
from connectors._http import HttpClient
from connectors._paging import follow_links, refuse, understanding

KIND = "gitlab"
EXAMPLE = {"group": "acme"}
HOUR = 3600

STREAMS = (
    Stream("merge_requests", "One row per merge request.", cursor="updated", overlap_seconds=HOUR),
    Stream(
        "merge_request_notes",
        "One row per note on a merge request: comments and what the system says of approvals.",
        parent="merge_requests",
    ),
    Stream(
        "merge_request_commits",
        "One row per commit of a merged merge request.",
        parent="merge_requests",
    ),
    Stream(
        "pipelines", "One row per pipeline.", cursor="updated", overlap_seconds=HOUR, deletes="kept"
    ),
    Stream(
        "pipeline_jobs",
        "One row per job of a pipeline that ended on a branch or tag that is deployed.",
        parent="pipelines",
        deletes="kept",
    ),
    Stream("deployments", "One row per deployment.", cursor="updated", overlap_seconds=HOUR),
    Stream("environments", "One row per environment.", cursor="none"),
    Stream("releases", "One row per release.", key=("tag_name",), cursor="none"),
    Stream(
        "freeze_periods",
        "One row per project: its list of deploy freezes.",
        format="ndjson",
        key=("page",),
        cursor="none",
    ),
)
LISTING = Stream("projects", "One row per project.")


class Config(BaseModel):
    """Say which group or projects to read, with which token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    base_url: str = "https://gitlab.com"
    group: str = ""
    projects: tuple[str, ...] = ()
    deploy_ref_pattern: Pattern = r"(?i)^(main|master|prod.*|release.*|v?[0-9]+\.[0-9].*)$"
    since: Since | None = None
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _names_projects(self) -> "Config":
        if not self.group and not self.projects:
            raise ValueError("set group, or projects as a list of group/name")
        return self


@dataclass(frozen=True)
class GitLabConnector:
    """Read one group with its subgroups, or the projects that are named."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS
    _known: dict[str, Project | Refusal] = field(default_factory=dict)

    @property
    def access(self) -> Access:
        """Return the address, the token's header and the limits of GitLab."""
        return Access(
            base_url=f"{self.config.base_url.rstrip('/')}/api/v4",
            headers={"authorization": SecretStr(f"Bearer {self.config.token.get_secret_value()}")},
            limit=LimitRule(
                remaining_header="ratelimit-remaining",
                reset_header="ratelimit-reset",
                reset_is="epoch",
            ),
            remedy=(
                f"set a valid token for source {self.name!r} with scope read_api and at least the "
                "role Reporter"
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
            raise TypeError("GitLab is read over HTTP and needs a client")
        if not self._known:
            self._list(client, now=now)
        known: Mapping[str, State] = (cursor or {}).get("projects", {})
        for project in self._known.values():
            if isinstance(project, Refusal):
                yield replace(project, stream=stream.name)
                continue
            for part in PARTS[stream.name]:
                partition = f"{project.number}{part.suffix}"
                reached = resume.checkpoints.get(partition, {})
                if reached.get("is_done") or not project.has(part.feature):
                    continue
                walk = Walk(
                    client=client,
                    source=self.name,
                    stream=stream,
                    children={one.name: one for one in STREAMS if one.parent == stream.name},
                    project=project,
                    partition=partition,
                    known=known.get(partition, {}),
                    reached=reached,
                    finished=resume.children,
                    since=self.config.since,
                    now=now,
                    deploys=re.compile(self.config.deploy_ref_pattern),
                )
                yield from walk.go_on(partial(part.pages, walk))

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return self.config.since if stream.cursor == "updated" else None

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return what each project's last page left, over what was known before."""
        known = dict((cursor or {}).get("projects", {}))
        for partition, checkpoint in checkpoints.items():
            known[partition] = checkpoint.get("cursor", {})
        return {"projects": known}

    def _list(self, client: HttpClient, *, now: datetime) -> None:
        """Learn which projects there are; one that is named and cannot be read is remembered."""
        if self.config.group:
            for reply, records in follow_links(
                client,
                f"/groups/{quote(self.config.group, safe='')}/projects",
                stream=LISTING,
                source=self.name,
                params={
                    "include_subgroups": "true",
                    "with_shared": "false",
                    "order_by": "id",
                    "sort": "asc",
                    "per_page": 100,
                },
            ):
                with understanding(reply, source=self.name, stream=LISTING.name):
                    found = projects_of(records)
                self._known.update(
                    (one.path, one)
                    for one in found
                    if not self.config.projects or one.path in self.config.projects
                )
            return
        for path in self.config.projects:
            try:
                reply = client.fetch(f"/projects/{quote(path, safe='')}", stream=LISTING.name)
            except (BadRequest, PermissionMissing) as exc:
                self._known[path] = refuse(exc, stream="", read_at=now, partition=path)
                continue
            with understanding(reply, source=self.name, stream=LISTING.name):
                self._known[path] = projects_of([reply.data])[0]


def connect(config: Config, *, name: str) -> GitLabConnector:
    """Return the connector for one configured source."""
    return GitLabConnector(config=config, name=name)
