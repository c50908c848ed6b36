"""Push deliveries at a receiver: in this process, or as a process of its own that can be killed."""

import asyncio
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from connectors.push import Config
from orchestration.lake import Lake
from orchestration.receiver import make_app
from orchestration.receiver_store import EventStore

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SECRET = "CANARY_7c1e"


@dataclass
class Hub:
    """A receiver in this process with one lake; `post` is one delivery."""

    lake: Lake
    sources: Mapping[str, Config]
    store: EventStore
    told: list[str] = field(default_factory=list)

    def post(self, name: str, body: bytes | object, **headers: str) -> httpx.Response:
        """Deliver a body; keywords are headers, with `_` for `-`."""
        return self.post_all([(name, body, headers)])[0]

    def post_all(
        self, deliveries: list[tuple[str, bytes | object, dict[str, str]]]
    ) -> list[httpx.Response]:
        """Deliver everything at the same time."""
        app = make_app(self.sources, store=self.store, clock=lambda: NOW, say=self.told.append)

        async def deliver() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
                posts = (
                    client.post(f"/hooks/{name}", content=to_bytes(body), headers=named(headers))
                    for name, body, headers in deliveries
                )
                return list(await asyncio.gather(*posts))

        return asyncio.run(deliver())

    def lines(self, name: str, event: str = "page") -> list[dict[str, Any]]:
        """Return the lines of a source's journal."""
        return [line for line in self.lake.journal(name, "events") if line["event"] == event]

    def is_empty(self) -> bool:
        """Say whether nothing at all was kept."""
        return not [path for path in self.lake.root.rglob("*") if path.is_file()]


@contextmanager
def hub(root: Path, **sources: Config) -> Iterator[Hub]:
    """Return a receiver for these sources while the body runs."""
    lake = Lake(root)
    store = EventStore(lake, sources, clock=lambda: NOW)
    try:
        yield Hub(lake=lake, sources=sources, store=store)
    finally:
        store.close()


def to_bytes(body: bytes | object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def named(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers by the names HTTP has for them; JSON unless they say otherwise."""
    spelled = {key.replace("_", "-").lower(): value for key, value in headers.items()}
    return {"content-type": "application/json"} | spelled


def signature(body: bytes | object, *, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), to_bytes(body), hashlib.sha256).hexdigest()


@contextmanager
def receiver_process(folder: Path, settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `leadline receive` and return it with its address; it is killed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "leadline.yml").write_text(settings, encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "receive", "--port", "0"],
        cwd=folder,
        env=os.environ
        | {
            "LEADLINE_HOME": str(folder / "data"),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "HUB_SECRET": SECRET,
            "COLUMNS": "300",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert running.stdout is not None
        line = running.stdout.readline()
        found = re.search(r"http://\S+?/hooks/", line)
        assert found, line + running.stdout.read()
        yield running, found.group(0)
    finally:
        running.kill()
        running.wait()
