"""The outbox: every message, before it is sent and after, as lines that are only appended.

A message is on disk before anybody is asked to take it and is marked when it was taken. After a
kill between the two it is sent once more, under the same key, by which a receiver knows it.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.journal import append_line, format_instant, parse_instant, read_lines
from orchestration.notify.messages import Attachment, Message

FILE = "outbox.jsonl"
# A message that nobody took for so long says nothing new any more.
GIVEN_UP_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Entry:
    """One message for one channel and what became of it.

    `subjects` are the signals it tells, or the report and the instant it was due.
    """

    channel: str
    message: Message
    subjects: tuple[str, ...]
    build_id: str
    queued_at: datetime
    not_before: datetime | None = None
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""

    @property
    def state(self) -> str:
        """Return sent, failed (to be tried again) or waiting."""
        if self.sent_at:
            return "sent"
        return "failed" if self.failed_at else "waiting"


def outbox_file(lake: Path) -> Path:
    """Return the file of the outbox; it exists from the first message on."""
    return lake / "outbox" / FILE


def queue(lake: Path, entry: Entry) -> None:
    """Put a message into the outbox; on disk before this returns."""
    append_line(
        outbox_file(lake),
        {
            "event": "queued",
            "key": entry.message.key,
            "channel": entry.channel,
            "subject": entry.message.subject,
            "lines": [list(line) for line in entry.message.lines],
            "files": [
                [one.name, one.media_type, base64.b64encode(one.content).decode()]
                for one in entry.message.attachments
            ],
            "subjects": list(entry.subjects),
            "build_id": entry.build_id,
            "at": format_instant(entry.queued_at),
            "not_before": format_instant(entry.not_before) if entry.not_before else None,
        },
    )


def mark_sent(lake: Path, key: str, *, at: datetime) -> None:
    """Say that a message was taken."""
    append_line(outbox_file(lake), {"event": "sent", "key": key, "at": format_instant(at)})


def mark_failed(lake: Path, key: str, *, at: datetime, reason: str) -> None:
    """Say why a message was not taken; it stays in the outbox."""
    line = {"event": "failed", "key": key, "at": format_instant(at), "reason": reason}
    append_line(outbox_file(lake), line)


def read_outbox(lake: Path) -> list[Entry]:
    """Return every message, oldest first, with what became of it."""
    found: dict[str, dict[str, Any]] = {}
    for line in read_lines(outbox_file(lake)):
        if line["event"] == "queued":
            found[line["key"]] = {"queued": line}
        elif line["key"] in found:
            found[line["key"]][line["event"]] = line
    return [_entry(lines) for lines in found.values()]


def waiting(entries: Iterable[Entry], *, now: datetime) -> Iterator[Entry]:
    """Yield what is to be sent now: not yet taken, not held back, and not too old."""
    for entry in entries:
        is_due = entry.not_before is None or entry.not_before <= now
        if not entry.sent_at and is_due and now - entry.queued_at < GIVEN_UP_AFTER:
            yield entry


def told(entries: Iterable[Entry], *, channel: str) -> frozenset[str]:
    """Return every signal and report that a channel was told, or will be."""
    return frozenset(
        subject for entry in entries if entry.channel == channel for subject in entry.subjects
    )


def _entry(lines: Mapping[str, Any]) -> Entry:
    queued, sent, failed = lines["queued"], lines.get("sent"), lines.get("failed")
    return Entry(
        channel=queued["channel"],
        message=Message(
            key=queued["key"],
            subject=queued["subject"],
            lines=tuple((text, link) for text, link in queued["lines"]),
            attachments=tuple(
                Attachment(name, media_type, base64.b64decode(content))
                for name, media_type, content in queued["files"]
            ),
        ),
        subjects=tuple(queued["subjects"]),
        build_id=queued["build_id"],
        queued_at=parse_instant(queued["at"]),
        not_before=parse_instant(queued["not_before"]) if queued["not_before"] else None,
        sent_at=parse_instant(sent["at"]) if sent else None,
        failed_at=parse_instant(failed["at"]) if failed and not sent else None,
        failure=failed["reason"] if failed and not sent else "",
    )
