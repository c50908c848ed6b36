"""Keep a second run out: one writer, one process."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import LockHeld

TRIES = 5
SECONDS_BETWEEN_TRIES = 0.02


@dataclass(frozen=True)
class Holder:
    """The process that holds the lock, as it wrote itself into the lock file."""

    pid: int
    started_at: str


def read_holder(lock_file: Path) -> Holder | None:
    """Return the holder named in the lock file, or None when it names nobody."""
    try:
        fields = json.loads(lock_file.read_text(encoding="utf-8"))
        return Holder(pid=int(fields["pid"]), started_at=str(fields["started_at"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def is_held(lock_file: Path) -> bool:
    """Say whether a living process holds the lock, without waiting for it or keeping a run out."""
    if not lock_file.exists():
        return False
    descriptor = os.open(lock_file, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def turn(lock_file: Path) -> Iterator[None]:
    """Hold a lock file while the body runs; who comes second waits for it."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def run_lock(work: Path, *, now: datetime | None = None) -> Iterator[Holder]:
    """Hold `work/.lock` while the body runs; the lock of a dead process is taken over.

    The kernel frees the lock when its holder dies, so what a killed run left in the file is only
    overwritten. Errors: LockHeld, naming the holder's pid and start.
    """
    work.mkdir(parents=True, exist_ok=True)
    lock_file = work / ".lock"
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _take(descriptor)
        except BlockingIOError as exc:
            raise LockHeld(_held_message(read_holder(lock_file))) from exc
        holder = Holder(pid=os.getpid(), started_at=(now or datetime.now(UTC)).isoformat())
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)
        yield holder
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    """Take the lock; who only looks whether it is held has it for a moment, so try some times."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(SECONDS_BETWEEN_TRIES)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _held_message(holder: Holder | None) -> str:
    who = f"pid {holder.pid}, started {holder.started_at}" if holder else "another process"
    return f"Another run holds the lock ({who}); wait for it to end, or stop it."
