"""What a connector reads from a made-up server, kept in a lake as a sync keeps it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connectors._contract import Connector
from orchestration.lake import Lake
from orchestration.sync import SyncReport, sync
from tests.connectors.fakes import FakeTime, Handler, open_client
from tests.transforms.models import NOW
from transforms.home import Home


def keep(home: Home, connector: Connector, handler: Handler, *, now: datetime = NOW) -> SyncReport:
    """Sync one source into the home's lake and return how it went."""
    time = FakeTime(now)
    return sync(
        [connector],
        Lake(home.lake),
        time.clock,
        open_client=lambda access, source: open_client(access, handler, time=time, source=source),
    )


def declare(home: Home, *services: str, now: datetime = NOW) -> None:
    """Put services into the catalogue, each known by its name."""
    records: Sequence[dict[str, Any]] = [
        {
            "record_type": "service",
            "service_id": name,
            "name": name,
            "tier": 2,
            "repositories": [],
            "aliases": [],
        }
        for name in services
    ]
    Lake(home.lake).write_catalogue(list(records), read_at=now)
