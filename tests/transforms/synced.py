"""Read a connector from a server that is a function into a lake, as a run does."""

from datetime import datetime

from connectors._contract import Access, Connector
from connectors._http import HttpClient
from orchestration.lake import Lake
from orchestration.sync import sync
from orchestration.sync_report import SyncReport
from tests.connectors.fakes import FakeTime, Handler, open_client
from transforms.home import Home


def sync_into(home: Home, connector: Connector, handler: Handler, *, now: datetime) -> SyncReport:
    """Read every stream of a connector at one instant and return how it went."""
    time = FakeTime(now)

    def open_fake(access: Access, source: str) -> HttpClient:
        return open_client(access, handler, time=time, source=source)

    return sync([connector], Lake(home.lake), time.clock, open_client=open_fake)
