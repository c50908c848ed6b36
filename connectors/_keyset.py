"""Walk a list by the instant of the last update, without losing rows that share a second.

A page says where the next begins: at its last row's second. Where a whole page shares one second,
the rows of that second are read by their numbers. Updates made meanwhile move rows to the end, so
nothing slips between two pages.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from connectors._contract import Page, Refusal, State, Stream
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
    """Say which rows to ask for: updated at `since` or later, by instant; or those of that second.

    `after` is the number of the row from which on the rows of the second are asked for, by number.
    """

    since: str
    after: int | None = None


@dataclass
class UpdateWalk:
    """Carry what reading one stream needs, and the rows that a later page has to show again.

    `ask` fetches one page, `row` gives a record's instant and number, `is_end` reads the source's
    own signal. `owed` are rows that the source showed with an instant it was then asked from.
    Units: `slack_seconds` is how much earlier than asked rows come, where a source keeps fractions
    of a second that it does not show.
    """

    source: str
    stream: Stream
    now: datetime
    form: str
    ask: Callable[[Position], Reply]
    row: Callable[[Record], Row]
    is_end: Callable[[Reply, list[Record]], bool]
    context: Mapping[str, str] = field(default_factory=dict)
    slack_seconds: int = 0
    owed: dict[int, str] = field(default_factory=dict)
    etag: str | None = None

    def start(self, cursor: State | None, *, since: datetime | None) -> Position:
        """Return where to begin: the cursor minus the overlap, or the history."""
        floor = (since or datetime(1971, 1, 1, tzinfo=UTC)).astimezone(UTC).strftime(self.form)
        if not cursor or not cursor.get("updated_at"):
            return Position(floor)
        seen = datetime.strptime(cursor["updated_at"], self.form).replace(tzinfo=UTC)
        overlapped = seen - timedelta(seconds=self.stream.overlap_seconds)
        begin = Position(max(floor, overlapped.strftime(self.form)))
        if cursor.get("etag") and cursor["etag"][0] == begin.since:
            self.etag = str(cursor["etag"][1])
        if cursor.get("row") and cursor["updated_at"] >= begin.since:
            self.owed[int(cursor["row"])] = str(cursor["updated_at"])
        return begin

    def pages(
        self,
        begin: Position,
        *,
        reached: State,
        before: Callable[[list[Record]], Iterator[Page | Refusal]] = lambda _: iter(()),
        rest: Callable[[], Mapping[str, Any]] = dict,
    ) -> Iterator[Page | Refusal]:
        """Yield the pages from a position on, or from where an interrupted run came to.

        `before` yields what belongs to a page's records, `rest` what the cursor keeps besides.

        Errors: PaginationLoop, UnexpectedShape and every error of a request.
        """
        by_instant = LoopGuard(self.source, self.stream.name)
        # The first page by number may be the last one by instant again; both count all pages.
        by_number = replace(by_instant)
        known = reached.get("cursor", {})
        latest, number = str(known.get("updated_at", "")), known.get("row")
        at: Position | None = Position(*reached["next"]) if reached.get("next") else begin
        if reached.get("is_whole"):
            return
        while at is not None:
            reply = self.ask(at)
            if reply.is_unchanged:
                self.owed.clear()
                return
            records = self._records(reply)
            with understanding(reply, source=self.source, stream=self.stream.name):
                rows = [self.row(record) for record in records]
                is_end = self.is_end(reply, records)
            self._check_order(reply, rows, at=at)
            guard = by_instant if at.after is None else by_number
            guard.check(
                reply, row_count=len(rows), following=None if is_end else f"{at} {rows[-1:]}"
            )
            following = self._following(at, rows, is_end=is_end)
            for instant, row in rows:
                self.owed.pop(row, None)
                if newest([instant], before=latest, now=self.now, form=self.form) > latest:
                    latest, number = instant, row
            if following and rows and rows[-1][0] == following.since:
                self.owed[rows[-1][1]] = rows[-1][0]
            is_only = at == begin and following is None
            at = following
            yield from before(records)
            step: dict[str, Any] = {"next": [at.since, at.after]} if at else {"is_whole": True}
            cursor = {"updated_at": latest or begin.since, "row": number, **rest()}
            if is_only and reply.etag:
                cursor["etag"] = [begin.since, reply.etag]
            yield make_page(
                reply,
                stream=self.stream,
                row_count=len(rows),
                context=self.context,
                checkpoint={**step, "cursor": cursor},
            )

    def _records(self, reply: Reply) -> list[Record]:
        *outer, last = self.stream.records_path.removeprefix("$.").split(".")
        data = reply.data
        for key in outer:
            data = data.get(key) if isinstance(data, dict) else None
        return records_of(
            replace(reply, data=data), source=self.source, stream=self.stream.name, path=f"$.{last}"
        )

    def _following(self, at: Position, rows: list[Row], *, is_end: bool) -> Position | None:
        """Return what to ask for next, or None at the end."""
        if at.after is not None:
            whole = Position(self._shifted(at.since, 1 + self.slack_seconds))
            return whole if is_end else Position(at.since, rows[-1][1])
        if is_end:
            return None
        last = rows[-1][0]
        is_one_second = rows[0][0] == last or last <= at.since
        return Position(last, 0) if is_one_second else Position(last)

    def _shifted(self, instant: str, seconds: int) -> str:
        moment = datetime.strptime(instant, self.form).replace(tzinfo=UTC)
        return (moment + timedelta(seconds=seconds)).strftime(self.form)

    def until(self, at: Position) -> str:
        """Return the last instant to ask for where the rows of one second are."""
        return self._shifted(at.since, self.slack_seconds)

    def _check_order(self, reply: Reply, rows: list[Row], *, at: Position) -> None:
        """Refuse rows that were not asked for: a source that ignores what it is asked loses rows.

        Errors: UnexpectedShape.
        """
        first = self._shifted(at.since, -self.slack_seconds)
        order: list[Any] = [row[0] if at.after is None else row[1] for row in rows]
        if order != sorted(order) or any(instant < first for instant, _ in rows):
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
