"""Answers a stranger's query in a process of its own, which is killed when it takes too much.

The query sees the published schema of one build, read-only. What it may take is bounded outside
DuckDB too: memory and processor time by the kernel, the clock by a timer that kills.
"""

import contextlib
import io
import json
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from transforms.published import Published, PublishedError

CHILD = Path(__file__).with_name("query_child.py")
MEGABYTE = 1_000_000
# Nothing of the parent's environment is handed on: a query has no business with keys and tokens.
ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Limits:
    """What one query may take. Units: as the names say; `waiting_seconds` for a free place."""

    seconds: float = 10.0
    memory_bytes: int = 1500 * MEGABYTE
    rows: int = 10_000
    reply_bytes: int = 64 * MEGABYTE
    characters: int = 20_000
    waiting_seconds: float = 5.0


@dataclass(frozen=True)
class Answer:
    """The first rows of a query; `is_cut` says that there are more than are shown."""

    frame: pl.DataFrame
    is_cut: bool


class QueryRefused(PublishedError):
    """A query that was not answered: a sentence, and DuckDB's own message where it has one."""

    def __init__(self, sentence: str, *, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


LIMITS = Limits()
# So many processes at a time, whoever asks: the pages must stay quick.
_places = threading.BoundedSemaphore(2)


def ask(published: Published, sql: str, *, limits: Limits = LIMITS) -> Answer:
    """Return the first rows of one SELECT over the published schema.

    Shape: the query's columns; types that frames do not know come as text.
    Errors: QueryRefused.
    """
    header, body = _answered(published.file, sql, mode="rows", limits=limits)
    return Answer(frame=pl.read_ipc_stream(io.BytesIO(body)), is_cut=bool(header["is_cut"]))


def plan(published: Published, sql: str, *, limits: Limits = LIMITS) -> str:
    """Return how DuckDB would answer one SELECT, without answering it. Errors: QueryRefused."""
    header, _ = _answered(published.file, sql, mode="plan", limits=limits)
    return str(header["plan"])


def _answered(file: Path, sql: str, *, mode: str, limits: Limits) -> tuple[dict[str, Any], bytes]:
    if len(sql) > limits.characters:
        raise QueryRefused(f"The query is longer than {limits.characters:,} characters.")
    request = {
        "file": str(file), "sql": sql, "mode": mode, "rows": limits.rows,
        "memory_bytes": limits.memory_bytes, "reply_bytes": limits.reply_bytes,
        "cpu_seconds": int(2 * limits.seconds) + 5,
    }  # fmt: skip
    if not _places.acquire(timeout=limits.waiting_seconds):
        raise QueryRefused("Other queries are running; ask again in a few seconds.")
    try:
        reply = _run(json.dumps(request).encode(), limits=limits)
    finally:
        _places.release()
    line, _, body = reply.partition(b"\n")
    header = json.loads(line)
    if header["state"] == "refused":
        raise _refusal(header["reason"], header["message"], limits=limits)
    return header, body


def _run(request: bytes, *, limits: Limits) -> bytes:
    """Return what the process said; it is killed when the time is over or it says too much."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", str(CHILD)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=ENVIRONMENT, cwd="/", start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    is_over = threading.Event()

    def stop() -> None:
        is_over.set()
        process.kill()

    timer = threading.Timer(limits.seconds, stop)
    timer.start()
    most = limits.reply_bytes + MEGABYTE
    reply = b""
    try:
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(request)
        reply = process.stdout.read(most)
        if len(reply) >= most:
            process.kill()
        code = process.wait()
    finally:
        timer.cancel()
        process.kill()
        process.stdout.close()
    if is_over.is_set():
        raise _refusal("time", "", limits=limits)
    if len(reply) >= most:
        raise _refusal("large", "", limits=limits)
    if b"\n" not in reply:
        raise _refusal("memory" if code == -signal.SIGABRT else "ended", "", limits=limits)
    return reply


def _refusal(reason: str, message: str, *, limits: Limits) -> QueryRefused:
    if reason == "error":
        return QueryRefused("DuckDB cannot answer this query.", detail=message)
    sentences = {
        "empty": "The query is empty; ask for rows, as in `from services`.",
        "many": f"Only one SELECT at a time; these are {message} statements.",
        "kind": f"Only SELECT is answered here, and this is {message.replace('_', ' ')}; "
        "published data cannot be changed.",
        "pivot": "Name the values of PIVOT, as in `pivot services on tier in (1, 2) "
        "using count(*)`; without them it is two statements.",
        "time": f"Stopped after {limits.seconds:g} s; ask for fewer rows or a shorter period.",
        "memory": f"Stopped: it needs more memory than a query may use "
        f"({limits.memory_bytes / 1e9:g} GB); group or filter earlier.",
        "large": f"Stopped: its rows take more than {limits.reply_bytes / 1e6:g} MB; "
        "ask for fewer columns or rows.",
        "outside": "A query reads published tables, and no files or other systems.",
        "ended": "The query ended without an answer; ask for less.",
    }
    return QueryRefused(sentences[reason])
