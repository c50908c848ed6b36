"""Files of quality and supply chain, from the folder to the canonical tables."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import reports
from orchestration.lake import Lake
from orchestration.sync import sync
from tests.transforms.models import build_models, rows
from transforms.home import Home

DAY_ONE = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def _read(home: Home, folder: Path, *, day: int, **settings: Any) -> None:
    connector = reports.connect(reports.Config(path=folder, **settings), name="quality")
    moment = DAY_ONE + timedelta(days=day - 1)
    report = sync([connector], Lake(home.lake), lambda: moment)
    assert report.is_complete


def _sarif(*messages: str, **run: Any) -> str:
    results = [
        {"ruleId": "R1", "message": {"text": text}, "locations": [], "level": "error"}
        for text in messages
    ]
    driver = {"tool": {"driver": {"name": "lint"}}, "results": results}
    return json.dumps({"version": "2.1.0", "runs": [driver | run]})


def _write(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _states(home: Home) -> dict[str, str]:
    return {row["title"]: row["state"] for row in rows(home, "findings")}


def test_a_finding_that_a_newer_report_no_longer_has_was_fixed_by_then(
    home: Home, folder: Path
) -> None:
    _write(folder, "lint.sarif", _sarif("one", "two"))
    _read(home, folder, day=1)
    _write(folder, "lint.sarif", _sarif("two", "three"))
    _read(home, folder, day=2)
    build_models(home, "findings")
    assert _states(home) == {"one": "fixed", "two": "open", "three": "open"}
    (one,) = rows(home, "findings", where="title = 'one'")
    assert one["first_seen_at"].isoformat() == "2026-11-20T12:00:00"
    assert one["fixed_at"].isoformat() == "2026-11-21T12:00:00"
    _write(folder, "lint.sarif", _sarif("one", "two"))
    _read(home, folder, day=3)
    build_models(home, "findings", now=DAY_ONE + timedelta(days=3))
    assert _states(home) == {"one": "open", "two": "open", "three": "fixed"}


def test_a_run_that_failed_fixes_nothing(home: Home, folder: Path) -> None:
    _write(folder, "lint.sarif", _sarif("one"))
    _read(home, folder, day=1)
    _write(folder, "lint.sarif", _sarif(invocations=[{"executionSuccessful": False}]))
    _read(home, folder, day=2)
    build_models(home, "findings")
    assert _states(home) == {"one": "open"}


def test_files_of_several_commits_are_one_series(home: Home, folder: Path) -> None:
    for commit, hour, messages in (("a" * 40, 8, ("one", "two")), ("b" * 40, 9, ("two",))):
        invocation = {"endTimeUtc": f"2026-11-20T{hour:02}:00:00Z"}
        _write(folder, f"{commit}/lint.sarif", _sarif(*messages, invocations=[invocation]))
    pattern = r"(?P<commit_sha>[0-9a-f]{40})/"
    _read(home, folder, day=1, path_pattern=pattern, repository="acme/shop")
    build_models(home, "findings")
    found = rows(home, "findings")
    assert _states(home) == {"one": "fixed", "two": "open"}
    assert {row["title"]: row["commit_sha"] for row in found} == {"one": "a" * 40, "two": "b" * 40}
    assert {row["repository"] for row in found} == {"acme/shop"}


def test_the_other_entities_reach_their_tables(home: Home, folder: Path) -> None:
    def component(name: str) -> dict[str, str]:
        return {"type": "library", "name": name, "version": "1"}

    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
    _write(folder, "bom.json", json.dumps(bom | {"components": [component("a"), component("b")]}))
    _write(folder, "lcov.info", "SF:a.py\nDA:1,1\nDA:2,0\nend_of_record\n")
    api = {"openapi": "3.1.0", "info": {"title": "Shop", "version": "2"}}
    _write(folder, "api.json", json.dumps(api | {"paths": {"/x": {"get": {"deprecated": True}}}}))
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "shop", "digest": {"sha256": "ab"}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"runDetails": {"builder": {"id": "https://builder.test"}}},
    }
    _write(folder, "statement.json", json.dumps(statement))
    _read(home, folder, day=1, service_name="shop")
    _write(folder, "bom.json", json.dumps(bom | {"components": [component("b")]}))
    _write(folder, "lcov.info", "SF:a.py\nDA:1,1\nDA:2,1\nend_of_record\n")
    _read(home, folder, day=2, service_name="shop")
    build_models(home, "components", "quality_measures", "attestations", "api_operations")
    assert [row["name"] for row in rows(home, "components")] == ["b"]
    measures = rows(home, "quality_measures")
    assert sorted((row["measured_at"].day, row["value"]) for row in measures) == [
        (20, 0.5),
        (21, 1.0),
    ]
    (attestation,) = rows(home, "attestations")
    assert attestation["subject_digest"] == "sha256:ab"
    assert (attestation["signature_state"], attestation["key_ids"]) == ("not_checked", [])
    (operation,) = rows(home, "api_operations")
    assert (operation["method"], operation["path"], operation["is_deprecated"]) == (
        "get",
        "/x",
        True,
    )
    assert {row["service_name"] for row in [operation, attestation, *measures]} == {"shop"}
