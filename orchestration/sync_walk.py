"""Read one stream and its children into the lake, from where the last run came to."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from threading import Event

from connectors._contract import Bounded, Connector, Page, Refusal, Resume, State, Stream
from connectors._errors import (
    ODD_RECORD,
    ConnectorError,
    RateLimited,
    Stopped,
    UnexpectedShape,
    odd_record,
)
from connectors._http import HttpClient
from orchestration.lake import Lake, Run, RunTotals
from orchestration.lake_run import writing
from orchestration.sync_report import Progress, Status, StreamReport

Clock = Callable[[], datetime]


class StreamWalk:
    """Read one stream and its children into the lake."""

    def __init__(
        self,
        connector: Connector,
        stream: Stream,
        *,
        lake: Lake,
        clock: Clock,
        client: HttpClient | None,
        reconciles: bool = False,
    ) -> None:
        """Gather what a walk needs; nothing is read yet.

        With `reconciles` everything is read again where only that tells what was deleted.
        """
        self._connector = connector
        self._stream = stream
        self._lake = lake
        self._clock = clock
        self._client = client
        self._children = {
            child.name: child for child in connector.streams if child.parent == stream.name
        }
        self._family = (stream, *self._children.values())
        self._reconciles = reconciles and any(one.deletes == "reconciled" for one in self._family)
        self._runs: dict[str, Run] = {}
        self._checkpoints: dict[str, State] = {}
        self._totals: dict[tuple[str, str], tuple[int, int]] = {}
        self._cut: dict[str, str] = {}

    def read(self, tell: Progress, stop: Event) -> list[StreamReport]:
        """Read to the end or to the first error, and return a report per stream.

        Errors: LakeUnwritable; an error of the source is in the report.
        """
        started_at = self._clock()
        with writing(self._lake.root):
            cursor = self._start(started_at)
        calls_before = self._client.calls if self._client else 0
        error: ConnectorError | None = None
        try:
            _heed(stop)
            for item in self._items(cursor, now=started_at):
                with writing(self._lake.root):
                    self._keep(item)
                _heed(stop)
                tell(self._report(self._runs[item.stream], status="incomplete"))
        except UnexpectedShape as exc:
            error = exc
            with writing(self._lake.root):
                self._set_aside(exc)
        except ConnectorError as exc:
            error = exc
        calls = (self._client.calls if self._client else 0) - calls_before
        with writing(self._lake.root):
            reports = self._finish(cursor=cursor, error=error, calls=calls)
        for report in reports:
            tell(report)
        return reports

    def _items(self, cursor: State | None, *, now: datetime) -> Iterator[Page | Refusal]:
        """Yield what the connector yields; a record it stumbles over is an error of the source."""
        try:
            yield from self._connector.pages(
                self._stream, cursor=cursor, resume=self._resume, client=self._client, now=now
            )
        except ODD_RECORD as exc:
            source, stream = self._connector.name, self._stream.name
            raise odd_record(exc, source=source, stream=stream) from exc

    def _start(self, started_at: datetime) -> State | None:
        source, name = self._connector.name, self._stream.name
        for sealed in (*self._children, name):
            self._lake.seal(source, sealed, read_at=started_at)
        cursor = self._lake.cursor(source, name)
        resumed_from, self._resume = self._lake.resume(source, name, children=self._children)
        parts = {one.name: self._whole_part(one, resumed_from) for one in self._family}
        is_resumed_whole = any(
            parts[one.name] and one.deletes == "reconciled" for one in self._family
        )
        if self._reconciles and not is_resumed_whole:
            resumed_from, self._resume = None, Resume()
            parts = dict.fromkeys(parts, "")
        reads_all = self._reconciles or is_resumed_whole
        if reads_all:
            cursor = None
        self._checkpoints = dict(self._resume.checkpoints)
        window_from = self._reads_from(cursor, now=started_at)
        run_id = None
        for one in self._family:
            is_whole = one.deletes == "listed" or (one.deletes == "reconciled" and reads_all)
            self._runs[one.name] = self._lake.start_run(
                source,
                one.name,
                kind=self._connector.kind,
                read_at=started_at,
                cursor=cursor if one is self._stream else None,
                window_from=window_from,
                resumed_from=resumed_from,
                run_id=run_id,
                whole_run_id=parts[one.name] if is_whole else None,
            )
            run_id = self._runs[one.name].run_id
        return cursor

    def _whole_part(self, stream: Stream, resumed_from: str | None) -> str | None:
        """Return the first part of the whole run that is taken up, "" if a new run starts."""
        if resumed_from is None:
            return ""
        for line in self._lake.journal(self._connector.name, stream.name):
            if line["event"] == "run_started" and line["run_id"] == resumed_from:
                return line.get("whole_run_id")
        return None

    def _reads_from(self, cursor: State | None, *, now: datetime) -> datetime | None:
        if isinstance(self._connector, Bounded):
            return self._connector.reads_from(self._stream, cursor=cursor, now=now)
        return None

    def _keep(self, item: Page | Refusal) -> None:
        run = self._runs[item.stream]
        if isinstance(item, Refusal):
            run.quarantine(item, cuts=not item.is_final)
            if not item.is_final:
                self._cut.setdefault(item.partition, item.detail)
        else:
            stream = self._children.get(item.stream, self._stream)
            needs = {} if stream is not self._stream else self._child_pages()
            run.add(item, versions_from_source=stream.versions_from_source, needs=needs)
            self._count(item)
        if item.checkpoint is not None and "child" not in item.checkpoint:
            self._checkpoints[str(item.checkpoint.get("partition", ""))] = item.checkpoint

    def _set_aside(self, error: UnexpectedShape) -> None:
        run = self._runs[error.stream if error.stream in self._runs else self._stream.name]
        run.quarantine(
            Refusal(
                stream=run.stream,
                reason=error.code,
                detail=error.message,
                url=error.url,
                read_at=self._clock(),
                body=error.body,
            )
        )

    def _child_pages(self) -> dict[str, int]:
        return {child: self._runs[child].page_count for child in self._children}

    def _count(self, page: Page) -> None:
        """Count rows against the total a source states with each page, or with the first alone."""
        counted = (str((page.checkpoint or {}).get("partition", "")), page.total_of)
        known, rows = self._totals.get(counted, (None, 0))
        total = known if page.reported_total is None else page.reported_total
        if total is not None:
            self._totals[counted] = (total, rows + page.row_count)

    def _judge(self, error: ConnectorError | None) -> tuple[Status, str | None, str | None]:
        if error is not None:
            is_put_off = isinstance(error, RateLimited | Stopped | UnexpectedShape)
            return "incomplete" if is_put_off else "failed", type(error).__name__, error.message
        missing = {
            partition: reported - rows
            for (partition, _), (reported, rows) in self._totals.items()
            if rows < reported
        }
        if self._cut:
            reason = next(iter(self._cut.values()))
            message = f"the next run asks again for what could not be used: {reason}"
            return "incomplete", "PageRefused", message
        if missing:
            self._cut.update(dict.fromkeys(missing, "rows are missing"))
            message = (
                f"the source reports {sum(missing.values())} rows more than arrived; "
                "the next run reads the same window again"
            )
            return "incomplete", "TotalMismatch", message
        return "complete", None, None

    def _finish(
        self, *, cursor: State | None, error: ConnectorError | None, calls: int
    ) -> list[StreamReport]:
        status, error_class, message = self._judge(error)
        cursor_after = None
        if error is None:
            whole = {at: state for at, state in self._checkpoints.items() if at not in self._cut}
            cursor_after = self._connector.next_cursor(
                self._stream, cursor=cursor, checkpoints=whole
            )
        reports = []
        for run in reversed(self._runs.values()):
            is_parent = run.stream == self._stream.name
            report = replace(
                self._report(run, status=status),
                calls=calls if is_parent else 0,
                reported_total=self._reported_total() if is_parent else None,
                error_class=error_class,
                error=message,
            )
            run.finish(
                read_at=self._clock(),
                status=status,
                totals=RunTotals(
                    pages=report.pages,
                    rows=report.rows,
                    calls=report.calls,
                    bytes=report.bytes,
                    reported_total=report.reported_total,
                ),
                cursor_after=cursor_after if is_parent else None,
                error={"class": error_class, "message": message or ""} if error_class else None,
                is_resumable=error is not None,
            )
            reports.append(report)
        return reports[::-1]

    def _reported_total(self) -> int | None:
        return sum(reported for reported, _ in self._totals.values()) if self._totals else None

    def _report(self, run: Run, *, status: Status) -> StreamReport:
        return StreamReport(
            source=run.source,
            kind=run.kind,
            stream=run.stream,
            status=status,
            pages=run.page_count,
            rows=run.row_count,
            bytes=run.byte_count,
            quarantined=run.set_aside.total(),
        )


def stopped() -> Stopped:
    """Return what ends a stream when the run is asked to stop."""
    return Stopped("stopped before the stream's end; the next run goes on from here")


def _heed(stop: Event) -> None:
    if stop.is_set():
        raise stopped()
