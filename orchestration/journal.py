"""Append to and read the lake's journals: one JSON object a line, forced to disk.

A line that a kill tore off is ignored when reading and cut before the next line is written.
"""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE_MODE = 0o600
FOLDER_MODE = 0o700

Line = dict[str, Any]


def format_instant(instant: datetime) -> str:
    """Return an aware instant as ISO 8601 in UTC with microseconds and a Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_instant(text: str) -> datetime:
    """Return the aware instant that `format_instant` wrote."""
    return datetime.fromisoformat(text)


def make_folder(path: Path) -> None:
    """Create a folder and its parents, readable by their owner only."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def sync_folder(path: Path) -> None:
    """Force the names in a folder to disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(handle: int, content: bytes) -> None:
    """Write every byte to an open file."""
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


def append_lines(path: Path, lines: list[Mapping[str, Any]]) -> None:
    """Append lines and force them to disk, after cutting a torn last line."""
    is_new = not path.exists()
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        os.lseek(handle, _whole_bytes(handle), os.SEEK_SET)
        text = "".join(
            json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines
        )
        os.ftruncate(handle, os.lseek(handle, 0, os.SEEK_CUR))
        write_all(handle, text.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        sync_folder(path.parent)


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
