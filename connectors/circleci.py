"""Read CircleCI: the pipelines of projects, their workflows and the jobs of these.

API: https://circleci.com/docs/api/v2/ (project pipelines, pipeline workflows, workflow jobs), read
November 2026. Works with CircleCI Server (base_url ends in /api/v2).
Auth: a personal API token of somebody who can see the projects; project tokens cannot read all.
Limits: 429 with Retry-After; the size of a page is the source's; a request a pipeline for its
workflows and one a workflow for its jobs.
Traps: there is no filter by date; a workflow that is run again is a new one of the same pipeline
and does not move the pipeline's updated_at, so workflows of the last days are listed again; a
page token can become invalid (404); a job that was not run again keeps its id in a new workflow.
Tested: recorded replies of CircleCI, and scripted ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors._ci_walks import Items, Params, Walk, cursor_after, follow, shift, walk_parts
from connectors._contract import Access, Page, Refusal, Resume, Since, State, Stream
from connectors._errors import BadRequest
from connectors._http import HttpClient
from connectors._paging import Record, go_on_after, make_page
from connectors._reply import Reply

KIND = "circleci"
EXAMPLE = {"projects": "[gh/acme/pay]"}
DAY = 86_400
# Workflows can be run again, and wait for an approval, for 90 days; most are within two weeks.
# Source: https://circleci.com/docs/workflows/
OPEN_SECONDS = 90 * DAY
GONE = 404
UNFINISHED = ("running", "failing", "on_hold")

STREAMS = (
    Stream(
        "pipelines",
        "One row per pipeline of a project.",
        format="object",
        records_path="$.items",
        cursor="created",
        overlap_seconds=14 * DAY,
        deletes="kept",
    ),
    Stream(
        "workflows",
        "One row per workflow of a pipeline; one that is run again is another.",
        format="object",
        records_path="$.items",
        parent="pipelines",
        deletes="kept",
    ),
    Stream(
        "jobs",
        "One row per job of a workflow.",
        format="object",
        records_path="$.items",
        key=("workflow_id", "id"),
        parent="pipelines",
        deletes="kept",
    ),
)


class Config(BaseModel):
    """Say which projects to read (as "gh/acme/pay"), and with which token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    projects: tuple[str, ...] = Field(min_length=1)
    base_url: str = "https://circleci.com/api/v2"
    since: Since | None = None
    ca_bundle: Path | None = None


@dataclass(frozen=True)
class CircleConnector:
    """Read the projects that are named."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS

    @property
    def access(self) -> Access:
        """Return the address and the token's header."""
        return Access(
            base_url=self.config.base_url,
            headers={"circle-token": self.config.token},
            remedy=(
                f"set a valid personal API token for source {self.name!r}; its owner needs to "
                "see the projects"
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
        """Yield the pages of one project after the other, jobs and workflows before pipelines.

        Errors: any ConnectorError; a project that refuses is set aside and the next one read.
        """
        if client is None:
            raise TypeError("CircleCI is read over HTTP and needs a client")
        yield from walk_parts(
            self.config.projects,
            _pipeline_pages,
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


def connect(config: Config, *, name: str) -> CircleConnector:
    """Return the connector for one configured source."""
    return CircleConnector(config=config, name=name)


def _further(reply: Reply, records: list[Record]) -> Params | None:
    token = reply.data.get("next_page_token")
    return {"page-token": str(token)} if token else None


def _pipeline_pages(walk: Walk) -> Items:
    """Yield pipelines, newest first, down to the cursor minus the overlap.

    A token of an interrupted run that is no longer valid is not used: the list begins anew.
    """
    is_begun = False
    try:
        for item in _pages(walk):
            is_begun = True
            yield item
    except BadRequest as error:
        if error.status != GONE or is_begun or not walk.reached.get("next"):
            raise
        yield from _pages(replace(walk, reached={**walk.reached, "next": None}))


def _pages(walk: Walk) -> Items:
    floor = walk.floor(walk.known.get("created_at", ""))
    cursor = dict(walk.reached.get("cursor") or walk.known)
    seen: dict[str, str] = dict(cursor.get("workflows", {}))
    waiting: dict[str, str] = dict(cursor.get("open", {}))
    left = dict(waiting)
    address = f"/project/{quote(walk.part, safe='/')}/pipeline"
    for reply, records, following in walk.follow(address, {}, _further):
        with walk.understanding(reply):
            recent = [one for one in records if one["created_at"] >= floor]
            for one in records:
                if one["created_at"] < floor and one["id"] not in left:
                    continue
                left.pop(one["id"], None)
                yield from _workflows(
                    walk, one["id"], created_at=one["created_at"], seen=seen, waiting=waiting
                )
            cursor["created_at"] = walk.latest(
                (one["created_at"] for one in records), before=cursor.get("created_at", "")
            )
        is_done = following is None or len(recent) < len(records)
        if is_done:
            for pipeline, created_at in left.items():
                yield from _workflows(
                    walk, pipeline, created_at=created_at, seen=seen, waiting=waiting
                )
        cursor["workflows"], cursor["open"] = _kept(walk, cursor["created_at"], seen, waiting)
        yield walk.page(reply, records, following=following, is_done=is_done, cursor=dict(cursor))
        if is_done:
            return


def _kept(
    walk: Walk, created_at: str, seen: Mapping[str, str], waiting: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the next run needs to know of workflows that may still change."""
    oldest = shift(created_at, seconds=-OPEN_SECONDS)
    still = {pipeline: begun for pipeline, begun in waiting.items() if begun >= oldest}
    floor = min([shift(created_at, seconds=-walk.stream.overlap_seconds), *still.values()])
    return {key: state for key, state in seen.items() if state >= floor}, still


def _workflows(
    walk: Walk, pipeline: str, *, created_at: str, seen: dict[str, str], waiting: dict[str, str]
) -> Items:
    """Yield the workflows of a pipeline, and the jobs of those that are not as they were."""
    found: list[Record] = []
    yield from go_on_after(
        partial(_list_workflows, walk, pipeline, found),
        stream="workflows",
        read_at=walk.now,
        context={**walk.context, "pipeline_id": pipeline},
        partition=walk.part,
        is_final=True,
    )
    waiting.pop(pipeline, None)
    for one in found:
        number, status = str(one["id"]), str(one.get("status"))
        state = f"{created_at} {status} {one.get('stopped_at')}"
        if status in UNFINISHED:
            waiting[pipeline] = created_at
        if seen.get(number) != state:
            yield from walk.child(
                "jobs",
                f"/workflow/{number}/job",
                key=f"{number}@{status}@{one.get('stopped_at')}",
                context={"workflow_id": number},
                after=_further,
            )
            seen[number] = state


def _list_workflows(walk: Walk, pipeline: str, found: list[Record]) -> Iterator[Page]:
    stream = walk.children["workflows"]
    for reply, records, _ in follow(
        walk.client,
        f"/pipeline/{pipeline}/workflow",
        stream=stream,
        source=walk.source,
        params={},
        after=_further,
    ):
        found.extend(records)
        yield make_page(
            reply,
            stream=stream,
            row_count=len(records),
            context={**walk.context, "pipeline_id": pipeline},
        )
