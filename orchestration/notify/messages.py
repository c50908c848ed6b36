"""A message as every channel takes it; made once, kept in the outbox, sent as it was made."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Attachment:
    """A file that goes along; channels that take no files leave it out."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """What is said: a subject of one line, and lines of plain text, some with an address.

    `key` is the same however often the message is sent, so that a receiver can drop repeats.
    """

    key: str
    subject: str
    lines: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...] = ()


def one_line(text: str, *, most: int = 200) -> str:
    """Return text on one line: control, direction and line characters become spaces."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    clean = re.sub(r" +", " ", clean).strip()
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def plain_text(message: Message) -> str:
    """Return the message as plain text, addresses below their lines."""
    return "\n".join(f"{line}\n  {link}" if link else line for line, link in message.lines) + "\n"
