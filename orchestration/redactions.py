"""The record of what was taken out of the lake: append-only, hashes of before and after, no names.

A page that was redacted no longer has the sha256 that its journal line states; it is sound when
the record leads from that one to what the file holds now. The record is written before the file
takes its name, so that after a kill either the old or the new content is accounted for.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from orchestration.journal import FILE_MODE, append_line, format_instant, make_folder, read_lines

FOLDER = "redactions"


@dataclass(frozen=True)
class Unfinished:
    """An erasure that was begun: whom to take out and what stands in the place.

    It holds clear text as the lake itself does, and is removed when the erasure is finished.
    """

    token: str
    identifiers: tuple[str, ...]


def record_file(lake: Path) -> Path:
    """Return the append-only file of redactions of a lake."""
    return lake / FOLDER / "redactions.jsonl"


def record_redaction(
    lake: Path, *, token: str, name: str, before: bytes, after: bytes, redacted_at: datetime
) -> None:
    """Record that a file of the lake is about to hold something else."""
    append_line(
        record_file(lake),
        {
            "event": "file_redacted",
            "token": token,
            "file": name,
            "page_id": Path(name).name.split(".", 1)[0] if name.endswith(".zst") else None,
            "sha256_before": hashlib.sha256(before).hexdigest(),
            "sha256_after": hashlib.sha256(after).hexdigest(),
            "redacted_at": format_instant(redacted_at),
        },
    )


def record_end(
    lake: Path, *, token: str, digests: Iterable[str], file_count: int, ended_at: datetime
) -> None:
    """Record that an erasure is done; `digests` are keyed, so that the person keeps the token."""
    append_line(
        record_file(lake),
        {
            "event": "erasure_finished",
            "token": token,
            "digests": sorted(digests),
            "file_count": file_count,
            "ended_at": format_instant(ended_at),
        },
    )


def leads_to(lake: Path, *, name: str, stated: str, found: str) -> bool:
    """Say whether redactions of a file lead from the stated sha256 to the one that was found."""
    reached = {stated}
    for line in read_lines(record_file(lake)):
        is_of_file = line["event"] == "file_redacted" and line["file"] == name
        if is_of_file and line["sha256_before"] in reached:
            reached.add(line["sha256_after"])
    return found in reached


def digest(identifier: str, *, key: SecretStr) -> str:
    """Return by what an erased person is known again; without the key it says nothing."""
    text = b"leadline erasure\0" + identifier.encode()
    return hmac.new(key.get_secret_value().encode(), text, hashlib.sha256).hexdigest()


def token_of(lake: Path, digests: Iterable[str]) -> str | None:
    """Return what stood in a person's place the last time, or None at the first."""
    wanted, token = set(digests), None
    for line in read_lines(record_file(lake)):
        if line["event"] == "erasure_finished" and wanted & set(line["digests"]):
            token = str(line["token"])
    return token


def read_unfinished(lake: Path) -> Unfinished | None:
    """Return the erasure that a kill left unfinished."""
    try:
        fields = json.loads(_unfinished_file(lake).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Unfinished(token=fields["token"], identifiers=tuple(fields["identifiers"]))


def write_unfinished(lake: Path, erasure: Unfinished) -> None:
    """Keep what an erasure is about until it is finished."""
    replace_file(_unfinished_file(lake), json.dumps(asdict(erasure)).encode())


def forget_unfinished(lake: Path) -> None:
    """Remove what was kept for the time of the erasure."""
    _unfinished_file(lake).unlink(missing_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """Give a file new content in one step: written aside, forced to disk, renamed."""
    make_folder(path.parent)
    aside = path.with_name(f"{path.name}.redacted.tmp")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unfinished_file(lake: Path) -> Path:
    return lake / FOLDER / "unfinished.json"
