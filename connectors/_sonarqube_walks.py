"""Walk SonarQube's lists: projects, a project's analyses and measures, issues in slices.

Source: issues/search, project_analyses/search and measures/search_history of SonarQube's web API.
"""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connectors._contract import Page, Refusal, Resume, State, Stream
from connectors._errors import PermissionMissing
from connectors._http import HttpClient
from connectors._paging import (
    LoopGuard,
    Record,
    go_on_after,
    make_page,
    records_of,
    refuse,
    understanding,
)
from connectors._reply import Reply

FORM = "%Y-%m-%dT%H:%M:%S+0000"
PER_PAGE = 500
PER_HISTORY_PAGE = 1_000
MOST_ROWS = 10_000
SHORTEST = timedelta(seconds=1)
FIRST = datetime(1995, 1, 1, tzinfo=UTC)
# Values of the parameters that divide what was created within one second.
DIVISIONS = (
    ("severities", ("INFO", "MINOR", "MAJOR", "CRITICAL", "BLOCKER")),
    ("types", ("CODE_SMELL", "BUG", "VULNERABILITY")),
)


@dataclass(frozen=True)
class SonarWalk:
    """Carry what reading one stream needs; `known` is the cursor's part of each partition."""

    client: HttpClient
    source: str
    stream: Stream
    child: Stream
    known: Mapping[str, State]
    resume: Resume
    organization: str
    projects: tuple[str, ...]
    metrics: tuple[str, ...]
    since: datetime | None
    now: datetime

    def ask(self, address: str, *, page: int, size: int, **params: str) -> Reply:
        """Return one page of a list."""
        asked: dict[str, str | int] = {"p": page, "ps": size, **params}
        if self.organization:
            asked["organization"] = self.organization
        return self.client.fetch(address, stream=self.stream.name, params=asked)

    def records(self, reply: Reply, *, path: str) -> list[Record]:
        """Return the records of one page."""
        return records_of(reply, source=self.source, stream=self.stream.name, path=path)

    def total(self, reply: Reply) -> int:
        """Return how many rows a list says it has.

        Errors: UnexpectedShape.
        """
        with understanding(reply, source=self.source, stream=self.stream.name):
            return int(reply.data["paging"]["total"])

    def pages_of(
        self, address: str, *, size: int, path: str, **params: str
    ) -> Iterator[tuple[Reply, list[Record], bool]]:
        """Yield the pages of a list and whether it ends there."""
        guard = LoopGuard(self.source, self.stream.name)
        page, is_last = 1, False
        while not is_last:
            reply = self.ask(address, page=page, size=size, **params)
            records = self.records(reply, path=path)
            reachable = min(self.total(reply), MOST_ROWS)
            is_last = page * size >= reachable
            following = None if is_last else str(page + 1)
            guard.check(reply, row_count=len(records), following=following)
            yield reply, records, is_last
            page += 1

    def part(
        self, walk: Callable[[], Iterator[Page | Refusal]], name: str
    ) -> Iterator[Page | Refusal]:
        """Yield the pages of one project; where it refuses, its refusal."""
        context = {"project": name} if name else {}
        try:
            yield from go_on_after(
                walk,
                stream=self.stream.name,
                read_at=self.now,
                context=context,
                partition=name,
            )
        except PermissionMissing as exc:
            yield refuse(
                exc, stream=self.stream.name, read_at=self.now, context=context, partition=name
            )


def _listed(walk: SonarWalk) -> Iterator[tuple[Reply, list[Record], bool]]:
    return walk.pages_of(
        "/api/components/search_projects", size=PER_PAGE, path="$.components", f="analysisDate"
    )


def project_pages(walk: SonarWalk) -> Iterator[Page | Refusal]:
    """Yield all projects that the token may browse."""
    for reply, records, _ in _listed(walk):
        yield make_page(reply, stream=walk.stream, row_count=len(records))


def analysis_pages(walk: SonarWalk) -> Iterator[Page | Refusal]:
    """Yield what each project that was analysed since has to tell; the others cost no request."""
    for reply, records, _ in _listed(walk):
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            analysed = {str(one["key"]): one.get("analysisDate") for one in records}
        for project, date in analysed.items():
            known = walk.known.get(project, {}).get("through")
            is_wanted = not walk.projects or project in walk.projects
            is_read = walk.resume.checkpoints.get(project, {}).get("is_done")
            if date and date != known and is_wanted and not is_read:
                yield from walk.part(partial(_project, walk, project, date=str(date)), project)


def _project(walk: SonarWalk, project: str, *, date: str) -> Iterator[Page]:
    """Yield the measures of a project's new analyses, then the analyses."""
    known = walk.known.get(project, {}).get("through")
    start = known or (walk.since.astimezone(UTC).strftime(FORM) if walk.since else None)
    span = {"from": start} if start else {}
    context = {"project": project}
    key = f"{project}@{date}"
    if key not in walk.resume.children:
        for reply, records, is_last in walk.pages_of(
            "/api/measures/search_history",
            size=PER_HISTORY_PAGE,
            path="$.measures",
            component=project,
            metrics=",".join(walk.metrics),
            **span,
        ):
            with understanding(reply, source=walk.source, stream=walk.child.name):
                lines = decode_history(records, project=project)
            yield make_page(
                reply,
                stream=walk.child,
                row_count=len(lines),
                decoded="".join(lines).encode(),
                context=context,
                checkpoint={"child": key} if is_last else None,
            )
    for reply, records, is_last in walk.pages_of(
        "/api/project_analyses/search", size=PER_PAGE, path="$.analyses", project=project, **span
    ):
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(records),
            context=context,
            checkpoint={
                "partition": project,
                "is_done": is_last,
                "cursor": {"through": date},
            },
        )


def decode_history(measures: list[Record], *, project: str) -> list[str]:
    """Return one JSON line per metric and analysis; an analysis without a value has none."""
    rows: list[dict[str, Any]] = [
        {"project": project, "metric": measure["metric"], "date": point["date"], "value": value}
        for measure in measures
        for point in measure["history"]
        if (value := point.get("value")) is not None
    ]
    return [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]


@dataclass(frozen=True)
class _Slice:
    """Name the issues that were created within a time, and further values where that is short."""

    begin: datetime
    end: datetime
    values: Mapping[str, str] = field(default_factory=dict)

    def params(self) -> dict[str, str]:
        span = {"createdAfter": self.begin.strftime(FORM), "createdBefore": self.end.strftime(FORM)}
        return {**span, **self.values}

    def divided(self) -> "list[_Slice]":
        """Return the slices that make up this one, the first to read last; none if indivisible."""
        seconds = int((self.end - self.begin) / SHORTEST)
        if seconds > 1:
            middle = self.begin + SHORTEST * (seconds // 2)
            return [_Slice(middle, self.end), _Slice(self.begin, middle)]
        for name, values in DIVISIONS:
            if name not in self.values:
                return [
                    _Slice(self.begin, self.end, {**self.values, name: value})
                    for value in reversed(values)
                ]
        return []


def issue_pages(walk: SonarWalk) -> Iterator[Page | Refusal]:
    """Yield the issues that changed since the cursor minus the overlap, all of them at first."""
    for scope in walk.projects or ("",):
        if not walk.resume.checkpoints.get(scope, {}).get("is_done"):
            yield from walk.part(partial(_scope, walk, scope), scope)


def _scope(walk: SonarWalk, scope: str) -> Iterator[Page | Refusal]:
    reached = walk.resume.checkpoints.get(scope, {})
    cursor = reached.get("cursor") or {"through": walk.now.astimezone(UTC).strftime(FORM)}
    through = walk.known.get(scope, {}).get("through")
    overlap = timedelta(seconds=walk.stream.overlap_seconds)
    floor = datetime.fromisoformat(through) - overlap if through else None
    begin = datetime.fromisoformat(reached["begin"]) if reached else walk.since or FIRST
    # A server's clock may be ahead of ours.
    end = walk.now.replace(microsecond=0) + timedelta(hours=1)
    slices = [_Slice(begin.astimezone(UTC).replace(microsecond=0), end.astimezone(UTC))]
    while slices:
        part = slices.pop()
        is_whole = yield from _slice_pages(
            walk, scope, part, floor=floor, cursor=cursor, is_last=not slices
        )
        if not is_whole:
            slices += part.divided()


def _slice_pages(
    walk: SonarWalk,
    scope: str,
    part: _Slice,
    *,
    floor: datetime | None,
    cursor: State,
    is_last: bool,
) -> Generator[Page | Refusal, None, bool]:
    """Yield the pages of a slice down to `floor`; return false if it has to be divided."""
    # A server before 10.2 knows only the older name of the parameter, a newer one prefers its own.
    where = {"components": scope, "componentKeys": scope} if scope else {}
    for reply, records, is_end in walk.pages_of(
        "/api/issues/search",
        size=PER_PAGE,
        path="$.issues",
        s="UPDATE_DATE",
        asc="false",
        **part.params(),
        **where,
    ):
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            oldest = min((_instant(one["updateDate"]) for one in records), default=None)
        is_known = floor is not None and (oldest is None or oldest < floor)
        is_beyond = walk.total(reply) >= MOST_ROWS
        if is_beyond and part.divided() and (floor is None or (is_end and not is_known)):
            return False
        is_done = is_end or is_known
        if records or (is_done and is_last):
            yield make_page(
                reply,
                stream=walk.stream,
                row_count=len(records),
                context={"project": scope} if scope else {},
                checkpoint={
                    "partition": scope,
                    "begin": part.begin.isoformat(),
                    "is_done": is_done and is_last,
                    "cursor": cursor,
                },
            )
        if is_done:
            if is_beyond and not is_known:
                yield _out_of_reach(walk, part, reply)
            return True
    return True


def _out_of_reach(walk: SonarWalk, part: _Slice, reply: Reply) -> Refusal:
    return Refusal(
        stream=walk.stream.name,
        reason="out_of_reach",
        detail=f"more than {MOST_ROWS} issues of {part.params()} exist and the source lists no "
        "more of them; name projects in the settings of this source",
        url=reply.url,
        read_at=walk.now,
        is_final=True,
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
