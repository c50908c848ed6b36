"""Dagster's view: it loads, every asset is owned and described, and checks block publishing."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.assets.ingest import KINDS, lake_key
from orchestration.audit import read_suites
from orchestration.dagster_home import prepare_dagster_home
from orchestration.definitions import defs
from tests.orchestration.asset_graph import SNAPSHOT, render
from transforms.home import Home

ROOT = Path(__file__).parents[2]
PUBLISHED = dg.AssetKey(["published", "current"])


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADLINE_HOME", str(tmp_path_factory.mktemp("home")))
        loaded = defs()
    assert isinstance(loaded, dg.Definitions)
    return loaded


def test_the_asset_graph_is_as_recorded(definitions: dg.Definitions) -> None:
    renew = "the graph has changed; renew it with `python -m tests.orchestration.asset_graph`"
    assert render(definitions) == SNAPSHOT.read_text(encoding="utf-8"), renew


def test_every_asset_is_owned_described_and_grouped(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        if key.path[0] == "raw":
            continue
        node = graph.get(key)
        assert node.owners == ["team:release"], key
        assert node.description, key
        assert node.group_name not in (None, "default", "models"), key


def test_raw_pages_come_first_and_publishing_last(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    staged = {kind for kind in KINDS if graph.get(lake_key(kind)).child_keys}
    assert staged == set(KINDS)
    assert not graph.get(PUBLISHED).child_keys
    upstream = graph.get(PUBLISHED).parent_keys
    assert {key for key in graph.get_all_asset_keys() if key.path[0] == "v1"} == set(upstream)


def test_every_suite_is_a_check_that_blocks(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    audits = [key for key in graph.asset_check_keys if key.name.startswith("audit_")]
    assert {key.name.removeprefix("audit_") for key in audits} == {
        suite.name for suite in read_suites()
    }
    assert all(graph.get_check_spec(key).blocking for key in audits)


def test_dbt_tests_block_unless_they_only_warn(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    specs = [
        graph.get_check_spec(key)
        for key in graph.asset_check_keys
        if key.asset_key.path[0] == "v1" and not key.name.startswith("audit_")
    ]
    assert specs
    assert any(spec.blocking for spec in specs)


def test_all_runs_in_one_process_daily_or_by_hand(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    schedules = {one.job_name: one.cron_schedule for one in repository.schedule_defs}
    assert schedules == {"refresh": "0 5 * * *", "deliver": "10 * * * *"}
    for name in schedules:
        assert repository.get_job(name).executor_def.name == "in_process"


def test_dagsters_own_settings_are_quiet_and_kept(home: Home) -> None:
    folder = prepare_dagster_home(home)
    settings = yaml.safe_load((folder / "dagster.yaml").read_text())
    assert settings["telemetry"] == {"enabled": False}
    assert settings["nux"] == {"enabled": False}
    assert settings["concurrency"]["runs"]["max_concurrent_runs"] == 1
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    prepare_dagster_home(home)
    assert (folder / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"


@pytest.mark.slow
def test_dagsters_instance_accepts_its_settings(home: Home) -> None:
    folder = prepare_dagster_home(home)
    code = "import dagster as dg; print(dg.DagsterInstance.get().telemetry_enabled)"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DAGSTER_HOME": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "False"
