"""Walk SonarQube's issues: slices of creation time, from the newest update to what is known.

Source: issues/search of SonarQube's web API, which lists no row beyond its 10,000th.
"""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from connectors._contract import Page, Refusal, State
from connectors._paging import make_page, understanding
from connectors._reply import Reply
from connectors._sonarqube_walks import FORM, MOST_ROWS, PER_PAGE, SonarWalk

SHORTEST = timedelta(seconds=1)
FIRST = datetime(1995, 1, 1, tzinfo=UTC)
# Values of the parameters that divide what was created within one second.
DIVISIONS = (
    ("severities", ("INFO", "MINOR", "MAJOR", "CRITICAL", "BLOCKER")),
    ("types", ("CODE_SMELL", "BUG", "VULNERABILITY")),
)


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
            updated = [datetime.fromisoformat(one["updateDate"]) for one in records]
            is_known = floor is not None and (not updated or min(updated) < floor)
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
