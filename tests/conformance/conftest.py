"""Real data that nobody of this project wrote; without it these tests skip with a sentence."""

import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that the runner can count those that were skipped."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.conformance)


@pytest.fixture(scope="session")
def conformance() -> Path:
    """Return the folder with data/ and contracts/, or skip."""
    folder = os.environ.get("LEADLINE_CONFORMANCE_DATA")
    if not folder:
        pytest.skip("LEADLINE_CONFORMANCE_DATA names no folder with data/ and contracts/")
    return Path(folder)
