"""Walk the workflow runs of one GitHub repository in slices of their creation time.

A query ends after 1,000 runs without saying so, so a window that holds more is halved. Every run
of the last 32 days is read again, because it may have been started again.
Source: https://docs.github.com/en/rest/actions/workflow-runs (created, total_count).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors._contract import Page, Refusal
from connectors._github_walks import FORM, Walk
from connectors._paging import LoopGuard, Record, make_page, records_of
from connectors._reply import Reply

MOST_RUNS = 1_000
PER_PAGE = 100
BEGINNING = datetime(2018, 10, 16, tzinfo=UTC)  # the day GitHub Actions appeared
MINUTE = timedelta(minutes=1)


def run_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield runs, oldest window first, with the jobs of those whose workflow deploys."""
    jobs = dict((walk.reached.get("cursor") or walk.known).get("jobs", {}))
    through = walk.reached.get("through")
    if following := walk.reached.get("next"):
        reply = walk.client.fetch(following, stream=walk.stream.name)
        yield from _window_pages(walk, reply, through=through or "", jobs=jobs)
    windows = [(_after(through) if through else _start(walk), walk.now)]
    while windows:
        first, last = windows.pop()
        reply = _ask(walk, first, last)
        total = reply.data.get("total_count") if isinstance(reply.data, dict) else None
        is_full = not isinstance(total, int) or total > MOST_RUNS
        if is_full and last - first > MINUTE:
            middle = first + (last - first) / 2
            windows += [(_after(middle.strftime(FORM)), last), (first, middle)]
            continue
        yield from _window_pages(
            walk,
            reply,
            total=total if isinstance(total, int) else None,
            through=last.strftime(FORM),
            is_last=not windows,
            jobs=jobs,
        )


def _start(walk: Walk) -> datetime:
    begin = walk.floor(walk.known.get("through", "")) or walk.created_at
    return max(datetime.fromisoformat(begin), BEGINNING) if begin else BEGINNING


def _after(instant: str) -> datetime:
    return datetime.fromisoformat(instant) + timedelta(seconds=1)


def _ask(walk: Walk, first: datetime, last: datetime) -> Reply:
    return walk.client.fetch(
        f"/repos/{walk.repository}/actions/runs",
        stream=walk.stream.name,
        params={
            "created": f"{first.strftime(FORM)}..{last.strftime(FORM)}",
            "per_page": PER_PAGE,
        },
    )


def _window_pages(
    walk: Walk,
    reply: Reply,
    *,
    through: str,
    jobs: dict[str, Any],
    total: int | None = None,
    is_last: bool = False,
) -> Iterator[Page | Refusal]:
    guard = LoopGuard(walk.source, walk.stream.name)
    while True:
        records = records_of(
            reply, source=walk.source, stream=walk.stream.name, path=walk.stream.records_path
        )
        guard.check(reply, row_count=len(records), following=reply.next_url)
        with walk.understanding(reply):
            for record in records:
                yield from _job_pages(walk, record, jobs=jobs)
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(records),
            context=walk.context,
            reported_total=total,
            total_of=f"{walk.repository} through {through}",
            checkpoint={
                "partition": walk.repository,
                "through": through,
                "next": reply.next_url,
                "is_done": is_last and reply.next_url is None,
                "cursor": {"through": through, "jobs": _recent(walk, jobs, through)},
            },
        )
        if reply.next_url is None:
            return
        reply = walk.client.fetch(reply.next_url, stream=walk.stream.name)


def _job_pages(walk: Walk, record: Record, *, jobs: dict[str, Any]) -> Iterator[Page | Refusal]:
    """Yield jobs and approvals of a run that deploys, unless they were read as the run is now."""
    number, changed_at = str(record["id"]), str(record.get("updated_at"))
    name = str(record.get("name") or "")
    if not walk.deploys.search(name) or jobs.get(number) == changed_at:
        return
    yield from walk.child(
        "workflow_jobs",
        f"/actions/runs/{number}/jobs",
        key=f"{number}@{changed_at}",
        context={"run_id": number},
    )
    if walk.approvals:
        yield from walk.child(
            "workflow_approvals",
            f"/actions/runs/{number}/approvals",
            key=f"{number}@{changed_at}/approvals",
            context={"run_id": number},
            is_optional=True,
            per_page=None,
        )
    jobs[number] = changed_at


def _recent(walk: Walk, jobs: dict[str, Any], through: str) -> dict[str, Any]:
    """Return the jobs read of runs that changed inside the window that is read again."""
    end = datetime.fromisoformat(through)
    oldest = (end - timedelta(seconds=walk.stream.overlap_seconds)).strftime(FORM)
    return {number: changed_at for number, changed_at in jobs.items() if changed_at >= oldest}
