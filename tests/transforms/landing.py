"""Read sources, each from a server that is a function, into the lake of a home."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from connectors._contract import Access, Connector
from connectors._http import HttpClient
from orchestration.catalogue import Company, render_catalogue
from orchestration.lake import Lake
from orchestration.sync import SyncReport, sync
from tests.connectors.fakes import FakeTime, Handler, open_client
from transforms.home import Home

NOW = datetime(2026, 11, 22, 11, tzinfo=UTC)


def land(
    home: Home,
    sources: Iterable[tuple[Connector, Handler]],
    *,
    now: datetime = NOW,
    **settings: Any,
) -> SyncReport:
    """Read the sources, each from its own server, into the lake of a home."""
    pairs = list(sources)
    servers = {connector.name: handler for connector, handler in pairs}
    lake = Lake(home.lake)
    lake.write_catalogue(
        render_catalogue(Company(settings=settings), source_settings={}), read_at=now
    )

    def open_one(access: Access, source: str) -> HttpClient:
        return open_client(access, servers[source], time=FakeTime(now), source=source)

    return sync([one for one, _ in pairs], lake, lambda: now, open_client=open_one)
