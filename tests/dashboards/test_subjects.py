"""Things are called by what people call them, not by the keys of their records."""

from pathlib import Path

import pytest

from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import Estate, publish
from tests.dashboards.estate_changes import add_changes
from tests.dashboards.test_pages import assert_sound


@pytest.fixture(scope="module")
def changes_home(tmp_path_factory: pytest.TempPathFactory, estate: Estate) -> Path:
    """A build with change requests and what controls say of them."""
    home = tmp_path_factory.mktemp("changes")
    add_changes(publish(home, estate), hostile="Hello")
    return home


def column(app: object, name: str) -> list[str]:
    """Return all cells of the columns of that name on a page."""
    tables = [one.value for one in app.dataframe if name in one.value.columns]  # type: ignore[attr-defined]
    return [str(cell) for table in tables for cell in table[name]]


@pytest.mark.parametrize(
    ("path", "name"),
    [("controls", "Subject"), ("reviews", "Release"), ("reviews", "Review before")],
)
def test_a_deployment_and_a_review_are_named_and_not_keyed(
    path: str, name: str, look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, path)
    assert_sound(app)
    cells = column(app, name)
    assert cells
    assert not [cell for cell in cells if ":" in cell]


def test_a_deployment_is_called_by_its_service_and_version(
    look_at: OpenPage, published_home: Path, estate: Estate
) -> None:
    names = {f"{row['service_id']} {row['version']}" for row in estate.deployments}
    assert set(column(look_at(published_home, "controls"), "Subject")) <= names


def test_a_change_request_is_called_by_its_number(look_at: OpenPage, changes_home: Path) -> None:
    app = look_at(changes_home, "changes")
    assert_sound(app)
    assert any(cell.startswith("CHG") for cell in column(app, "What"))
    assert not [cell for cell in column(app, "What") if "servicenow:" in cell]
