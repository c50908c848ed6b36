"""Ask Jira for lists: issues by query, in the ways of Cloud and of Data Center, and projects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors._contract import State, Stream
from connectors._errors import BadRequest
from connectors._http import HttpClient
from connectors._jira_decode import query_time, utc_text
from connectors._paging import LoopGuard, Record, records_of, understanding
from connectors._reply import Reply

BEGINNING = datetime(1970, 1, 3, tzinfo=UTC)
FIELDS = (
    "summary",
    "status",
    "statuscategorychangedate",
    "issuetype",
    "priority",
    "project",
    "parent",
    "labels",
    "components",
    "fixVersions",
    "assignee",
    "reporter",
    "created",
    "updated",
    "resolution",
    "resolutiondate",
    "duedate",
    "issuelinks",
)
GONE = 410
PER_LIST = 50


@dataclass(frozen=True)
class JiraWalk:
    """Carry what reading one stream of one project needs.

    `known` is the project's part of the cursor, `reached` its checkpoint of an interrupted run,
    `zone` that of the user who asks, None where Jira does not say it.
    """

    client: HttpClient
    source: str
    stream: Stream
    children: Mapping[str, Stream]
    api: str
    zone: ZoneInfo | None
    project: str
    known: State
    reached: State
    settings: Mapping[str, str]
    changelog_fields: tuple[str, ...]
    page_size: int
    since: datetime | None
    now: datetime

    @property
    def is_cloud(self) -> bool:
        """Return whether the site speaks Cloud's interface."""
        return self.api.endswith("3")

    def begin(self) -> datetime:
        """Return the first update to ask for: where a run stopped, or the cursor minus overlap."""
        if at := self.reached.get("at"):
            return datetime.fromisoformat(at)
        floor = self.since or BEGINNING
        if not (seen := self.known.get("updated_at")):
            return floor
        return max(
            floor, datetime.fromisoformat(seen) - timedelta(seconds=self.stream.overlap_seconds)
        )

    def fields(self) -> str:
        """Return the fields to ask for, with those that the settings name."""
        named = [value for name, value in self.settings.items() if name.endswith("_field")]
        return ",".join(dict.fromkeys([*FIELDS, *filter(None, named)]))

    def query(self, begin: datetime) -> str:
        """Return the query for the project's issues that were updated since then."""
        reading = query_time(begin, zone=self.zone)
        order = "ORDER BY updated ASC, key ASC"
        return f'project = "{self.project}" AND updated >= "{reading}" {order}'

    def is_change(self, record: Record) -> bool:
        """Return whether the settings say that an issue is a change."""
        name = record["fields"]["issuetype"]["name"].casefold()
        is_one = name in self.settings["change_types"].split("\n")
        return is_one or self.project.casefold() in self.settings["change_projects"].split("\n")


def user_zone(client: HttpClient, api: str, *, stream: Stream) -> ZoneInfo | None:
    """Return the time zone in which Jira understands the times of our queries, if it says so."""
    reply = client.fetch(f"{api}/myself", stream=stream.name)
    name = reply.data.get("timeZone") if isinstance(reply.data, dict) else None
    try:
        return ZoneInfo(name) if isinstance(name, str) else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def project_keys(client: HttpClient, api: str, *, source: str, stream: Stream) -> list[str]:
    """Return the keys of all projects that the user may see."""
    if not api.endswith("3"):
        reply = client.fetch(f"{api}/project", stream=stream.name)
        return sorted(str(one["key"]) for one in records_of(reply, source=source, stream="project"))
    keys: list[str] = []
    found = listed(client, f"{api}/project/search", source=source, stream=stream.name)
    for reply, records in found:
        with understanding(reply, source=source, stream=stream.name):
            keys += [str(record["key"]) for record in records]
    return sorted(keys)


def listed(
    client: HttpClient, address: str, *, source: str, stream: str
) -> Iterator[tuple[Reply, list[Record]]]:
    """Yield the pages of a list that is paged by startAt."""
    guard = LoopGuard(source, stream)
    at, is_more = 0, True
    while is_more:
        params = {"startAt": at, "maxResults": PER_LIST}
        reply = client.fetch(address, stream=stream, params=params)
        records = records_of(reply, source=source, stream=stream, path="$.values")
        at += len(records)
        is_more = bool(records) and not reply.data.get("isLast", False)
        guard.check(reply, row_count=len(records), following=str(at) if is_more else None)
        yield reply, records


def cloud_issues(walk: JiraWalk) -> Iterator[tuple[Reply, list[Record], bool]]:
    """Yield pages along the tokens; isLast says nothing, an empty page is the end."""
    guard = LoopGuard(walk.source, walk.stream.name)
    params: dict[str, str | int | list[str]] = {
        "jql": walk.query(walk.begin()),
        "fields": walk.fields(),
        "maxResults": walk.page_size,
    }
    is_more = True
    while is_more:
        reply = walk.client.fetch(f"{walk.api}/search/jql", stream=walk.stream.name, params=params)
        records = _issues(walk, reply)
        token = reply.data.get("nextPageToken")
        is_more = bool(token and records)
        guard.check(reply, row_count=len(records), following=token if is_more else None)
        yield reply, records, is_more
        params["nextPageToken"] = str(token)


def data_center_issues(walk: JiraWalk) -> Iterator[tuple[Reply, list[Record], bool]]:
    """Yield pages, each from the minute of the last update on.

    Places shift while issues are updated; so they count only inside a minute that fills a page.
    Errors: BadRequest where the site is Cloud, which no longer has this search.
    """
    guard = LoopGuard(walk.source, walk.stream.name)
    query, offset, is_more = walk.query(walk.begin()), 0, True
    while is_more:
        reply = _old_search(walk, query, offset)
        records = _issues(walk, reply)
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            is_more = bool(records) and offset + len(records) < int(reply.data["total"])
            updated = [utc_text(one["fields"]["updated"]) for one in records]
        queries = [walk.query(datetime.fromisoformat(one)) for one in sorted(updated)] or [query]
        if queries[0] == queries[-1]:
            offset = len(records) + (offset if queries[-1] == query else 0)
        else:
            offset = 0
        query = queries[-1]
        guard.check(
            reply, row_count=len(records), following=f"{query} {offset}" if is_more else None
        )
        yield reply, records, is_more


def _old_search(walk: JiraWalk, query: str, offset: int) -> Reply:
    params: dict[str, str | int | list[str]] = {
        "jql": query,
        "fields": walk.fields(),
        "expand": "changelog",
        "startAt": offset,
        "maxResults": walk.page_size,
    }
    try:
        return walk.client.fetch(f"{walk.api}/search", stream=walk.stream.name, params=params)
    except BadRequest as exc:
        if exc.status != GONE:
            raise
        raise BadRequest(
            "this site no longer has the search of Data Center; set edition to cloud",
            source=walk.source,
            stream=walk.stream.name,
            status=GONE,
        ) from None


def _issues(walk: JiraWalk, reply: Reply) -> list[Record]:
    return records_of(reply, source=walk.source, stream=walk.stream.name, path="$.issues")
