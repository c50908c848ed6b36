"""A home that is built from an estate the test writes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from tests.transforms.estate import Estate
from transforms.home import Home
from transforms.published import Published, open_published

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
Build = Callable[[Path, Estate], Published]


def publish_estate(root: Path, estate: Estate, *, read_at: datetime = READ_AT) -> Published:
    """Write an estate to a lake, build and publish it, and open what was published."""
    home = Home(root=root)
    estate.write(home.lake, read_at=read_at)
    build_and_publish(Context(home=home, environment=Environment(), clock=lambda: read_at))
    return open_published(home)


@pytest.fixture(scope="session")
def built() -> Build:
    """Return how to build an estate."""
    return publish_estate
