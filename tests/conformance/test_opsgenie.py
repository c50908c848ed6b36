"""Incidents of Opsgenie as another project's testers recorded them, from replies to our tables.

Not as their tables have it, by choice: they give an incident the state of a task (IN_PROGRESS,
DONE) and no start of impact; who answers, teams and users are not read, as no number of ours needs
them. Where both state an instant it is the same one.
"""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.test_opsgenie import FakeOpsgenie, connector
from tests.transforms.desk_lake import declare, keep
from tests.transforms.models import build_models, rows
from transforms.home import Home

STATES = {"IN_PROGRESS": "open", "DONE": "resolved"}
Row = dict[str, Any]


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "data" / "payloads" / "opsgenie" / "e2e" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def found(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    recorded = _table(conformance, "raw_tables/_raw_opsgenie_incidents.csv")
    expected = _table(conformance, "snapshot_tables/_tool_opsgenie_incidents.csv")
    home = Home(root=tmp_path_factory.mktemp("opsgenie"))
    declare(home, "testservice")
    fake = FakeOpsgenie(
        incidents=[json.loads(row["data"]) for row in recorded],
        services=[{"id": row["service_id"], "name": row["service_name"]} for row in expected],
    )
    assert keep(home, connector(), fake).is_complete
    build_models(home, "incidents")
    return {row["incident_id"].removeprefix("opsgenie:"): row for row in rows(home, "incidents")}


def test_every_recorded_incident_is_there_with_its_state_and_times(
    conformance: Path, found: dict[str, Row]
) -> None:
    expected = _table(conformance, "snapshot_tables/issues.csv")
    assert set(found) == {row["issue_key"] for row in expected}
    for row in expected:
        ours = found[row["issue_key"]]
        assert ours["status"] == STATES[row["status"]] == row["original_status"]
        assert (ours["title"], ours["source_url"]) == (row["title"], row["url"])
        assert ours["created_at"] == _utc(row["created_date"])
        assert ours["source_updated_at"] == _utc(row["updated_date"])
        resolved = row["resolution_date"]
        assert ours["resolved_at"] == (_utc(resolved) if resolved else None)
        assert f"P{ours['severity']}" == row["priority"]


def test_every_recorded_incident_is_of_the_service_it_names(
    conformance: Path, found: dict[str, Row]
) -> None:
    for row in _table(conformance, "snapshot_tables/_tool_opsgenie_incidents.csv"):
        assert found[row["id"]]["service_id"] == row["service_name"].lower()
