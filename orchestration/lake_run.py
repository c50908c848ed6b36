"""Write one run of a stream into the lake: its start, its pages, its end.

A page is written aside, renamed and named in the journal before the next one is asked for, so a
kill loses nothing. Disks are waited for once a group of pages and before the run's end is
recorded: after a power cut, the pages of a run without an end are checked before they count.
"""

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard

from connectors._contract import Page, PageFormat, Refusal, State
from orchestration.errors import LeadlineError
from orchestration.journal import (
    FILE_MODE,
    JournalWriter,
    append_line,
    format_instant,
    make_folder,
    sync_files,
    sync_folder,
    write_all,
)

ZSTD_LEVEL = 1
QUARANTINE_BYTES = 1 << 20
GROUP_FILES = 512


@dataclass(frozen=True)
class BulkPage:
    """Carry a page that is written in quantity, with the instant it counts as read."""

    body: bytes
    row_count: int
    read_at: datetime
    format: PageFormat = "ndjson"
    records_path: str = "$"
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunTotals:
    """Count what a run asked for and received."""

    pages: int = 0
    rows: int = 0
    calls: int = 0
    bytes: int = 0
    reported_total: int | None = None


class LakeUnwritable(LeadlineError):
    """The disk did not take what had to be kept; what was stored before is whole."""


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Turn a disk's refusal into words with the path and the space that is left.

    Errors: LakeUnwritable.
    """
    try:
        yield
    except OSError as exc:
        place = exc.filename or root
        there = next(folder for folder in (root, *root.parents) if folder.exists())
        free = shutil.disk_usage(there).free // (1024 * 1024)
        raise LakeUnwritable(
            f"{place} cannot be written ({exc.strerror or exc}; {free} MB are free); "
            "make room or check the folder's rights, then run again."
        ) from exc


def new_run_id(source: str, stream: str, *, read_at: datetime, known: set[str]) -> str:
    """Return an id for a run that no earlier run of the stream has."""
    stamp = format_instant(read_at)[:19].replace("-", "").replace(":", "") + "Z"
    attempt = 0
    while True:
        seed = f"{source}/{stream}/{read_at.isoformat()}/{attempt}"
        run_id = f"{stamp}-{hashlib.sha256(seed.encode()).hexdigest()[:6]}"
        if run_id not in known:
            return run_id
        attempt += 1


def journal_file(root: Path, source: str, stream: str) -> Path:
    """Return the path of one stream's journal."""
    return root / "journal" / source / f"{stream}.jsonl"


def write_page_file(root: Path, name: str, content: bytes) -> int:
    """Write a compressed file aside and rename it; return its size. It is not forced to disk."""
    path = root / name
    make_folder(path.parent)
    stored = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(content)
    aside = f"{path}.tmp"
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    try:
        write_all(handle, stored)
    finally:
        os.close(handle)
    os.replace(aside, path)  # noqa: PTH105
    return len(stored)


@dataclass
class Run:
    """Add pages to one stream between a start and an end that stand in its journal."""

    root: Path
    source: str
    stream: str
    kind: str
    run_id: str
    cursor: State | None
    page_count: int = 0
    row_count: int = 0
    byte_count: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    _unforced: list[str] = field(default_factory=list)
    _journal: JournalWriter | None = None
    _is_forced: bool = True

    def record(self, line: Mapping[str, Any]) -> None:
        """Append one line to the stream's journal."""
        if self._journal is None:
            self._journal = JournalWriter(journal_file(self.root, self.source, self.stream))
        named = {
            "run_id": self.run_id,
            "source": self.source,
            "kind": self.kind,
            "stream": self.stream,
        }
        self._journal.write({"event": line["event"], **named, **line})
        self._is_forced = False

    def force(self) -> None:
        """Force the pages so far to disk: files, their folders, then the journal."""
        if self._is_forced:
            return
        sync_files([self.root / name for name in self._unforced])
        for folder in {(self.root / name).parent for name in self._unforced}:
            sync_folder(folder)
        self._unforced.clear()
        if self._journal is not None:
            self._journal.sync()
        self._is_forced = True

    def _write(self, name: str, content: bytes) -> int:
        self._unforced.append(name)
        return write_page_file(self.root, name, content)

    def add(
        self,
        page: Page,
        *,
        versions_from_source: bool = False,
        needs: Mapping[str, int] | None = None,
    ) -> str:
        """Store one page and return its id.

        `needs` says how many pages of its child streams the run has stored before this one, so
        that a power cut cannot leave a page without its children.
        """
        self.page_count += 1
        self.row_count += page.row_count
        self.byte_count += len(page.body)
        page_id = f"{self.run_id}-{self.page_count:06d}"
        base = f"pages/{self.source}/{self.stream}/{page_id}"
        suffix = f".{page.format}.zst" if page.format in ("ndjson", "npz") else ".json.zst"
        raw_file = None
        stored_bytes = 0
        if page.decoded is not None:
            raw_file = f"{base}.raw.zst"
            stored_bytes = self._write(raw_file, page.body)
        records = page.body if page.decoded is None else page.decoded
        stored_bytes += self._write(base + suffix, records)
        self.record(
            {
                "event": "page",
                "page_id": page_id,
                "records_file": base + suffix,
                "raw_file": raw_file,
                "format": page.format,
                "records_path": page.records_path,
                "sha256": hashlib.sha256(page.body).hexdigest(),
                "bytes": len(page.body),
                "stored_bytes": stored_bytes,
                "row_count": page.row_count,
                "read_at": format_instant(page.read_at),
                "request": {"method": page.method, "url": page.url},
                "context": dict(page.context),
                "versions_from_source": versions_from_source,
                "checkpoint": page.checkpoint,
                "needs": dict(needs or {}),
            }
        )
        if len(self._unforced) >= GROUP_FILES:
            self.force()
        return page_id

    def quarantine(self, refusal: Refusal, *, cuts: bool = False) -> str:
        """Set aside what could not be used: its first megabyte and the reason.

        `cuts` says that the walk went on after it: then the refusal's part of the stream is not
        whole, however far its later pages came.
        """
        self.set_aside[refusal.reason] += 1
        refusal_id = f"{self.run_id}-q{self.set_aside.total():05d}"
        folder = self.root / "quarantine" / self.source
        raw_file = f"quarantine/{self.source}/{refusal_id}.raw.zst" if refusal.body else None
        if raw_file:
            self._write(raw_file, refusal.body[:QUARANTINE_BYTES])
        append_line(
            folder / f"{self.stream}.jsonl",
            {
                "page_id": refusal_id,
                "run_id": self.run_id,
                "source": self.source,
                "kind": self.kind,
                "stream": self.stream,
                "reason": refusal.reason,
                "detail": refusal.detail,
                "request": {"url": refusal.url},
                "context": dict(refusal.context),
                "read_at": format_instant(refusal.read_at),
                "bytes": len(refusal.body),
                "sha256": hashlib.sha256(refusal.body).hexdigest(),
                "raw_file": raw_file,
                "is_final": refusal.is_final,
                "cut_partition": refusal.partition if cuts else None,
                "checkpoint": refusal.checkpoint,
            },
        )
        return refusal_id

    def finish(
        self,
        *,
        read_at: datetime,
        status: str,
        totals: RunTotals,
        cursor_after: State | None = None,
        error: Mapping[str, str] | None = None,
        is_resumable: bool = False,
    ) -> None:
        """Record how the run ended, after everything before is on disk."""
        self.force()
        self.record(
            {
                "event": "run_finished",
                "read_at": format_instant(read_at),
                "status": status,
                "pages": totals.pages,
                "rows": totals.rows,
                "calls": totals.calls,
                "bytes": totals.bytes,
                "quarantined": self.set_aside.total(),
                "reported_total": totals.reported_total,
                "cursor_after": cursor_after,
                "error": error,
                "is_resumable": is_resumable,
            }
        )
        self.force()
        self.close()

    def close(self) -> None:
        """Close the journal; a run without an end is put right by the next `seal`."""
        if self._journal is not None:
            self._journal.close()
