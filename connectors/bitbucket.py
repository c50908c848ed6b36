"""Read Bitbucket Cloud: pull requests, pipelines with their steps, deployments, environments.

API: https://developer.atlassian.com/cloud/bitbucket/rest/ (2.0), read November 2026.
Auth: an access token of a repository or workspace, or a user's API token with the user's e-mail
address; scopes to read repositories, pull requests and pipelines.
Limits: 1,000 requests an hour; 429. A request a merged pull request and a changed pipeline.
Traps: lists of pipelines name no next page; deployments know no order and no date, so they are
listed whole when a pipeline changed; a deployment is COMPLETED whether or not it worked; a merge
commit has 12 digits; a merge has no date of its own; UNDEPLOYED is what could be deployed.
Tested: recorded replies of Bitbucket Cloud, and scripted ones.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from connectors._bitbucket_walks import DAY, pipeline_pages, pull_pages, repositories
from connectors._ci_walks import cursor_after, walk_parts
from connectors._contract import Access, Page, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient

KIND = "bitbucket"
EXAMPLE = {"workspace": "acme"}
_LIST = "$.values"

STREAMS = (
    Stream(
        "pull_requests",
        "One row per pull request.",
        format="object",
        records_path=_LIST,
        cursor="updated",
        overlap_seconds=3600,
    ),
    Stream(
        "pull_request_commits",
        "One row per commit of a merged pull request.",
        format="object",
        records_path=_LIST,
        key=("hash",),
        parent="pull_requests",
    ),
    Stream(
        "pipelines",
        "One row per pipeline.",
        format="object",
        records_path=_LIST,
        key=("uuid",),
        cursor="created",
        overlap_seconds=14 * DAY,
        deletes="kept",
    ),
    Stream(
        "pipeline_steps",
        "One row per step of a pipeline.",
        format="object",
        records_path=_LIST,
        key=("uuid",),
        parent="pipelines",
        deletes="kept",
    ),
    Stream(
        "environments",
        "One row per environment of a repository.",
        format="object",
        records_path=_LIST,
        key=("uuid",),
        parent="pipelines",
    ),
    Stream(
        "deployments",
        "One row per deployment, also of what could be deployed.",
        format="object",
        records_path=_LIST,
        key=("uuid",),
        parent="pipelines",
    ),
)

PAGES_OF = {"pull_requests": pull_pages, "pipelines": pipeline_pages}


class Config(BaseModel):
    """Say which workspace or repositories to read, and with which token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    user: str = ""
    workspace: str = ""
    repositories: tuple[str, ...] = ()
    base_url: str = "https://api.bitbucket.org/2.0"
    since: Since | None = None
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _names_repositories(self) -> "Config":
        if not self.workspace and not self.repositories:
            raise ValueError("set workspace, or repositories as a list of workspace/name")
        return self


@dataclass(frozen=True)
class BitbucketConnector:
    """Read one workspace, or the repositories that are named."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS
    _known: list[str] = field(default_factory=list)

    @property
    def access(self) -> Access:
        """Return the address and the header of the token, with its user where it has one."""
        token = self.config.token.get_secret_value()
        pair = b64encode(f"{self.config.user}:{token}".encode()).decode()
        return Access(
            base_url=self.config.base_url,
            headers={
                "authorization": SecretStr(
                    f"Basic {pair}" if self.config.user else f"Bearer {token}"
                )
            },
            remedy=(
                f"set a valid token for source {self.name!r} that may read repositories, pull "
                "requests and pipelines"
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
        """Yield the stream's pages, a repository after the other, children before their parent.

        Errors: any ConnectorError; a repository that refuses is set aside and the next one read.
        """
        if client is None:
            raise TypeError("Bitbucket is read over HTTP and needs a client")
        if not self._known:
            self._known.extend(self._list(client, stream))
        yield from walk_parts(
            sorted(set(self._known)),
            PAGES_OF[stream.name],
            source=self.name,
            stream=stream,
            streams=self.streams,
            label="repository",
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
        """Return what each repository's last page left, over what was known before."""
        return cursor_after(cursor, checkpoints)

    def _list(self, client: HttpClient, stream: Stream) -> Iterator[str]:
        named = self.config.repositories
        if not self.config.workspace:
            yield from named
            return
        for full in repositories(client, self.config.workspace, source=self.name, stream=stream):
            if not named or full in named:
                yield full


def connect(config: Config, *, name: str) -> BitbucketConnector:
    """Return the connector for one configured source."""
    return BitbucketConnector(config=config, name=name)
