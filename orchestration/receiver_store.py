"""Write what was pushed into the lake: one writer, many deliveries a batch, on disk before thanks.

A batch is a run of the stream: what waits is written together, forced to disk together and
answered together, so that a burst costs no more waits for the disk than one delivery. Deliveries
are told from replays by their ids, which stand in the lake's journal.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from connectors._contract import Page, Refusal
from connectors.push import EVENTS, KIND
from orchestration.lake import Lake, Run, RunTotals
from orchestration.lake_run import new_run_id, writing

Clock = Callable[[], datetime]
Outcome = Literal["stored", "replayed", "set_aside"]
MOST_IN_A_BATCH = 256
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class _Request:
    source: str
    item: Page | Refusal
    delivery_id: str
    answer: "Future[Outcome]" = field(default_factory=Future)


class EventStore:
    """The one writer of the streams of pushed events; `put` may be called from any thread."""

    def __init__(self, lake: Lake, sources: Mapping[str, object], *, clock: Clock) -> None:
        """Put right what an earlier receiver left, and learn which deliveries are there.

        Errors: LakeUnwritable.
        """
        self._lake = lake
        self._clock = clock
        self._seen: dict[str, set[str]] = {}
        self._run_ids: dict[str, set[str]] = {}
        self._last_read_at = datetime.min.replace(tzinfo=UTC)
        self._waiting: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        for source in sources:
            self._recover(source)
        self._writer = threading.Thread(target=self._write_all, name="receiver", daemon=True)
        self._writer.start()

    @property
    def is_writing(self) -> bool:
        """Say whether deliveries are being written."""
        return self._writer.is_alive()

    def put(self, source: str, item: Page | Refusal, *, delivery_id: str) -> "Future[Outcome]":
        """Hand over a delivery; its future is done when it is on disk.

        Errors: in the future: LakeUnwritable; then nothing of it counts as received.
        """
        request = _Request(source=source, item=item, delivery_id=delivery_id)
        self._waiting.put(request)
        return request.answer

    def close(self) -> None:
        """Write what was handed over and end."""
        self._waiting.put(None)
        self._writer.join()

    def _recover(self, source: str) -> None:
        with writing(self._lake.root):
            self._lake.seal(source, EVENTS.name, read_at=self._now())
        seen: set[str] = set()
        run_ids: set[str] = set()
        for line in self._lake.journal(source, EVENTS.name):
            run_ids.add(line["run_id"])
            if line["event"] == "page":
                seen.add(line["context"]["delivery_id"])
        self._seen[source], self._run_ids[source] = seen, run_ids

    def _write_all(self) -> None:
        while True:
            batch, is_last = self._next_batch()
            # Who does not wait any more was told that nothing was kept.
            awaited = [one for one in batch if one.answer.set_running_or_notify_cancel()]
            for source in dict.fromkeys(one.source for one in awaited):
                self._answer(source, [one for one in awaited if one.source == source])
            if is_last:
                return

    def _next_batch(self) -> tuple[list[_Request], bool]:
        batch: list[_Request] = []
        request = self._waiting.get()
        while request is not None:
            batch.append(request)
            if len(batch) >= MOST_IN_A_BATCH or self._waiting.empty():
                return batch, False
            request = self._waiting.get()
        return batch, True

    def _answer(self, source: str, batch: list[_Request]) -> None:
        try:
            if source not in self._seen:
                self._recover(source)
            with writing(self._lake.root):
                outcomes = self._write(source, batch)
        except Exception as exc:  # noqa: BLE001  whoever waits is told, and the writer goes on
            # What was written of the batch is found again from the journal.
            self._seen.pop(source, None)
            for request in batch:
                request.answer.set_exception(exc)
            return
        for request, outcome in zip(batch, outcomes, strict=True):
            request.answer.set_result(outcome)

    def _write(self, source: str, batch: list[_Request]) -> list[Outcome]:
        seen = self._seen[source]
        outcomes: list[Outcome] = []
        run: Run | None = None
        arrived: set[str] = set()
        try:
            for request in batch:
                if isinstance(request.item, Refusal):
                    run = run or self._start(source)
                    run.quarantine(replace(request.item, read_at=self._now()))
                    outcomes.append("set_aside")
                elif request.delivery_id in seen or request.delivery_id in arrived:
                    outcomes.append("replayed")
                else:
                    run = run or self._start(source)
                    run.add(replace(request.item, read_at=self._now()))
                    arrived.add(request.delivery_id)
                    outcomes.append("stored")
            if run is not None:
                totals = RunTotals(pages=run.page_count, rows=run.row_count, bytes=run.byte_count)
                run.finish(read_at=self._now(), status="complete", totals=totals)
        finally:
            if run is not None:
                run.close()
        seen |= arrived
        return outcomes

    def _start(self, source: str) -> Run:
        read_at = self._now()
        known = self._run_ids[source]
        run_id = new_run_id(source, EVENTS.name, read_at=read_at, known=known)
        known.add(run_id)
        return self._lake.start_run(source, EVENTS.name, kind=KIND, read_at=read_at, run_id=run_id)

    def _now(self) -> datetime:
        """Return an instant after every earlier one: the order of arrival is the order of times."""
        self._last_read_at = max(self._clock(), self._last_read_at + TICK)
        return self._last_read_at
