"""Read one stream and its children into the lake, from where the last run came to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Event

from connectors._contract import Connector, Page, Refusal, State, Stream
from connectors._errors import ConnectorError, RateLimited, Stopped, UnexpectedShape
from connectors._http import HttpClient
from orchestration.lake import Lake, Run, RunTotals
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
    ) -> None:
        """Gather what a walk needs; nothing is read yet."""
        self._connector = connector
        self._stream = stream
        self._lake = lake
        self._clock = clock
        self._client = client
        self._children = {
            child.name: child for child in connector.streams if child.parent == stream.name
        }
        self._runs: dict[str, Run] = {}
        self._checkpoints: dict[str, State] = {}
        self._totals: dict[str, tuple[int, int]] = {}
        self._is_cut = False

    def read(self, tell: Progress, stop: Event) -> list[StreamReport]:
        """Read to the end or to the first error, and return a report per stream."""
        started_at = self._clock()
        cursor = self._start(started_at)
        calls_before = self._client.calls if self._client else 0
        error: ConnectorError | None = None
        try:
            for item in self._connector.pages(
                self._stream,
                cursor=cursor,
                resume=self._resume,
                client=self._client,
                now=started_at,
            ):
                self._keep(item)
                _heed(stop)
                tell(self._report(self._runs[item.stream], status="incomplete"))
        except UnexpectedShape as exc:
            error = exc
            self._set_aside(exc)
        except ConnectorError as exc:
            error = exc
        calls = (self._client.calls if self._client else 0) - calls_before
        reports = self._finish(cursor=cursor, error=error, calls=calls)
        for report in reports:
            tell(report)
        return reports

    def _start(self, started_at: datetime) -> State | None:
        source, name = self._connector.name, self._stream.name
        for sealed in (name, *self._children):
            self._lake.seal(source, sealed, read_at=started_at)
        cursor = self._lake.cursor(source, name)
        resumed_from, self._resume = self._lake.resume(source, name, children=self._children)
        self._checkpoints = dict(self._resume.checkpoints)
        run = self._lake.start_run(
            source,
            name,
            kind=self._connector.kind,
            read_at=started_at,
            cursor=cursor,
            resumed_from=resumed_from,
        )
        self._runs = {name: run} | {
            child: self._lake.start_run(
                source,
                child,
                kind=self._connector.kind,
                read_at=started_at,
                resumed_from=resumed_from,
                run_id=run.run_id,
            )
            for child in self._children
        }
        return cursor

    def _keep(self, item: Page | Refusal) -> None:
        run = self._runs[item.stream]
        if isinstance(item, Refusal):
            run.quarantine(item)
            self._is_cut = self._is_cut or not item.is_final
        else:
            stream = self._children.get(item.stream, self._stream)
            run.add(item, versions_from_source=stream.versions_from_source)
            if item.reported_total is not None:
                _, rows = self._totals.get(item.total_of, (0, 0))
                self._totals[item.total_of] = (item.reported_total, rows + item.row_count)
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

    def _finish(
        self, *, cursor: State | None, error: ConnectorError | None, calls: int
    ) -> list[StreamReport]:
        error_class, message = _describe(error)
        status: Status = "complete"
        if isinstance(error, UnexpectedShape):
            status = "incomplete"
        elif error is not None:
            status = "incomplete" if isinstance(error, RateLimited | Stopped) else "failed"
        elif self._is_cut:
            status, error_class = "incomplete", "PageRefused"
            message = "a reply could not be used and was set aside; the next run asks again"
        elif missing := self._missing_rows():
            status, error_class = "incomplete", "TotalMismatch"
            message = (
                f"the source reports {missing} rows more than arrived; "
                "the next run reads the same window again"
            )
        is_resumable = error is not None and not isinstance(error, UnexpectedShape)
        cursor_after = None
        if status == "complete":
            cursor_after = self._connector.next_cursor(
                self._stream, cursor=cursor, checkpoints=self._checkpoints
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
                is_resumable=is_resumable,
            )
            reports.append(report)
        return reports[::-1]

    def _missing_rows(self) -> int:
        return sum(max(0, reported - rows) for reported, rows in self._totals.values())

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


def _describe(error: ConnectorError | None) -> tuple[str | None, str | None]:
    return (type(error).__name__, error.message) if error else (None, None)


def _heed(stop: Event) -> None:
    if stop.is_set():
        raise Stopped("stopped before the stream's end; the next run goes on from here")
