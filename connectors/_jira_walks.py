"""Walk one Jira project: its issues in the order of their update, its versions.

The changes and approvals of a page's issues are read before the page itself is yielded, so that a
page in the lake means that they are there too.
"""

from collections.abc import Callable, Iterator
from functools import partial

from connectors._contract import Page, Refusal, Stream
from connectors._errors import PermissionMissing
from connectors._jira_decode import FORM, approval_lines, changelog_lines, utc_text
from connectors._jira_search import (
    PER_LIST,
    JiraWalk,
    cloud_issues,
    data_center_issues,
    listed,
)
from connectors._paging import (
    LoopGuard,
    Record,
    go_on_after,
    make_page,
    newest,
    records_of,
    refuse,
    understanding,
)
from connectors._reply import Reply


def version_pages(walk: JiraWalk) -> Iterator[Page]:
    """Yield all versions of the project; there are few, and nothing says which changed."""
    address = f"{walk.api}/project/{walk.project}/version"
    for reply, records in listed(walk.client, address, source=walk.source, stream=walk.stream.name):
        yield make_page(
            reply, stream=walk.stream, row_count=len(records), context={"project": walk.project}
        )


def issue_pages(walk: JiraWalk) -> Iterator[Page | Refusal]:
    """Yield the project's issues since the cursor, oldest update first, after their children."""
    if walk.reached.get("is_done"):
        return
    latest = str(walk.known.get("updated_at") or walk.begin().strftime(FORM))
    latest = max(latest, str(walk.reached.get("at", "")))
    search = cloud_issues if walk.is_cloud else data_center_issues
    for reply, records, is_more in search(walk):
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            updated = [utc_text(record["fields"]["updated"]) for record in records]
            changes = [str(one["id"]) for one in records if walk.is_change(one)]
        latest = newest(updated, before=latest, now=walk.now, form=FORM)
        if records:
            read = _bulk_changelogs if walk.is_cloud else _expanded_changelogs
            yield from _set_aside(walk, "changelogs", partial(read, walk, reply, records))
        if "approvals" in walk.children:
            yield from _approvals(walk, changes)
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(records),
            context={"project": walk.project, **walk.settings},
            checkpoint={
                "partition": walk.project,
                "is_done": not is_more,
                "at": latest,
                "cursor": {"updated_at": latest},
            },
        )


def _set_aside(
    walk: JiraWalk, stream: str, pages: Callable[[], Iterator[Page | Refusal]]
) -> Iterator[Page | Refusal]:
    return go_on_after(
        pages,
        stream=stream,
        read_at=walk.now,
        context={"project": walk.project},
        partition=walk.project,
    )


def _bulk_changelogs(walk: JiraWalk, _: Reply, records: list[Record]) -> Iterator[Page]:
    stream = walk.children["changelogs"]
    guard = LoopGuard(walk.source, stream.name)
    asked: dict[str, object] = {
        "issueIdsOrKeys": [str(record["id"]) for record in records],
        "fieldIds": list(walk.changelog_fields),
        "maxResults": 1000,
    }
    token: str | None = ""
    while token is not None:
        reply = walk.client.fetch(
            f"{walk.api}/changelog/bulkfetch",
            stream=stream.name,
            search={**asked, **({"nextPageToken": token} if token else {})},
        )
        logs = records_of(reply, source=walk.source, stream=stream.name, path="$.issueChangeLogs")
        token = (reply.data.get("nextPageToken") or None) if logs else None
        guard.check(reply, row_count=len(logs), following=token)
        with understanding(reply, source=walk.source, stream=stream.name):
            lines, count = changelog_lines(
                (str(log["issueId"]), log["changeHistories"]) for log in logs
            )
        yield _lines_page(walk, stream, reply, lines, count)


def _expanded_changelogs(
    walk: JiraWalk, reply: Reply, records: list[Record]
) -> Iterator[Page | Refusal]:
    stream = walk.children["changelogs"]
    with understanding(reply, source=walk.source, stream=stream.name):
        lines, count = changelog_lines(
            (str(one["id"]), one["changelog"]["histories"]) for one in records
        )
    yield _lines_page(walk, stream, reply, lines, count)
    for one in records:
        log = one["changelog"]
        if int(log.get("total", 0)) > len(log["histories"]):
            yield Refusal(
                stream=stream.name,
                reason="missed_rows",
                detail=f"the site gave {len(log['histories'])} of the {log['total']} changes of "
                f"issue {one.get('key')}; the others cannot be read",
                url=reply.url,
                read_at=walk.now,
                is_final=True,
            )


def _approvals(walk: JiraWalk, numbers: list[str]) -> Iterator[Page | Refusal]:
    """Yield the approvals of requests; an issue that is no request is set aside for good."""
    stream = walk.children["approvals"]
    try:
        for number in numbers:
            yield from go_on_after(
                partial(_request_approvals, walk, stream, number),
                stream=stream.name,
                read_at=walk.now,
                context={"issue_id": number},
                partition=walk.project,
                is_final=True,
            )
    except PermissionMissing as exc:
        yield refuse(exc, stream=stream.name, read_at=walk.now, partition=walk.project)


def _request_approvals(walk: JiraWalk, stream: Stream, number: str) -> Iterator[Page]:
    guard = LoopGuard(walk.source, stream.name)
    at, is_more = 0, True
    while is_more:
        reply = walk.client.fetch(
            f"/rest/servicedeskapi/request/{number}/approval",
            stream=stream.name,
            params={"start": at, "limit": PER_LIST},
        )
        values = records_of(reply, source=walk.source, stream=stream.name, path="$.values")
        at += len(values)
        is_more = bool(values) and not reply.data.get("isLastPage", True)
        guard.check(reply, row_count=len(values), following=str(at) if is_more else None)
        with understanding(reply, source=walk.source, stream=stream.name):
            lines, count = approval_lines(number, values)
        yield _lines_page(walk, stream, reply, lines, count)


def _lines_page(walk: JiraWalk, stream: Stream, reply: Reply, lines: bytes, count: int) -> Page:
    return make_page(
        reply,
        stream=stream,
        row_count=count,
        context={"project": walk.project},
        decoded=lines,
        format="ndjson",
    )
