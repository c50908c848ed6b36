"""Keep raw pages as received: written aside, renamed, recorded in a journal; never edited.

A page is in the lake once its journal line is. What a kill leaves behind (a file without a line,
a run without an end) is put right by `seal` when the next run starts.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard

from connectors._contract import Page, Resume, State
from orchestration.journal import Line, cut_lines, format_instant, read_lines
from orchestration.lake_run import (
    BulkPage,
    Run,
    RunTotals,
    journal_file,
    new_run_id,
    writing,
)
from orchestration.redactions import leads_to

__all__ = ["BulkPage", "Lake", "Run", "RunTotals"]

CATALOGUE_SOURCE = "leadline"
CATALOGUE_STREAM = "catalogue"


class Lake:
    """Write and read the folder of raw pages and its journals."""

    def __init__(self, root: Path, *, pid: int = 0) -> None:
        """Remember the folder; nothing is created before the first page."""
        self.root = root
        self._pid = pid

    # -- reading ---------------------------------------------------------------------------------

    def journal_file(self, source: str, stream: str) -> Path:
        """Return the path of one stream's journal."""
        return journal_file(self.root, source, stream)

    def journal(self, source: str, stream: str) -> Iterator[Line]:
        """Yield the lines of one stream's journal, oldest first."""
        return read_lines(self.journal_file(source, stream))

    def streams(self) -> list[tuple[str, str]]:
        """Return every (source, stream) that has a journal, sorted."""
        found = (self.root / "journal").glob("*/*.jsonl")
        return sorted((path.parent.name, path.stem) for path in found)

    def lines(self) -> Iterator[Line]:
        """Yield the lines of every journal, one stream after the other."""
        for source, stream in self.streams():
            yield from self.journal(source, stream)

    def latest_read_at(self) -> str | None:
        """Return the newest instant at which anything was read, or None in an empty lake."""
        return max((line["read_at"] for line in self.lines()), default=None)

    def body(self, line: Line, *, raw: bool = False) -> bytes:
        """Return a page's records, or its bytes as received, from its journal line."""
        name = (raw and line["raw_file"]) or line["records_file"]
        return zstandard.ZstdDecompressor().decompress((self.root / name).read_bytes())

    def cursor(self, source: str, stream: str) -> State | None:
        """Return where the last run ended that came to an end; a failed run moves nothing."""
        cursor: State | None = None
        for line in self.journal(source, stream):
            if line["event"] == "run_finished" and line["cursor_after"] is not None:
                cursor = line["cursor_after"]
        return cursor

    def resume(
        self, source: str, stream: str, *, children: Iterable[str] = ()
    ) -> tuple[str | None, Resume]:
        """Return the id of the interrupted run that is to be taken up, and how far it came.

        A run that resumed another and was interrupted itself adds to what the first had reached.
        A part of which something was refused starts again from the cursor: its last page says
        nothing about what was asked for before it.
        """
        children = tuple(children)
        run_ids: list[str] = []
        checkpoints: dict[str, State] = {}
        reached_in: dict[str, str] = {}
        for line in self.journal(source, stream):
            if line["event"] == "run_started" and line["resumed_from"] is None:
                run_ids, checkpoints = [], {}
            if line["event"] == "run_started":
                run_ids.append(line["run_id"])
            elif line["event"] == "page" and line["checkpoint"]:
                partition = line["checkpoint"].get("partition", "")
                checkpoints[partition] = line["checkpoint"]
                reached_in[partition] = line["run_id"]
            elif line["event"] == "run_finished" and not line["is_resumable"]:
                run_ids, checkpoints = [], {}
        if not run_ids:
            return None, Resume()
        for run_id, partition in self._cuts(source, (stream, *children)):
            is_reached = partition in checkpoints and run_id in run_ids
            if is_reached and run_ids.index(reached_in[partition]) <= run_ids.index(run_id):
                del checkpoints[partition]
        finished = {
            line["checkpoint"]["child"]
            for child in children
            for line in self.journal(source, child)
            if line["event"] == "page" and line["checkpoint"] and line["run_id"] in run_ids
        }
        return run_ids[-1], Resume(checkpoints=checkpoints, children=frozenset(finished))

    def _cuts(self, source: str, streams: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the run and the part of the stream of each refusal that is to be asked again."""
        for stream in streams:
            for line in self.quarantined(source, stream):
                if line.get("cut_partition") is not None:
                    yield line["run_id"], line["cut_partition"]

    def quarantined(self, source: str, stream: str) -> Iterator[Line]:
        """Yield what was set aside of a stream, oldest first."""
        return read_lines(self.root / "quarantine" / source / f"{stream}.jsonl")

    # -- writing ---------------------------------------------------------------------------------

    def start_run(
        self,
        source: str,
        stream: str,
        *,
        kind: str,
        read_at: datetime,
        cursor: State | None = None,
        window_from: datetime | None = None,
        resumed_from: str | None = None,
        run_id: str | None = None,
        whole_run_id: str | None = None,
    ) -> Run:
        """Record that a run starts and return it; a given `run_id` is one that no other run has.

        `window_from` is the instant before which it asks for nothing, whatever its cursor says;
        None: it reads everything since the last complete run. `whole_run_id` is the first part of
        a run that shows everything the source has; "" makes this run the first part.
        """
        if run_id is None:
            known = {line["run_id"] for line in self.journal(source, stream)}
            run_id = new_run_id(source, stream, read_at=read_at, known=known)
        run = Run(
            root=self.root,
            source=source,
            stream=stream,
            kind=kind,
            run_id=run_id,
            cursor=cursor,
        )
        run.record(
            {
                "event": "run_started",
                "read_at": format_instant(read_at),
                "window_from": None if window_from is None else format_instant(window_from),
                "window_to": format_instant(read_at),
                "cursor_before": cursor,
                "resumed_from": resumed_from,
                "is_whole": whole_run_id is not None,
                "whole_run_id": run_id if whole_run_id == "" else whole_run_id,
                "pid": self._pid,
            }
        )
        return run

    def seal(self, source: str, stream: str, *, read_at: datetime) -> str | None:
        """Close a run that a kill left open and return its id; child streams are sealed first.

        What a power cut took is cut off: the journal ends before the first page whose file is not
        what the journal says or whose children are missing, and files without a line are removed.
        """
        lines = list(self.journal(source, stream))
        started = max(
            (at for at, line in enumerate(lines) if line["event"] == "run_started"), default=None
        )
        if started is None or any(line["event"] == "run_finished" for line in lines[started:]):
            return None
        open_run, pages = lines[started], lines[started + 1 :]
        sound = next((at for at, page in enumerate(pages) if not self._is_sound(page)), len(pages))
        if sound < len(pages):
            cut_lines(self.journal_file(source, stream), keep=started + 1 + sound)
            pages = pages[:sound]
        self._remove_unrecorded(source, stream, run_id=open_run["run_id"], pages=pages)
        run = Run(
            root=self.root,
            source=source,
            stream=stream,
            kind=open_run["kind"],
            run_id=open_run["run_id"],
            cursor=open_run["cursor_before"],
        )
        run.finish(
            read_at=read_at,
            status="failed",
            totals=RunTotals(
                pages=len(pages),
                rows=sum(page["row_count"] for page in pages),
                bytes=sum(page["bytes"] for page in pages),
            ),
            error={
                "class": "Interrupted",
                "message": "the run ended without saying so",
            },
            is_resumable=True,
        )
        return run.run_id

    def write_catalogue(
        self, records: Sequence[Mapping[str, Any]], *, read_at: datetime
    ) -> str | None:
        """Store the configuration as a page; return its id, or None when nothing changed.

        Errors: LakeUnwritable.
        """
        with writing(self.root):
            # A page that a power cut tore must not count as the one that is already there.
            self.seal(CATALOGUE_SOURCE, CATALOGUE_STREAM, read_at=read_at)
            return self._add_catalogue(records, read_at=read_at)

    def _add_catalogue(
        self, records: Sequence[Mapping[str, Any]], *, read_at: datetime
    ) -> str | None:
        body = json.dumps(list(records), ensure_ascii=False, sort_keys=True, default=str).encode()
        digest = hashlib.sha256(body).hexdigest()
        pages = [
            line
            for line in self.journal(CATALOGUE_SOURCE, CATALOGUE_STREAM)
            if line["event"] == "page"
        ]
        if pages and pages[-1]["sha256"] == digest:
            return None
        page = BulkPage(body=body, row_count=len(records), read_at=read_at, format="array")
        self.append_bulk(
            CATALOGUE_SOURCE,
            CATALOGUE_STREAM,
            kind=CATALOGUE_SOURCE,
            pages=[page],
            read_at=read_at,
        )
        return digest

    def append_bulk(
        self,
        source: str,
        stream: str,
        *,
        kind: str,
        pages: Iterable[BulkPage],
        read_at: datetime,
        window_from: datetime | None = None,
        cursor_after: State | None = None,
    ) -> RunTotals:
        """Write many pages as one complete run and return what was written."""
        run = self.start_run(source, stream, kind=kind, read_at=read_at, window_from=window_from)
        for page in pages:
            run.add(
                Page(
                    stream=stream,
                    body=page.body,
                    url=f"{kind}:{stream}",
                    method="WRITE",
                    read_at=page.read_at,
                    row_count=page.row_count,
                    context=page.context,
                    format=page.format,
                    records_path=page.records_path,
                )
            )
        totals = RunTotals(pages=run.page_count, rows=run.row_count, bytes=run.byte_count)
        run.finish(read_at=read_at, status="complete", totals=totals, cursor_after=cursor_after)
        return totals

    def _is_sound(self, page: Line) -> bool:
        for child, needed in page["needs"].items():
            if needed > self._page_count(page["source"], child, run_id=page["run_id"]):
                return False
        try:
            body = self.body(page, raw=True)
        except (OSError, zstandard.ZstdError):
            return False
        found, stated = hashlib.sha256(body).hexdigest(), str(page["sha256"])
        name = page["raw_file"] or page["records_file"]
        return found == stated or leads_to(self.root, name=name, stated=stated, found=found)

    def _page_count(self, source: str, stream: str, *, run_id: str) -> int:
        lines = self.journal(source, stream)
        return sum(line["event"] == "page" and line["run_id"] == run_id for line in lines)

    def _remove_unrecorded(
        self, source: str, stream: str, *, run_id: str, pages: list[Line]
    ) -> None:
        recorded = {page["page_id"] for page in pages}
        for path in (self.root / "pages" / source / stream).glob(f"{run_id}-*"):
            if path.name.split(".", 1)[0] not in recorded or path.suffix == ".tmp":
                path.unlink()
