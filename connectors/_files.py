"""Walk the files of a folder: each once, and again when its content changed."""

import codecs
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from connectors._contract import Refusal, Resume, State
from connectors._errors import SourceUnreachable

MOST_BYTES = 50 * 1024 * 1024
TOO_LARGE = "too large"


class FolderConfig(BaseModel):
    """Say in which folder the files are and how they are called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    patterns: tuple[str, ...]

    def files(self) -> list[Path]:
        """Return the files in the order of their names; a `path` that is a file is the one.

        A link that leads out of the folder is none of its files.
        """
        if self.path.is_file():
            return [self.path]
        root = self.path.resolve()
        found = {file for pattern in self.patterns for file in self.path.glob(pattern)}
        return sorted(
            file for file in found if file.is_file() and file.resolve().is_relative_to(root)
        )


@dataclass(frozen=True)
class ChangedFile:
    """Carry a file that is new or changed; one larger than allowed comes without its bytes."""

    name: str
    body: bytes
    stamp: str

    @property
    def is_too_large(self) -> bool:
        """Return whether the file was not read for its size."""
        return self.stamp.endswith(f":{TOO_LARGE}")

    @property
    def key(self) -> str:
        """Return what names this content of this file."""
        return f"{self.name}@{self.stamp}"

    @property
    def checkpoint(self) -> State:
        """Return where a run goes on after this file."""
        return {"partition": self.name, "stamp": self.stamp}

    def refusal(self, why: str, *, stream: str, what: str, now: datetime) -> Refusal:
        """Return the refusal of a file of which nothing can be used, with its bytes."""
        why = f"larger than {MOST_BYTES} bytes" if self.is_too_large else why
        return Refusal(
            stream=stream,
            reason="bad_payload",
            detail=f"{self.name} is no {what} ({why})",
            url=f"file:{self.name}",
            read_at=now,
            body=self.body,
            context={"file": self.name},
            checkpoint=self.checkpoint,
            is_final=True,
        )


def in_utf8(body: bytes) -> bytes:
    """Return what a file says in UTF-8; XML in UTF-16 says so itself and stays as it is.

    Errors: ValueError when it begins as UTF-16 and goes on as something else.
    """
    if not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.removeprefix(codecs.BOM_UTF8)
    text = body.decode("utf-16")
    return body if text.lstrip().startswith("<") else text.encode()


def changed_files(
    config: FolderConfig, *, cursor: State | None, resume: Resume, source: str, stream: str
) -> Iterator[ChangedFile]:
    """Yield the files that are new or changed since the cursor and the interrupted run.

    Errors: SourceUnreachable when the folder or a file cannot be read.
    """
    if not config.path.exists():
        raise SourceUnreachable(
            f"{config.path} does not exist; set path to the folder of the reports",
            source=source,
            stream=stream,
        )
    known = stamps(cursor, resume.checkpoints)
    root = config.path if config.path.is_dir() else config.path.parent
    for file in config.files():
        name = file.relative_to(root).as_posix()
        try:
            found = _read_changed(file, name=name, known=known.get(name, ""))
        except OSError as exc:
            raise SourceUnreachable(
                f"{file} cannot be read ({exc.strerror}); check its rights",
                source=source,
                stream=stream,
            ) from exc
        if found is not None:
            yield found


def stamps(cursor: State | None, checkpoints: Mapping[str, State]) -> dict[str, str]:
    """Return the stamp of each file that was read."""
    files = {name: str(stamp) for name, stamp in dict((cursor or {}).get("files", {})).items()}
    return files | {name: str(state["stamp"]) for name, state in checkpoints.items()}


def _read_changed(file: Path, *, name: str, known: str) -> ChangedFile | None:
    """Return a file, or None if its content is the known one.

    The stamp is size, time of writing and digest: a file that was only written again is read to
    see that, and one that was not touched is not even opened.
    """
    status = file.stat()
    written = f"{status.st_size}:{status.st_mtime_ns}:"
    if known.startswith(written):
        return None
    body = file.read_bytes() if status.st_size <= MOST_BYTES else None
    digest = hashlib.sha256(body).hexdigest() if body is not None else TOO_LARGE
    if known.endswith(f":{digest}"):
        return None
    return ChangedFile(name=name, body=body or b"", stamp=written + digest)
