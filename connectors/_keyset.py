"""Walk a list by the instant of the last update, without losing rows that share a second.

A page says where the next begins: at its last row's second, or, where a whole page shares one
second, at its last row within that second, which comes again. Updates made meanwhile move rows to
the end, so nothing slips between two pages.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from connectors._contract import Page, State, Stream
from connectors._errors import UnexpectedShape
from connectors._paging import (
    LoopGuard,
    Record,
    make_page,
    newest,
    records_of,
    understanding,
)
from connectors._reply import Reply

# What a tracker's own words of state are taken for.
Status = Literal["open", "acknowledged", "resolved", "closed", "invalid"]

Row = tuple[str, int]


@dataclass(frozen=True)
class Position:
    """Say which rows to ask for: updated at `since` or later, or in that second from `after` on."""

    since: str
    after: int | None = None

    @property
    def is_within_second(self) -> bool:
        """Return whether only rows of the one second are asked for."""
        return self.after is not None

    def following(self, rows: list[Row], *, is_end: bool, form: str) -> "Position | None":
        """Return what to ask for next, or None at the end.

        Errors: LookupError when a page without rows is not the last.
        """
        if is_end and not self.is_within_second:
            return None
        if is_end:
            later = datetime.strptime(self.since, form).replace(tzinfo=UTC) + timedelta(seconds=1)
            return Position(later.strftime(form))
        last, number = rows[-1]
        return Position(last, number) if rows[0][0] == last else Position(last)


@dataclass
class UpdateWalk:
    """Carry what reading one stream needs, and the rows that a later page has to show again.

    `ask` fetches one page, `row` gives a record's instant and number, `is_end` reads the source's
    own signal. `owed` are rows that the source showed with an instant it was then asked from.
    """

    source: str
    stream: Stream
    now: datetime
    form: str
    ask: Callable[[Position], Reply]
    row: Callable[[Record], Row]
    is_end: Callable[[Reply, list[Record]], bool]
    context: Mapping[str, str] = field(default_factory=dict)
    owed: dict[int, str] = field(default_factory=dict)
    last_reply: Reply | None = None

    def start(self, cursor: State | None, *, since: datetime | None) -> Position:
        """Return where to begin: the cursor minus the overlap, or the history."""
        floor = (since or datetime(1971, 1, 1, tzinfo=UTC)).astimezone(UTC).strftime(self.form)
        if not cursor or not cursor.get("updated_at"):
            return Position(floor)
        seen = datetime.strptime(cursor["updated_at"], self.form).replace(tzinfo=UTC)
        overlapped = seen - timedelta(seconds=self.stream.overlap_seconds)
        begin = Position(max(floor, overlapped.strftime(self.form)))
        if cursor.get("row") and cursor["updated_at"] >= begin.since:
            self.owed[int(cursor["row"])] = str(cursor["updated_at"])
        return begin

    def pages(
        self,
        begin: Position,
        *,
        reached: State,
        learn: Callable[[list[Record]], None] = lambda _: None,
        rest: Callable[[], Mapping[str, Any]] = dict,
    ) -> Iterator[Page]:
        """Yield the pages from a position on, or from where an interrupted run came to.

        Errors: PaginationLoop, UnexpectedShape and every error of a request.
        """
        guard = LoopGuard(self.source, self.stream.name)
        known = reached.get("cursor", {})
        latest, number = str(known.get("updated_at", "")), known.get("row")
        at: Position | None = Position(*reached["next"]) if reached.get("next") else begin
        if reached.get("is_whole"):
            return
        while at is not None:
            reply = self.last_reply = self.ask(at)
            records = records_of(
                reply, source=self.source, stream=self.stream.name, path=self.stream.records_path
            )
            with understanding(reply, source=self.source, stream=self.stream.name):
                rows = [self.row(record) for record in records]
                learn(records)
            self._check_order(reply, rows, at=at)
            is_end = self.is_end(reply, records)
            guard.check(
                reply, row_count=len(rows), following=None if is_end else f"{at} {rows[-1:]}"
            )
            following = at.following(rows, is_end=is_end, form=self.form)
            for instant, row in rows:
                self.owed.pop(row, None)
                if newest([instant], before=latest, now=self.now, form=self.form) > latest:
                    latest, number = instant, row
            if following and rows and rows[-1][0] == following.since:
                self.owed[rows[-1][1]] = rows[-1][0]
            at = following
            step: dict[str, Any] = {"next": [at.since, at.after]} if at else {"is_whole": True}
            cursor = {"updated_at": latest or begin.since, "row": number, **rest()}
            yield make_page(
                reply,
                stream=self.stream,
                row_count=len(rows),
                context=self.context,
                checkpoint={**step, "cursor": cursor},
            )

    def _check_order(self, reply: Reply, rows: list[Row], *, at: Position) -> None:
        """Refuse rows that were not asked for: a source that ignores what it is asked loses rows.

        Errors: UnexpectedShape.
        """
        instants = [instant for instant, _ in rows]
        if instants != sorted(instants) or any(instant < at.since for instant in instants):
            raise self.misled("rows came that were not asked for, or in another order", reply)

    def misled(self, what: str, reply: Reply) -> UnexpectedShape:
        """Return the error of a source that answers something else than it was asked."""
        return UnexpectedShape(
            f"{what}; check the time zone of this source's account and the settings",
            source=self.source,
            stream=self.stream.name,
            body=reply.body,
            url=reply.url,
        )
