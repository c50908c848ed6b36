"""Import an exported ServiceNow audit log: a CSV with one row per version of an incident.

Values stay as they are written ("?" is null, 29/2/2016 01:16 is a time of the export's zone, which
the page's context names); SQL gives them types.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from connectors._contract import Page, Refusal, Stream
from connectors._errors import SourceUnreachable

MOST_BYTES = 200 * 1024 * 1024
EXPECTED = ("number", "sys_updated_at")


def audit_pages(
    path: Path, *, stream: Stream, zone: str, known: str, now: datetime
) -> Iterator[Page | Refusal]:
    """Yield the file as one page if it or its zone changed, or its refusal if it is no such log.

    Errors: SourceUnreachable when the file cannot be read.
    """
    try:
        size = path.stat().st_size
        body = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as exc:
        raise SourceUnreachable(
            f"{path} cannot be read; set audit_log to the exported file", stream=stream.name
        ) from exc
    stamp = hashlib.sha256(body).hexdigest() + ("" if zone == "UTC" else f" {zone}")
    if stamp == known:
        return
    url, checkpoint = f"file:{path.name}", {"cursor": {"stamp": stamp}}
    try:
        decoded = decode_audit_log(body)
    except ValueError as exc:
        why = f"larger than {MOST_BYTES} bytes, split it" if size > MOST_BYTES else str(exc)
        yield Refusal(
            stream=stream.name,
            reason="bad_payload",
            detail=f"{path.name} is no usable incident audit log ({why})",
            url=url,
            read_at=now,
            body=body,
            checkpoint=checkpoint,
            is_final=True,
        )
        return
    yield Page(
        stream=stream.name,
        body=body,
        url=url,
        method="FILE",
        media_type="text/csv",
        read_at=now,
        row_count=decoded.count(b"\n"),
        context={"file": path.name, "timezone": zone},
        format="ndjson",
        decoded=decoded,
        checkpoint=checkpoint,
    )


def decode_audit_log(body: bytes) -> bytes:
    """Return one JSON line per row: the log's own columns as text, and `row_ordinal` from 1.

    A row with too few or too many values keeps them and says so in `row_problem`.
    Errors: ValueError when the bytes are no UTF-8 or the expected columns are missing.
    """
    rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
    try:
        header = next(rows, [])
        if missing := [name for name in EXPECTED if name not in header]:
            raise ValueError(f"it has no column {' or '.join(missing)}")
        lines = [_line(header, row, ordinal) for ordinal, row in enumerate(rows, start=1) if row]
    except csv.Error as exc:
        raise ValueError(str(exc)) from exc
    return "".join(lines).encode()


def _line(header: list[str], row: list[str], ordinal: int) -> str:
    record: dict[str, str | int] = dict(zip(header, row, strict=False))
    record["row_ordinal"] = ordinal
    if len(row) != len(header):
        record["row_problem"] = f"{len(row)} values for {len(header)} columns"
    return json.dumps(record, ensure_ascii=False) + "\n"
