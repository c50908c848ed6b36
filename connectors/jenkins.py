"""Read Jenkins: the builds of every job, and the stages of its pipelines.

API: https://www.jenkins.io/doc/book/using/remote-access-api/ (api/json with `tree`), and
https://plugins.jenkins.io/pipeline-rest-api/ (wfapi/describe), read November 2026.
Auth: a user's API token with Overall/Read and Job/Read, sent as HTTP basic.
Limits: none stated; a page holds 100 builds, stages cost one request a finished pipeline build.
Traps: `builds` ends after 100, `allBuilds{M,N}` does not; there is no filter by date; builds do
not finish in the order of their numbers; a deleted build is gone (404); a job that was made anew
counts from 1; what a record holds depends on its `_class`; stages need a plugin.
Tested: recorded replies of a real Jenkins, and scripted ones.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, SecretStr

from connectors._ci_walks import Items, Walk, cursor_after, walk_parts
from connectors._contract import Access, Page, Pattern, Refusal, Resume, Since, State, Stream
from connectors._errors import BadRequest
from connectors._http import HttpClient
from connectors._paging import Record, make_page
from connectors._reply import Reply

KIND = "jenkins"
PER_PAGE = 100
GONE = 404
BUILD = (
    "number,url,timestamp,duration,building,result,"
    "actions[lastBuiltRevision[SHA1,branch[name]],remoteUrls,mercurialRevisionNumber,"
    "causes[userId]],"
    "changeSet[kind,items[commitId],revisions[revision]],changeSets[kind,items[commitId]]"
)

STREAMS = (
    Stream(
        "builds",
        "One row per build of a job.",
        format="object",
        records_path="$.allBuilds",
        key=("job", "number"),
        cursor="updated",
        deletes="kept",
    ),
    Stream(
        "stages",
        "One row per stage of a finished pipeline build.",
        format="object",
        records_path="$.stages",
        key=("job", "number", "id"),
        parent="builds",
        deletes="kept",
    ),
)


class Config(BaseModel):
    """Say which Jenkins to read, as whom, and which jobs or folders of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str
    user: str
    token: SecretStr
    jobs: tuple[str, ...] = ()
    stage_job_pattern: Pattern = ""
    since: Since | None = None
    ca_bundle: Path | None = None


@dataclass(frozen=True)
class JenkinsConnector:
    """Read every job of a Jenkins, or those that are named or lie in a named folder."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS
    _known: list[str] = field(default_factory=list)

    @property
    def access(self) -> Access:
        """Return the address and the header of user and token."""
        pair = f"{self.config.user}:{self.config.token.get_secret_value()}"
        return Access(
            base_url=self.config.base_url,
            headers={"authorization": SecretStr(f"Basic {b64encode(pair.encode()).decode()}")},
            remedy=(
                f"set user and a valid API token for source {self.name!r}; the user needs "
                "Overall/Read and Job/Read"
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
        """Yield the pages of one job after the other, stages before their builds.

        Errors: any ConnectorError; a job that refuses is set aside and the next one read.
        """
        if client is None:
            raise TypeError("Jenkins is read over HTTP and needs a client")
        if not self._known:
            for root in self.config.jobs or ("",):
                self._known.extend(_jobs(client, root, stream=stream.name))
        yield from walk_parts(
            sorted(set(self._known)),
            partial(_build_pages, stages_of=re.compile(self.config.stage_job_pattern)),
            source=self.name,
            stream=stream,
            streams=self.streams,
            label="job",
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
        """Return what each job's last page left, over what was known before."""
        return cursor_after(cursor, checkpoints)


def connect(config: Config, *, name: str) -> JenkinsConnector:
    """Return the connector for one configured source."""
    return JenkinsConnector(config=config, name=name)


def _address(job: str) -> str:
    return "".join(f"/job/{quote(name, safe='')}" for name in job.split("/") if name)


def _jobs(client: HttpClient, name: str, *, stream: str) -> Iterator[str]:
    """Yield the full names of the jobs below a folder, or the name of what is a job itself."""
    reply = client.fetch(
        f"{_address(name)}/api/json", stream=stream, params={"tree": "jobs[fullName]"}
    )
    listed = reply.data.get("jobs") if isinstance(reply.data, dict) else None
    if listed is None:
        yield name
        return
    for one in listed:
        full = str(one["fullName"])
        if _may_hold_jobs(str(one.get("_class") or "")):
            yield from _jobs(client, full, stream=stream)
        else:
            yield full


def _may_hold_jobs(kind: str) -> bool:
    return kind.endswith(("Folder", "MultiBranchProject")) or not kind


def _build_pages(walk: Walk, *, stages_of: re.Pattern[str]) -> Items:
    """Yield builds, newest first, down to the newest known one, then those that were running.

    Source: https://www.jenkins.io/doc/book/using/remote-access-api/ (ranges of `tree`).
    """
    before = set(walk.known.get("unfinished", ()))
    cursor = dict(walk.reached.get("cursor") or {**walk.known, "unfinished": []})
    running = set(cursor["unfinished"])
    met: set[int] = set()
    has_stages = bool(stages_of.search(walk.part))
    floor = walk.since.timestamp() * 1000 if walk.since else 0.0
    for reply, records, following in walk.follow(
        f"{_address(walk.part)}/api/json", {"tree": _range(0)}, _further
    ):
        is_done = following is None
        with walk.understanding(reply):
            for record in records:
                number, timestamp = int(record["number"]), int(record["timestamp"])
                is_new = _is_after(number, timestamp, walk.known)
                is_done = is_done or not is_new or timestamp < floor
                met.add(number)
                if _is_running(record):
                    running.add(number)
                elif has_stages and (is_new or number in before):
                    yield from _stages(walk, record)
                if timestamp <= walk.now.timestamp() * 1000 + 120_000:
                    cursor["number"] = max(number, cursor.get("number", 0))
                    cursor["timestamp"] = max(timestamp, cursor.get("timestamp", 0))
        if is_done:
            for number in sorted(before - met):
                yield from _one_build(walk, number, running=running, has_stages=has_stages)
        cursor["unfinished"] = sorted(running)
        yield walk.page(reply, records, following=following, is_done=is_done, cursor=dict(cursor))
        if is_done:
            return


def _range(first: int) -> str:
    return f"allBuilds[{BUILD}]{{{first},{first + PER_PAGE}}}"


def _further(reply: Reply, records: list[Record]) -> Mapping[str, str]:
    """Return the range after this one; only an empty one is the end."""
    found = re.search(r"(?:%7B|\{)(\d+)(?:%2C|,)(\d+)(?:%7D|\})", reply.url)
    return {"tree": _range(int(found.group(2)) if found else PER_PAGE)}


def _is_after(number: int, timestamp: int, known: State) -> bool:
    """Return whether a build is newer than all known ones; a job made anew counts from 1."""
    return number > int(known.get("number", 0)) or timestamp > int(known.get("timestamp", 0))


def _is_running(record: Record) -> bool:
    return bool(record.get("building")) or record.get("result") is None


def _one_build(walk: Walk, number: int, *, running: set[int], has_stages: bool) -> Items:
    """Yield one build in the shape of the list; one that was deleted is done with."""
    try:
        reply = walk.client.fetch(
            f"{_address(walk.part)}/{number}/api/json",
            stream=walk.stream.name,
            params={"tree": BUILD},
        )
    except BadRequest as error:
        if error.status != GONE:
            raise
        return
    with walk.understanding(reply):
        if _is_running(reply.data):
            running.add(number)
        elif has_stages:
            yield from _stages(walk, reply.data)
    yield make_page(
        reply,
        stream=walk.stream,
        row_count=1,
        context=walk.context,
        decoded=b'{"allBuilds":[' + reply.body + b"]}",
    )


def _stages(walk: Walk, record: Record) -> Items:
    """Yield the stages of a pipeline's build; other classes of job have none."""
    if "WorkflowRun" not in str(record.get("_class", "")):
        return iter(())
    number = str(record["number"])
    return walk.child(
        "stages",
        f"{_address(walk.part)}/{number}/wfapi/describe",
        key=f"{walk.part}#{number}@{record['timestamp']}",
        context={"number": number},
    )
