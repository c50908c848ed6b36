"""One sample company for all tests of this folder; it is only read."""

from collections.abc import Iterator
from os import environ
from pathlib import Path

import httpx
import pytest

from data.sandbox import SandboxServer, World, open_world

# The folder of contracts is named by the environment, as for every conformance test.
_FOLDER = environ.get("LEADLINE_CONFORMANCE_DATA", "")


@pytest.fixture(scope="session")
def world() -> World:
    """Return the default sample company."""
    return open_world()


@pytest.fixture
def server(world: World) -> Iterator[SandboxServer]:
    """Yield a running server at the company's last instant."""
    with SandboxServer(world) as running:
        yield running


@pytest.fixture
def github(world: World, server: SandboxServer) -> Iterator[httpx.Client]:
    """Yield a client of the code host."""
    headers = {"Authorization": f"Bearer {world.tokens.github}"}
    base = f"{server.base_url}/github"
    with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def servicenow(world: World, server: SandboxServer) -> Iterator[httpx.Client]:
    """Yield a client of the service desk."""
    auth = (world.tokens.servicenow_user, world.tokens.servicenow_password)
    base = f"{server.base_url}/servicenow/api/now/table"
    with httpx.Client(base_url=base, auth=auth, trust_env=False) as client:
        yield client


@pytest.fixture
def pagerduty(world: World, server: SandboxServer) -> Iterator[httpx.Client]:
    """Yield a client of the on-call system."""
    headers = {"Authorization": f"Token token={world.tokens.pagerduty}"}
    base = f"{server.base_url}/pagerduty"
    with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def contracts() -> Path:
    """Return the folder of official API descriptions, or skip."""
    folder = Path(_FOLDER) / "contracts"
    if not _FOLDER or not folder.is_dir():
        pytest.skip("set LEADLINE_CONFORMANCE_DATA to a folder with contracts/ to run this")
    return folder
