"""What GitHub really answered, as PyGithub recorded it: ten plain lines an exchange."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

LINES = 10
# httpx refuses a body that is said to be compressed or cut in chunks and is neither.
NOT_KEPT = ("content-encoding", "transfer-encoding", "content-length")


@dataclass(frozen=True)
class Exchange:
    """Carry one request and the answer to it."""

    file: str
    scheme: str
    verb: str
    host: str
    address: str
    status: int
    headers: dict[str, str]
    body: str

    @property
    def path(self) -> str:
        """Return the path without what is asked for."""
        return urlsplit(self.address).path

    def reply(self) -> httpx.Response:
        """Return the answer as a client receives it."""
        kept = [(one, self.headers[one]) for one in self.headers if one.lower() not in NOT_KEPT]
        return httpx.Response(self.status, headers=kept, content=self.body.encode())


def exchanges(file: Path) -> Iterator[Exchange]:
    """Yield what one file recorded, in its order."""
    lines = file.read_text(encoding="utf-8").split("\n")
    at = 0
    while at + LINES - 1 < len(lines):
        if lines[at] not in ("http", "https"):
            at += 1
            continue
        scheme, verb, host, _, address, _, _, status, headers, body = lines[at : at + LINES]
        yield Exchange(
            file=file.name,
            scheme=scheme,
            verb=verb,
            host=host,
            address=address,
            status=int(status),
            headers=dict(ast.literal_eval(headers)),
            body=body,
        )
        at += LINES


def in_folder(folder: Path) -> list[Exchange]:
    """Return all exchanges of a folder."""
    return [one for file in sorted(folder.glob("*.txt")) for one in exchanges(file)]
