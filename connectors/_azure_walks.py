"""Walk one Azure DevOps project: builds, environments, pull requests, releases.

Source: https://learn.microsoft.com/en-us/rest/api/azure/devops/ (build, distributedtask, git,
release, 7.1); a page's next one is named in a header and belongs to the order it was asked in.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from connectors._ci_walks import Items, Next, Params, Walk, follow, shift
from connectors._contract import Refusal, Stream
from connectors._http import HttpClient
from connectors._paging import Record
from connectors._reply import Reply

VERSION = "7.1"
PER_PAGE = 100
TOKEN = "x-ms-continuationtoken"
# Builds that have not ended come in no order of ending, so they are asked for by their status.
BUILD_PHASES = ("inProgress", "notStarted", "completed")
PULL_PHASES = ("active", "completed", "abandoned")


def further(reply: Reply, records: list[Record]) -> Next:
    """Return the token of the next page, which stands in a header."""
    token = reply.headers.get(TOKEN, "").strip()
    return {"continuationToken": token} if token else None


def _skipped(reply: Reply, records: list[Record]) -> Next:
    """Return how many are skipped to come to the next page; only an empty one is the last."""
    found = re.search(r"(?:%24|\$)skip=(\d+)", reply.url)
    return {"$skip": int(found.group(1) if found else 0) + len(records)}


def projects(client: HttpClient, *, source: str, stream: Stream) -> Iterator[str]:
    """Yield the names of the projects of an organisation."""
    params: Params = {"$top": PER_PAGE, "api-version": VERSION}
    for _, records, _ in follow(
        client, "/_apis/projects", stream=stream, source=source, params=params, after=further
    ):
        yield from (str(record["name"]) for record in records)


def _address(walk: Walk, rest: str) -> str:
    return f"/{quote(walk.part, safe='')}/_apis/{rest}"


def build_pages(walk: Walk, *, timelines_of: re.Pattern[str]) -> Items:
    """Yield builds that have not ended, then those that ended since the cursor minus the overlap.

    A build whose stage is run again ends again, so it is found by its new end.
    """
    floor = str(walk.reached.get("floor") or walk.floor(walk.known.get("finished_at", "")))
    cursor = dict(walk.reached.get("cursor") or walk.known)
    seen: dict[str, str] = dict(cursor.get("timelines", {}))
    for phase, resumed in _phases(walk, BUILD_PHASES):
        is_last = phase == BUILD_PHASES[-1]
        params: Params = {
            "statusFilter": phase,
            "queryOrder": "finishTimeAscending" if is_last else "queueTimeAscending",
            "$top": PER_PAGE,
            "api-version": VERSION,
        }
        if is_last and floor:
            params["minTime"] = f"{floor}Z"
        for reply, records, following in resumed.follow(
            _address(walk, "build/builds"), params, further
        ):
            if is_last:
                with walk.understanding(reply):
                    for record in records:
                        yield from _timeline(walk, record, seen=seen, timelines_of=timelines_of)
                    cursor["finished_at"] = walk.latest(
                        (record.get("finishTime") for record in records),
                        before=cursor.get("finished_at", ""),
                    )
                oldest = shift(cursor["finished_at"], seconds=-walk.stream.overlap_seconds)
                seen = {key: ended for key, ended in seen.items() if ended >= oldest}
                cursor["timelines"] = seen
            yield walk.page(
                reply,
                records,
                following=following,
                is_done=is_last and following is None,
                cursor=dict(cursor),
                more={"phase": phase, "floor": floor},
            )


def _phases(walk: Walk, phases: tuple[str, ...]) -> Iterator[tuple[str, Walk]]:
    """Yield the phases that an interrupted run had not finished, the first from its page on."""
    begun = str(walk.reached.get("phase") or phases[0])
    following = walk.reached.get("next")
    left = phases[phases.index(begun) :]
    if walk.reached and following is None:
        left = left[1:]
    for phase in left:
        reached = walk.reached if phase == begun and following is not None else {}
        yield phase, replace(walk, reached=reached)


def _timeline(
    walk: Walk, record: Record, *, seen: dict[str, str], timelines_of: re.Pattern[str]
) -> Items:
    """Yield the timeline of a build that began; one that never did, or was no YAML, has none."""
    number, ended = str(record["id"]), str(record.get("finishTime") or "")
    name = str((record.get("definition") or {}).get("name") or "")
    is_invalid = any(one.get("result") == "error" for one in record.get("validationResults") or ())
    has_one = bool(record.get("startTime")) and not is_invalid
    if not has_one or not timelines_of.search(name) or seen.get(number) == ended:
        return
    for item in walk.child(
        "timeline_records",
        _address(walk, f"build/builds/{number}/timeline"),
        key=f"{number}@{ended}",
        context={"build_id": number},
        params={"api-version": VERSION},
    ):
        # A build without a timeline is answered by nothing at all (204).
        if not (isinstance(item, Refusal) and item.reason == "bad_payload" and not item.body):
            yield item
    seen[number] = ended


def pull_pages(walk: Walk) -> Items:
    """Yield all open pull requests, then those closed since the cursor minus the overlap."""
    floor = str(walk.reached.get("floor") or walk.floor(walk.known.get("closed_at", "")))
    cursor = dict(walk.reached.get("cursor") or walk.known)
    before: Mapping[str, str] = walk.known.get("sources", {})
    sources: dict[str, str] = dict(cursor.get("sources", {})) if walk.reached else {}
    for phase, resumed in _phases(walk, PULL_PHASES):
        params: Params = {
            "searchCriteria.status": phase,
            "$top": PER_PAGE,
            "$skip": 0,
            "api-version": VERSION,
        }
        if phase != PULL_PHASES[0] and floor:
            params["searchCriteria.queryTimeRangeType"] = "closed"
            params["searchCriteria.minTime"] = f"{floor}Z"
        for reply, records, following in resumed.follow(
            _address(walk, "git/pullrequests"), params, _skipped
        ):
            with walk.understanding(reply):
                for record in records:
                    if phase != "abandoned":
                        yield from _pull_commits(walk, record, before=before)
                    if phase == "active":
                        sources[str(record["pullRequestId"])] = _source_commit(record)
                cursor["closed_at"] = walk.latest(
                    (record.get("closedDate") for record in records),
                    before=cursor.get("closed_at", ""),
                )
            cursor["sources"] = dict(sources)
            yield walk.page(
                reply,
                records,
                following=following,
                is_done=phase == PULL_PHASES[-1] and following is None,
                cursor=dict(cursor),
                more={"phase": phase, "floor": floor},
            )


def _source_commit(record: Record) -> str:
    return str((record.get("lastMergeSourceCommit") or {}).get("commitId") or "")


def _pull_commits(walk: Walk, record: Record, *, before: Mapping[str, str]) -> Items:
    """Yield the commits of a pull request, unless it is still at the commit that was read."""
    number, commit = str(record["pullRequestId"]), _source_commit(record)
    if record.get("status") == "active" and before.get(number) == commit:
        return iter(())
    repository = quote(str(record["repository"]["id"]), safe="")
    return walk.child(
        "pull_request_commits",
        _address(walk, f"git/repositories/{repository}/pullRequests/{number}/commits"),
        key=f"{number}@{commit}@{record.get('status')}",
        context={"pull_number": number, "repository_id": str(record["repository"]["id"])},
        params={"$top": PER_PAGE, "api-version": VERSION},
        after=further,
    )


def environment_pages(walk: Walk) -> Items:
    """Yield environments, and of each what was deployed to it and is not known."""
    params: Params = {"$top": PER_PAGE, "api-version": VERSION}
    cursor = dict(walk.reached.get("cursor") or walk.known)
    known: dict[str, Any] = dict(cursor.get("environments", {}))
    for reply, records, following in walk.follow(
        _address(walk, "distributedtask/environments"), params, further
    ):
        with walk.understanding(reply):
            for record in records:
                yield from _environment_deployments(walk, str(record["id"]), known=known)
        cursor["environments"] = dict(known)
        yield walk.page(
            reply, records, following=following, is_done=following is None, cursor=dict(cursor)
        )


def _environment_deployments(walk: Walk, environment: str, *, known: dict[str, Any]) -> Items:
    """Yield deployments to an environment down to the oldest that may have changed.

    The order is not documented, so a list whose newest does not come first is read whole.
    """
    before = known.get(environment, {})
    found: dict[int, bool] = {}
    yield from walk.child(
        "environment_deployments",
        _address(walk, f"distributedtask/environments/{environment}/environmentdeploymentrecords"),
        key=f"{environment}@{walk.now.isoformat()}",
        context={"environment_id": environment},
        params={"top": PER_PAGE, "api-version": VERSION},
        after=partial(_until_known, before=before, found=found),
    )
    if found:
        known[environment] = {
            "last": max(found),
            "open": sorted(number for number, is_open in found.items() if is_open),
        }


def _until_known(
    reply: Reply, records: list[Record], *, before: Mapping[str, Any], found: dict[int, bool]
) -> Next:
    numbers = [int(record["id"]) for record in records]
    for number, record in zip(numbers, records, strict=True):
        found[number] = not record.get("finishTime")
    is_newest_first = sorted(found, reverse=True) == list(found)
    floor = min([before.get("last", 0), *before.get("open", ())])
    if before and is_newest_first and numbers[-1] <= floor:
        return None
    return further(reply, records)


def release_pages(walk: Walk) -> Items:
    """Yield the deployments of classic releases that changed since the cursor minus the overlap."""
    floor = str(walk.reached.get("floor") or walk.floor(walk.known.get("modified_at", "")))
    cursor = dict(walk.reached.get("cursor") or walk.known)
    params: Params = {"queryOrder": "ascending", "$top": PER_PAGE, "api-version": VERSION}
    if floor:
        params["minModifiedTime"] = f"{floor}Z"
    for reply, records, following in walk.follow(
        _address(walk, "release/deployments"), params, further
    ):
        with walk.understanding(reply):
            cursor["modified_at"] = walk.latest(
                (record["lastModifiedOn"] for record in records),
                before=cursor.get("modified_at", ""),
            )
        yield walk.page(
            reply,
            records,
            following=following,
            is_done=following is None,
            cursor=dict(cursor),
            more={"floor": floor},
        )
