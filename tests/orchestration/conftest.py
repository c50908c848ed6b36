"""A folder, a clock, a work file and a small dbt project for the tests of this room."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.audit import AuditResult
from orchestration.publish import Origin, Publication, publish
from orchestration.settings import Environment
from orchestration.warehouse import warehouse
from tests.orchestration.gated import gated_home
from tests.orchestration.judged import Judged, judged_world
from transforms.home import Home

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSED = AuditResult("s", "e", "things", None, "block", True, "0 rows", "0 rows", 0, "select 1")


@pytest.fixture(scope="session")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a published home whose gate can be asked."""
    return gated_home(tmp_path_factory.mktemp("gated"))


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Return an estate that people have judged; nothing in it is changed by a test."""
    return judged_world(tmp_path_factory.mktemp("judged"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path / "data")


@pytest.fixture
def environment() -> Environment:
    return Environment(_env_file=None)


@pytest.fixture
def origin() -> Origin:
    return Origin(
        as_of=NOON,
        sample_data=False,
        code_version="1+abc",
        definition_version="def",
        report_timezone="UTC",
    )


def write_work_file(home: Home, *statements: str) -> None:
    """Write a work file whose schema v1 holds what the statements make."""
    home.work.mkdir(parents=True, exist_ok=True)
    with warehouse(home.warehouse_file, read_only=False) as connection:
        connection.execute("create schema if not exists v1")
        for statement in statements:
            connection.execute(statement)


@dataclass(frozen=True)
class Publisher:
    """Publishes a table with the given rows, one second after the last time."""

    home: Home
    origin: Origin

    def __call__(self, *rows: int, second: int = 0, keep: int = 10) -> Publication:
        values = ", ".join(f"({row})" for row in rows)
        write_work_file(
            self.home,
            "create or replace table v1.things (id integer)",
            f"insert into v1.things values {values}",
        )
        return publish(
            self.home,
            work_file=self.home.warehouse_file,
            origin=self.origin,
            audit=[PASSED],
            audit_counts={"passed": 1, "warned": 0, "blocked": 0},
            built_at=NOON.replace(second=second),
            run_id=f"{second:08d}",
            keep=keep,
        )


@pytest.fixture
def publisher(home: Home, origin: Origin) -> Publisher:
    return Publisher(home, origin)


@pytest.fixture
def write_project(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Return a function that writes a small dbt project with the given files."""

    def write(files: dict[str, str]) -> Path:
        project = tmp_path / "project"
        for name, text in {**PROJECT, **files}.items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return project

    return write


PROJECT = {
    "dbt_project.yml": (
        "name: small\nversion: '1.0.0'\nprofile: small\nmodel-paths: [models]\n"
        "flags: {send_anonymous_usage_stats: false}\n"
        "models: {small: {+schema: v1, +materialized: table}}\n"
    ),
    "profiles.yml": (
        "small:\n  target: local\n  outputs:\n    local:\n      type: duckdb\n"
        "      path: \"{{ env_var('LEADLINE_HOME') }}/work/warehouse.duckdb\"\n"
        "      schema: v1\n      threads: 1\n"
    ),
    "macros/schema.sql": (
        "{% macro generate_schema_name(custom_schema_name, node) %}"
        "{{ custom_schema_name or target.schema }}{% endmacro %}"
    ),
    "models/things.sql": "select 1 as id, as_of from build.parameters",
}
