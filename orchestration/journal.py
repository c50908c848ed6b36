"""Append to and read the lake's journals: one JSON object a line.

A line that a kill tore off is ignored when reading and cut before the next line is written.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE_MODE = 0o600
FOLDER_MODE = 0o700
SYNC_THREADS = 32

Line = dict[str, Any]


def format_instant(instant: datetime) -> str:
    """Return an aware instant as ISO 8601 in UTC with microseconds and a Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_instant(text: str) -> datetime:
    """Return the aware instant that `format_instant` wrote."""
    return datetime.fromisoformat(text)


def make_folder(path: Path) -> None:
    """Create a folder and its parents, readable by their owner only."""
    if path.is_dir():
        return
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def sync_folder(path: Path) -> None:
    """Force the names in a folder to disk."""
    with _opened(path, flags=os.O_RDONLY | os.O_DIRECTORY) as handle:
        os.fsync(handle)


def write_all(handle: int, content: bytes) -> None:
    """Write every byte to an open file."""
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


def sync_files(paths: Sequence[Path]) -> None:
    """Force the content of many files to disk.

    They are waited for together, so that the disk empties its cache for many at a time: on a busy
    disk that is some thirty times faster than one file after the other.
    """
    with ThreadPoolExecutor(max_workers=max(1, min(len(paths), SYNC_THREADS))) as threads:
        for done in [threads.submit(_sync_file, path) for path in paths]:
            done.result()


def _sync_file(path: Path) -> None:
    with _opened(path) as handle:
        os.fsync(handle)


@contextmanager
def _opened(path: Path, *, flags: int = os.O_RDONLY) -> Iterator[int]:
    handle = os.open(path, flags)
    try:
        yield handle
    finally:
        os.close(handle)


class JournalWriter:
    """Append lines to one journal; a torn last line is cut when it is opened."""

    def __init__(self, path: Path) -> None:
        """Open the journal, and create it if it is the first."""
        self.path = path
        is_new = not path.exists()
        make_folder(path.parent)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, FILE_MODE)
        whole = _whole_bytes(self._handle)
        if whole != os.fstat(self._handle).st_size:
            os.ftruncate(self._handle, whole)
        if is_new:
            sync_folder(path.parent)

    def write(self, line: Mapping[str, Any]) -> None:
        """Append one line; a kill from here on does not lose it, a power cut may."""
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        write_all(self._handle, text.encode())

    def sync(self) -> None:
        """Force what was written to disk."""
        os.fsync(self._handle)

    def close(self) -> None:
        """Close the journal; closing twice does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def append_line(path: Path, line: Mapping[str, Any]) -> None:
    """Append one line to a journal and force it to disk."""
    writer = JournalWriter(path)
    try:
        writer.write(line)
        writer.sync()
    finally:
        writer.close()


def cut_lines(path: Path, *, keep: int) -> None:
    """Keep a journal's first lines only, and force that to disk."""
    with path.open("r+b") as journal:
        for _ in range(keep):
            journal.readline()
        journal.truncate(journal.tell())
        os.fsync(journal.fileno())


def _whole_bytes(handle: int) -> int:
    """Return the length of the file up to the end of its last whole line."""
    end = os.fstat(handle).st_size
    while end:
        start = max(0, end - 65536)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def read_lines(path: Path) -> Iterator[Line]:
    """Yield a journal's whole lines, oldest first; nothing if there is no journal."""
    if not path.exists():
        return
    with path.open("rb") as journal:
        for line in journal:
            if line.endswith(b"\n"):
                yield json.loads(line)
