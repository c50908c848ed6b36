"""The process that answers one query of a stranger and ends; transforms/sandbox.py starts it.

It is run as a program (`python -I query_child.py`), imports nothing of ours, is given one JSON
request on standard input and answers on standard output: one line of JSON, then for rows an Arrow
IPC stream. It limits itself before it reads anything; who started it watches the clock.
"""

import io
import json
import os
import re
import resource
import sys
from collections.abc import Mapping
from typing import Any

# DuckDB's own bound stands below the process's, so that most queries end with its message.
MEMORY_SHARE = 0.5
THREADS = 2
OPEN_FILES = 64
BATCH_ROWS = 2048
# What Arrow or its readers do not know is given as DuckDB's own text.
AS_TEXT = ("BIT", "BLOB", "INTERVAL", "MAP", "TIME WITH TIME ZONE", "UNION", "VARIANT")
CONFIG: Mapping[str, str] = {
    "enable_external_access": "false",
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "secret_directory": "none",
    "temp_directory": "",
    "threads": str(THREADS),
}


class Refused(Exception):
    """The query is not answered; the message says why, `reason` in one word."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def main() -> None:
    """Answer the request on standard input."""
    request = json.loads(sys.stdin.buffer.read())
    limit(memory_bytes=request["memory_bytes"], cpu_seconds=request["cpu_seconds"])
    body = b""
    try:
        header, body = answer(request)
    except Refused as refused:
        header = {"state": "refused", "reason": refused.reason, "message": str(refused)}
    except MemoryError:
        header = {"state": "refused", "reason": "memory", "message": ""}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + body)
    sys.stdout.buffer.flush()
    # The database has nothing to write back, and taking it apart takes time.
    os._exit(0)


def limit(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Give up, for good, memory, processor time, files to write and the first place in the queue.

    The time of the processor is bounded too, for the case that nobody is left to watch the clock.
    """
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(kind, (most, most))
    os.nice(5)


def answer(request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the header and the rows of one query. Errors: Refused."""
    import duckdb

    try:
        connection = open_file(request["file"], memory_bytes=request["memory_bytes"])
        query = only_select(connection, request["sql"])
        if request["mode"] == "plan":
            rows = connection.execute(f"explain {query}").fetchall()
            return {"state": "plan", "plan": "\n".join(str(row[-1]) for row in rows)}, b""
        return rows_of(connection, query, rows=request["rows"], most=request["reply_bytes"])
    except duckdb.OutOfMemoryException:
        raise Refused("memory", "") from None
    except duckdb.PermissionException:
        raise Refused("outside", "") from None
    except duckdb.Error as error:
        raise Refused("error", without_paths(str(error), request["sql"])) from None


def open_file(file: str, *, memory_bytes: int) -> Any:
    """Return a connection that can read one file and nothing else, and cannot be told otherwise."""
    import duckdb

    memory = f"{int(memory_bytes * MEMORY_SHARE / 1_000_000)}MB"
    connection = duckdb.connect(file, read_only=True, config={**CONFIG, "memory_limit": memory})
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set schema = 'v1'")
    connection.execute("set disabled_filesystems = 'LocalFileSystem'")
    connection.execute("set lock_configuration = true")
    return connection


def only_select(connection: Any, sql: str) -> str:
    """Return the text of the one statement, which only reads, as DuckDB's own parser sees it."""
    statements = connection.extract_statements(sql)
    if not statements:
        raise Refused("empty", "")
    kind = statements[0].type.name
    if kind == "MULTI":
        raise Refused("pivot", "")
    if len(statements) > 1:
        raise Refused("many", str(len(statements)))
    if kind != "SELECT":
        raise Refused("kind", kind)
    return str(statements[0].query)


def rows_of(connection: Any, query: str, *, rows: int, most: int) -> tuple[dict[str, Any], bytes]:
    """Return the first rows as an Arrow IPC stream; columns of one name are told apart."""
    # Arrow's streams need no numpy, whose import would take a third of the time of a small query.
    sys.modules["numpy"] = None  # type: ignore[assignment]
    import pyarrow.ipc

    relation = connection.sql(query)
    relation = relation.project(", ".join(columns_of(relation))).limit(rows + 1)
    reader = relation.to_arrow_reader(BATCH_ROWS)
    sink = io.BytesIO()
    count = 0
    with pyarrow.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            kept = batch.slice(0, max(0, rows - count))
            count += batch.num_rows
            writer.write_batch(kept)
            if sink.tell() > most:
                raise Refused("large", "")
    return {"state": "rows", "is_cut": count > rows}, sink.getvalue()


def columns_of(relation: Any) -> list[str]:
    """Return each column by its place, as text where its type needs it, under a name of its own."""
    taken: dict[str, int] = {}
    projected = []
    for place, (name, kind) in enumerate(zip(relation.columns, relation.types, strict=True), 1):
        number = taken[name] = taken.get(name, 0) + 1
        shown = name if number == 1 else f"{name} ({number})"
        cast = "::varchar" if any(word in str(kind) for word in AS_TEXT) else ""
        projected.append(f'#{place}{cast} as "{shown.replace(chr(34), chr(34) * 2)}"')
    return projected


def without_paths(message: str, sql: str) -> str:
    """Return DuckDB's message without places on this machine that the query did not name itself."""
    return re.sub(
        r"(?:/[\w.+-]+){2,}", lambda path: path[0] if path[0] in sql else "(file)", message
    )


if __name__ == "__main__":
    main()
