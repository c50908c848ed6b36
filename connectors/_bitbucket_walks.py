"""Walk one Bitbucket repository: pull requests, and pipelines with what they deployed.

Source: https://developer.atlassian.com/cloud/bitbucket/rest/ (pullrequests, pipelines, deployments)
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from connectors._ci_walks import Items, Next, Params, Walk, follow, shift
from connectors._contract import Stream
from connectors._errors import BadRequest
from connectors._http import HttpClient
from connectors._paging import Record, make_page
from connectors._reply import Reply

DAY = 86_400
# Pull requests come 50 a page at most, everything else 100.
PULLS = 50
PER_PAGE = 100
GONE = 404
# A pipeline may wait for somebody who starts its next step; after this it is given up.
OPEN_SECONDS = 90 * DAY
STATES = ("OPEN", "MERGED", "DECLINED", "SUPERSEDED")
# Without being asked for, a deployment tells of its environment only a number.
DEPLOYMENT = (
    "values.uuid,values.type,values.number,values.environment.uuid,values.environment.name,"
    "values.environment.environment_type.name,values.step.uuid,values.release.pipeline.uuid,"
    "values.release.name,values.release.url,values.release.created_on,values.release.commit.hash,"
    "values.state.name,values.state.status.name,values.state.url,values.state.started_on,"
    "values.state.completed_on,values.last_update_time,page,pagelen,size,next"
)


def further(reply: Reply, records: list[Record]) -> Next:
    """Return the next link; lists of pipelines have none, but say page and size."""
    link = reply.data.get("next")
    if link:
        return str(link)
    page, size = reply.data.get("page"), reply.data.get("size")
    length = reply.data.get("pagelen")
    if not (isinstance(page, int) and isinstance(size, int) and isinstance(length, int)):
        return None
    return {"page": page + 1} if page * length < size else None


def repositories(
    client: HttpClient, workspace: str, *, source: str, stream: Stream
) -> Iterator[str]:
    """Yield the full names of the repositories of a workspace."""
    address = f"/repositories/{quote(workspace, safe='')}"
    for _, records, _ in follow(
        client, address, stream=stream, source=source, params={"pagelen": PER_PAGE}, after=further
    ):
        yield from (str(record["full_name"]) for record in records)


def pull_pages(walk: Walk) -> Items:
    """Yield pull requests, last updated first, down to the cursor minus the overlap.

    The newest first, so that one that changes meanwhile makes a row come twice and none be missed.
    """
    floor = walk.floor(walk.known.get("updated_on", ""))
    wanted = " OR ".join(f'state="{state}"' for state in STATES)
    query = f"({wanted})" + (f" AND updated_on >= {floor}+00:00" if floor else "")
    cursor = dict(walk.reached.get("cursor") or walk.known)
    params: Params = {"q": query, "sort": "-updated_on", "pagelen": PULLS}
    for reply, records, following in walk.follow(_address(walk, "pullrequests"), params, further):
        with walk.understanding(reply):
            for record in records:
                if record["state"] == "MERGED":
                    yield from _pull_commits(walk, record)
            cursor["updated_on"] = walk.latest(
                (record["updated_on"] for record in records), before=cursor.get("updated_on", "")
            )
        yield walk.page(
            reply, records, following=following, is_done=following is None, cursor=dict(cursor)
        )


def _address(walk: Walk, rest: str) -> str:
    return f"/repositories/{quote(walk.part, safe='/')}/{rest}"


def _pull_commits(walk: Walk, record: Record) -> Items:
    number = str(record["id"])
    return walk.child(
        "pull_request_commits",
        _address(walk, f"pullrequests/{number}/commits"),
        key=f"{walk.part}#{number}@{record['updated_on']}",
        context={"pull_number": number},
        params={"pagelen": PER_PAGE},
        after=further,
    )


def pipeline_pages(walk: Walk) -> Items:
    """Yield pipelines, newest first, down to the cursor minus the overlap, then the open ones.

    The steps of a pipeline are read when it is not as it was; deployments, which know no order and
    no date, once for a repository of which any pipeline is not as it was.
    """
    floor = walk.floor(walk.known.get("created_on", ""))
    cursor = dict(walk.reached.get("cursor") or walk.known)
    seen: dict[str, str] = dict(cursor.get("seen", {}))
    waiting: dict[str, str] = dict(cursor.get("open", {}))
    left = dict(waiting)
    is_changed = bool(walk.reached.get("is_changed"))
    params: Params = {"sort": "-created_on", "pagelen": PER_PAGE}
    for reply, records, following in walk.follow(_address(walk, "pipelines/"), params, further):
        with walk.understanding(reply):
            recent = [record for record in records if record["created_on"] >= floor]
            for record in records:
                if record["created_on"] < floor and record["uuid"] not in left:
                    continue
                left.pop(record["uuid"], None)
                is_changed = is_changed or seen.get(record["uuid"]) != _state(record)
                yield from _steps(walk, record, seen=seen, waiting=waiting)
            cursor["created_on"] = walk.latest(
                (record["created_on"] for record in records), before=cursor.get("created_on", "")
            )
        is_done = following is None or len(recent) < len(records)
        if is_done:
            for uuid in left:
                before = seen.get(uuid)
                yield from _one_pipeline(walk, uuid, seen=seen, waiting=waiting)
                is_changed = is_changed or seen.get(uuid) != before
            if is_changed:
                yield from _deployments(walk)
        cursor["seen"], cursor["open"] = _kept(walk, cursor["created_on"], seen, waiting)
        yield walk.page(
            reply,
            records,
            following=following,
            is_done=is_done,
            cursor=dict(cursor),
            more={"is_changed": is_changed},
        )
        if is_done:
            return


def _state(record: Record) -> str:
    """Return what tells whether a pipeline is as it was, with its creation before it."""
    state = record["state"]
    part = (state.get("result") or state.get("stage") or {}).get("name")
    return f"{record['created_on']} {state['name']} {part} {record.get('completed_on')}"


def _kept(
    walk: Walk, created_on: str, seen: Mapping[str, str], waiting: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the next run needs to know of pipelines that may still change."""
    oldest = shift(created_on, seconds=-OPEN_SECONDS)
    still = {uuid: created for uuid, created in waiting.items() if created >= oldest}
    floor = min([shift(created_on, seconds=-walk.stream.overlap_seconds), *still.values()])
    return {uuid: state for uuid, state in seen.items() if state >= floor}, still


def _steps(walk: Walk, record: Record, *, seen: dict[str, str], waiting: dict[str, str]) -> Items:
    """Yield the steps of a pipeline that is not as it was."""
    uuid, state = str(record["uuid"]), _state(record)
    if record.get("completed_on") is None:
        waiting[uuid] = record["created_on"]
    else:
        waiting.pop(uuid, None)
    if seen.get(uuid) != state:
        yield from walk.child(
            "pipeline_steps",
            _address(walk, f"pipelines/{quote(uuid, safe='')}/steps/"),
            key=f"{uuid}@{state}",
            context={"pipeline_uuid": uuid},
            params={"pagelen": PER_PAGE},
            after=further,
        )
        seen[uuid] = state


def _one_pipeline(walk: Walk, uuid: str, *, seen: dict[str, str], waiting: dict[str, str]) -> Items:
    """Yield one pipeline in the shape of the list; one that is gone is done with."""
    try:
        reply = walk.client.fetch(
            _address(walk, f"pipelines/{quote(uuid, safe='')}"), stream=walk.stream.name
        )
    except BadRequest as error:
        if error.status != GONE:
            raise
        waiting.pop(uuid, None)
        return
    with walk.understanding(reply):
        yield from _steps(walk, reply.data, seen=seen, waiting=waiting)
    yield make_page(
        reply,
        stream=walk.stream,
        row_count=1,
        context=walk.context,
        decoded=b'{"values":[' + reply.body + b"]}",
    )


def _deployments(walk: Walk) -> Items:
    # What was deployed meanwhile is another reading, so no interrupted run has had it.
    key = f"{walk.part}@{walk.now.isoformat()}"
    yield from walk.child(
        "environments",
        _address(walk, "environments/"),
        key=f"environments {key}",
        context={},
        params={"pagelen": PER_PAGE},
        after=further,
    )
    yield from walk.child(
        "deployments",
        _address(walk, "deployments/"),
        key=f"deployments {key}",
        context={},
        params={"fields": DEPLOYMENT, "pagelen": PER_PAGE},
        after=further,
    )
