"""Walk SonarQube's lists: projects, a project's analyses and measures.

Source: components/search_projects, project_analyses/search and measures/search_history of
SonarQube's web API.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
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
                decoded="".join(lines).encode("utf-8", "replace"),
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
