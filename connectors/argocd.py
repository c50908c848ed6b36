"""Read Argo CD: applications with the history of their syncs, and projects with sync windows.

API: https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/ (the server's own Swagger
description: /api/v1/applications, /api/v1/projects), read November 2026.
Auth: a token of an account with the capability apiKey and the roles applications:get and
projects:get.
Limits: none stated; a proxy's 429 with Retry-After is obeyed.
Tested: the official description (Swagger), and scripted replies.
Traps: neither list has pages or a filter by time, so every reply is the whole list; an empty list
is null; a history keeps the last 10 syncs unless revisionHistoryLimit says otherwise, and failed
syncs are not in it, only the last operation of each application is, so read more often than
applications are synced 10 times; an entry has revision or, with several sources, revisions.
Tested: the official description (Swagger), and scripted replies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from connectors._errors import PermissionMissing
from connectors._http import HttpClient
from connectors._paging import Record, go_on_after, make_page, records_of, refuse
from connectors._reply import Reply

KIND = "argocd"

STREAMS = (
    Stream(
        "applications",
        "One row per application, with its last syncs and its last operation.",
        format="object",
        records_path="$.items",
        key=("metadata.namespace", "metadata.name"),
        deletes="kept",
    ),
    Stream(
        "projects",
        "One row per project, with its sync windows.",
        format="object",
        records_path="$.items",
        key=("metadata.name",),
        deletes="listed",
    ),
)


class Config(BaseModel):
    """Say which Argo CD to read, and the applications of which projects (of all, if none)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str
    token: SecretStr
    projects: tuple[str, ...] = ()
    ca_bundle: Path | None = None


@dataclass(frozen=True)
class ArgoCdConnector:
    """Read one Argo CD."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS

    @property
    def access(self) -> Access:
        """Return the address and the token's header."""
        token = self.config.token.get_secret_value()
        return Access(
            base_url=self.config.base_url,
            headers={"authorization": SecretStr(f"Bearer {token}")},
            remedy=(
                f"set a valid token for source {self.name!r} whose account may get applications "
                "and projects"
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
        """Yield the whole list, or one of each project that is named.

        Errors: any ConnectorError; a project that refuses is set aside and the next one read.
        """
        if client is None:
            raise TypeError("Argo CD is read over HTTP and needs a client")
        named = self.config.projects if stream.name == "applications" else ()
        for project in named or ("",):
            if resume.checkpoints.get(project, {}).get("is_done"):
                continue
            try:
                yield from go_on_after(
                    partial(self._list, client, stream, project),
                    stream=stream.name,
                    read_at=now,
                    partition=project,
                )
            except PermissionMissing as exc:
                yield refuse(exc, stream=stream.name, read_at=now, partition=project)

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return nothing: every read is of everything."""
        return None

    def _list(self, client: HttpClient, stream: Stream, project: str) -> Iterator[Page]:
        reply = client.fetch(
            f"/api/v1/{stream.name}",
            stream=stream.name,
            params={"projects": project} if project else None,
        )
        yield make_page(
            reply,
            stream=stream,
            row_count=len(_items(reply, source=self.name, stream=stream)),
            checkpoint={"partition": project, "is_done": True},
        )


def _items(reply: Reply, *, source: str, stream: Stream) -> list[Record]:
    """Return the items of a list; none are written as null."""
    if isinstance(reply.data, dict) and "items" in reply.data and reply.data["items"] is None:
        return []
    return records_of(reply, source=source, stream=stream.name, path=stream.records_path)


def connect(config: Config, *, name: str) -> ArgoCdConnector:
    """Return the connector for one configured source."""
    return ArgoCdConnector(config=config, name=name)
