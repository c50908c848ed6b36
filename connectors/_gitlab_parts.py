"""Say how each stream of a GitLab project is walked, and what is asked for beside it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from connectors._contract import Page, Refusal
from connectors._gitlab_walks import PER_PAGE, Walk, changed_pages, whole_pages
from connectors._paging import Record, follow_links, make_page

# Pipelines whose jobs may still change; they are read once the pipeline's own change is seen.
UNFINISHED = ("created", "waiting_for_resource", "preparing", "pending", "running", "scheduled")


def merge_request_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield merge requests with the notes of those that count and the commits of the merged."""
    return changed_pages(
        walk, "/merge_requests", children=_merge_request_children, scope="all", state="all"
    )


def _merge_request_children(walk: Walk, record: Record) -> Iterator[Page | Refusal]:
    number, state = str(record["iid"]), str(record["state"])
    key = f"{walk.project.number}!{number}@{record['updated_at']}"
    context = {"merge_request": number}
    if state != "closed":
        yield from walk.child(
            "merge_request_notes",
            f"/merge_requests/{number}/notes",
            key=f"{key}/notes",
            context=context,
            order_by="created_at",
            sort="asc",
        )
    if state == "merged":
        yield from walk.child(
            "merge_request_commits",
            f"/merge_requests/{number}/commits",
            key=f"{key}/commits",
            context=context,
        )


def pipeline_pages(walk: Walk, **params: str) -> Iterator[Page | Refusal]:
    """Yield pipelines; before the first of all runs those that state no time of change."""
    if not walk.known and not walk.reached:
        yield from _unstamped(walk, **params)
    yield from changed_pages(walk, "/pipelines", children=_job_pages, **params)


def _unstamped(walk: Walk, **params: str) -> Iterator[Page | Refusal]:
    """Yield pages that begin with pipelines without a time of change, which sort as the latest."""
    for reply, records in follow_links(
        walk.client,
        walk.address("/pipelines"),
        stream=walk.stream,
        source=walk.source,
        params={**params, "order_by": "updated_at", "sort": "desc", "per_page": PER_PAGE},
    ):
        if all(record.get("updated_at") for record in records):
            return
        yield make_page(reply, stream=walk.stream, row_count=len(records), context=walk.context)


def _job_pages(walk: Walk, record: Record) -> Iterator[Page | Refusal]:
    number, ref = str(record["id"]), str(record.get("ref") or "")
    is_deployed = ref == walk.project.default_branch or walk.deploys.search(ref)
    if not is_deployed or record.get("status") in UNFINISHED:
        return
    yield from walk.child(
        "pipeline_jobs",
        f"/pipelines/{number}/jobs",
        key=f"{number}@{record.get('updated_at')}",
        context={"pipeline_id": number},
        include_retried="true",
    )


def freeze_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield the project's deploy freezes, each page one row, so that one that is gone is seen."""
    for number, (reply, records) in enumerate(
        follow_links(
            walk.client,
            walk.address("/freeze_periods"),
            stream=walk.stream,
            source=walk.source,
            params={"per_page": PER_PAGE},
        )
    ):
        row = {"page": number, "freeze_periods": records}
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=1,
            context=walk.context,
            decoded=json.dumps(row, ensure_ascii=False).encode() + b"\n",
            checkpoint={"partition": walk.partition, "is_done": reply.next_url is None},
        )


@dataclass(frozen=True)
class Part:
    """Say how one independent part of a stream is walked, and which feature it needs."""

    pages: Callable[[Walk], Iterator[Page | Refusal]]
    feature: str
    suffix: str = ""


PARTS: Mapping[str, tuple[Part, ...]] = {
    "merge_requests": (Part(merge_request_pages, "merge_requests"),),
    "pipelines": (
        Part(pipeline_pages, "builds"),
        Part(partial(pipeline_pages, source="parent_pipeline"), "builds", "/children"),
    ),
    "deployments": (Part(partial(changed_pages, path="/deployments"), "environments"),),
    "environments": (Part(partial(whole_pages, path="/environments"), "environments"),),
    "releases": (Part(partial(whole_pages, path="/releases", is_newest_first=True), "releases"),),
    "freeze_periods": (Part(freeze_pages, "environments"),),
}
