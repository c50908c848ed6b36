"""What the outbox of messages says to readers: which were not taken, and why.

Written by orchestration/notify/outbox.py; one JSON object a line, a torn last line is none.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Unsent:
    """A message that its channel did not take at the last try. Units: `tried_at` is aware, UTC."""

    channel: str
    subject: str
    reason: str
    tried_at: datetime


def read_unsent(lake: Path) -> list[Unsent]:
    """Return the messages whose last try failed, oldest first."""
    queued: dict[str, dict[str, Any]] = {}
    failed: dict[str, dict[str, Any]] = {}
    for line in _lines(lake / "outbox" / "outbox.jsonl"):
        if line["event"] == "queued":
            queued[line["key"]] = line
        elif line["event"] == "failed":
            failed[line["key"]] = line
        else:
            failed.pop(line["key"], None)
    return [
        Unsent(
            channel=queued[key]["channel"],
            subject=queued[key]["subject"],
            reason=line["reason"],
            tried_at=datetime.fromisoformat(line["at"]),
        )
        for key, line in failed.items()
        if key in queued
    ]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    if not file.exists():
        return
    with file.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield json.loads(line)
