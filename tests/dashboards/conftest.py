"""Published builds for the tests of the pages, made once a run."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import streamlit as st
from playwright.sync_api import Browser
from streamlit.testing.v1 import AppTest

from tests.dashboards.browsing import chromium, serving_pages
from tests.dashboards.estate import Estate, make_estate, publish

MAIN = "from dashboards.frame import show\nshow(start={start!r})"
OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def estate() -> Estate:
    return make_estate()


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory, estate: Estate) -> Path:
    home = tmp_path_factory.mktemp("home")
    publish(home, estate)
    return home


@pytest.fixture(scope="session")
def quiet_home(tmp_path_factory: pytest.TempPathFactory, estate: Estate) -> Path:
    """A build whose facts are all empty."""
    home = tmp_path_factory.mktemp("quiet")
    publish(home, Estate(as_of=estate.as_of, days=estate.days, seed=1))
    return home


@pytest.fixture(scope="session")
def lone_home(tmp_path_factory: pytest.TempPathFactory, estate: Estate) -> Path:
    """A build with one deployment, one change and one incident, all in the period."""
    home = tmp_path_factory.mktemp("lone")
    incident = max(estate.incidents, key=lambda row: row["impact_started_at"])
    change = next(row for row in reversed(estate.changes) if row["exclusion_reason"] is None)
    ids = {change["deployment_id"]}
    alone = Estate(as_of=estate.as_of, days=estate.days, seed=1)
    alone.deployments = [row for row in estate.deployments if row["deployment_id"] in ids]
    alone.changes, alone.incidents = [change], [incident]
    alone.incident_services = estate.incident_services[:1]
    publish(home, alone)
    return home


@pytest.fixture(scope="session")
def stale_home(tmp_path_factory: pytest.TempPathFactory, estate: Estate) -> Path:
    """A build with a late source, one that refused its token, and numbers that were restated."""
    home = tmp_path_factory.mktemp("stale")
    early = make_estate(as_of=estate.as_of - timedelta(days=2), days=60)
    publish(home, early, sample_data=False, stale=True, failing_source=True, restated=True)
    return home


@pytest.fixture(scope="session")
def seen() -> dict[tuple[str, ...], AppTest]:
    """Pages that were opened and not touched, so that tests that only read share them."""
    return {}


@pytest.fixture
def look_at(open_page: OpenPage, seen: dict[tuple[str, ...], AppTest]) -> OpenPage:
    """Return a function that gives an opened page to read, not to click."""

    def look(home: Path, start: str, **query: str) -> AppTest:
        key = (str(home), start, *(f"{name}={value}" for name, value in query.items()))
        if key not in seen:
            seen[key] = open_page(home, start, **query)
        return seen[key]

    return look


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenPage]:
    """Return a function that runs one page against a home, as a browser session would."""

    def run(home: Path, start: str, **query: str) -> AppTest:
        monkeypatch.setenv("LEADLINE_HOME", str(home))
        st.cache_data.clear()
        st.cache_resource.clear()
        page = AppTest.from_string(MAIN.format(start=start), default_timeout=30)
        for key, value in query.items():
            page.query_params[key] = value
        return page.run()

    yield run
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def live_home(tmp_path_factory: pytest.TempPathFactory, estate: Estate) -> Path:
    """A home whose pages are served; a test module may publish into it."""
    home = tmp_path_factory.mktemp("live")
    publish(home, estate)
    return home


@pytest.fixture(scope="module")
def address(live_home: Path) -> Iterator[str]:
    """Where the pages of that home are served."""
    with serving_pages(live_home) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened
