"""Tables of somebody's own become rows of the tables they tell of; bad rows are set aside."""

import json
from datetime import date, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors import files
from connectors._files_contract import contracts, example_of
from orchestration.cli import app
from orchestration.lake import Lake
from orchestration.quarantine import content, set_aside
from orchestration.sync import sync
from tests.transforms.models import NOW, build_models, rows
from transforms.home import Home

TABLES = tuple(contracts())


def keep(home: Home, folder: Path) -> None:
    source = files.connect(files.Config(path=folder), name="tables")
    report = sync([source], lake=Lake(home.lake), clock=lambda: NOW, stop=Event())
    assert report.is_complete


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return what the examples of every contract, and some bad rows, became."""
    folder = tmp_path_factory.mktemp("tables")
    home = Home(root=tmp_path_factory.mktemp("home"))
    for entity in TABLES:
        (folder / f"{entity}.json").write_text(json.dumps([example_of(entity)]))
    bad = [example_of("incidents") | {"id": "INC0043", "status": "lunch"}]
    good = [example_of("incidents") | {"id": "INC0044", "resolved_at": "", "status": "open"}]
    (folder / "incidents-more.json").write_text(json.dumps(bad + good))
    keep(home, folder)
    build_models(home, *TABLES, "page_accounts")
    return home


@pytest.mark.parametrize("table", TABLES)
def test_the_example_of_every_contract_is_a_row_of_its_table(home: Home, table: str) -> None:
    found = rows(home, table, where="source = 'tables'")
    assert len(found) == (2 if table == "incidents" else 1)
    assert "ada@example.org" not in json.dumps(found, default=str)


def test_fields_arrive_in_their_types(home: Home) -> None:
    (deployment,) = rows(home, "deployments")
    assert deployment["deployment_id"] == "tables:4711"
    assert (deployment["environment_id"], deployment["status"]) == ("production", "succeeded")
    assert deployment["finished_at"] == datetime.fromisoformat("2026-09-30T12:12:30")
    assert (deployment["is_planned"], deployment["is_rollback"]) == (True, False)
    assert len(deployment["actor_id"]) == 24
    (item,) = rows(home, "work_items")
    assert (item["labels"], item["due_date"]) == (["payments"], date(2026, 10, 1))
    (window,) = rows(home, "calendar_windows")
    assert (window["kind"], window["service_name"]) == ("freeze", None)
    (change,) = rows(home, "changes")
    assert (change["is_merged"], change["pull_number"]) == (True, 12)
    incidents: dict[str, Any] = {row["number"]: row for row in rows(home, "incidents")}
    assert incidents["INC0044"]["resolved_at"] is None
    assert incidents["INC0042"]["severity"] == 2


def test_a_bad_row_is_set_aside_with_its_place_and_is_accounted_for(home: Home) -> None:
    (aside,) = set_aside(home)
    # What was found may be about a person: it is shown, and not published.
    assert "found 'lunch', expected one of" in str(content(home, aside))
    found = [aside.reason]
    assert found == [
        "incidents-more.json, record 1, field status: expected one of open, "
        "acknowledged, resolved, closed, invalid"
    ]
    accounts = rows(home, "page_accounts", where="source = 'tables'")
    assert sum(row["fetched_count"] for row in accounts) == len(TABLES) + 2
    assert sum(row["quarantined_count"] for row in accounts) == 1


def test_a_template_is_written_once_and_shown(tmp_path: Path) -> None:
    file = tmp_path / "deployments.csv"
    runner = CliRunner()
    assert runner.invoke(app, ["template", "deployments", "--out", str(file)]).exit_code == 0
    assert file.read_text().splitlines()[-1].startswith("id,service,environment,status")
    again = runner.invoke(app, ["template", "deployments", "--out", str(file)])
    assert "exists" in str(again.exception)
    shown = runner.invoke(app, ["template", "incidents", "--format", "json"])
    assert json.loads(shown.stdout) == [example_of("incidents")]
    assert "choose one of" in str(runner.invoke(app, ["template", "lunches"]).exception)
