"""The file of a row scope: what is in it, what is in no byte of it, and what nobody decided on."""

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import PublishFailed
from orchestration.scopes import scope_rules, write_scope
from orchestration.warehouse import warehouse
from tests.dashboards.estate import AS_OF, make_estate, publish
from transforms.current import read_build
from transforms.published import Published, open_build

ROOT = Path(__file__).resolve().parents[2]
OURS = ("Payments",)
# Tables that no model makes: they are written beside the models.
BESIDE_MODELS = {"audit_results", "restatements", "build_information"}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = publish(tmp_path_factory.mktemp("scoped"), make_estate(as_of=AS_OF))
    target = folder / "scopes" / "ours" / "warehouse.duckdb"
    write_scope(folder / "warehouse.duckdb", target, teams=OURS)
    return folder


@pytest.fixture(scope="module")
def ours(build: Path) -> Published:
    return open_build(read_build(build), scope="ours")


def _column(file: Path, sql: str) -> list[str]:
    with warehouse(file) as connection:
        return [str(row[0]) for row in connection.execute(sql).fetchall()]


def test_no_byte_of_the_file_names_what_belongs_to_others(build: Path) -> None:
    content = (build / "scopes" / "ours" / "warehouse.duckdb").read_bytes()
    whole = build / "warehouse.duckdb"
    services = _column(whole, "select name from v1.services where team_id <> 'Payments'")
    deployments = _column(
        whole, "select deployment_id from v1.fct_deployments where team_id <> 'Payments'"
    )
    incidents = _column(
        whole,
        "select incident_id from v1.fct_incidents where incident_id not in"
        " (select incident_id from v1.incident_services where team_id = 'Payments')",
    )
    assert min(len(services), len(deployments), len(incidents)) > 10
    found = [
        one for one in (*deployments, *incidents)
        if re.search(re.escape(one.encode()) + rb"(?![0-9])", content)
    ]  # fmt: skip
    assert found == []
    assert [one for one in services if "-" in one and one.encode() in content] == []


def test_every_row_of_the_teams_is_there(build: Path, ours: Published) -> None:
    expected = _column(
        build / "warehouse.duckdb",
        "select deployment_id from v1.fct_deployments where team_id = 'Payments' order by all",
    )
    assert sorted(ours.rows("fct_deployments")["deployment_id"].to_list()) == expected
    assert ours.teams()["team_id"].to_list() == list(OURS)


def test_a_number_of_the_file_is_the_teams_number_of_the_whole(
    build: Path, ours: Published
) -> None:
    whole = open_build(read_build(build))
    since, until = AS_OF.date().replace(month=8), AS_OF.date()
    for metric in ("change_failure_rate", "time_to_restore", "lead_time_for_changes"):
        mine = ours.window(metric, since=since, until=until).row(0, named=True)
        filtered = whole.window(metric, since=since, until=until, team_ids=OURS)
        theirs = filtered.row(0, named=True)
        assert mine["n"] > 0
        assert {key: mine[key] for key in ("value", "n")} == {
            key: theirs[key] for key in ("value", "n")
        }
        months = ours.metric(metric, grain="month", scope="organisation")
        team = whole.metric(metric, grain="month", scope="team", scope_id="Payments")
        assert months["value"].to_list() == team["value"].to_list()


def test_an_id_of_a_scoped_build_is_its_own(ours: Published, build: Path) -> None:
    assert ours.build.build_id != read_build(build).build_id
    assert ours.build.build_id.startswith(read_build(build).build_id)


def test_a_table_that_nobody_decided_on_stops_the_file(tmp_path: Path) -> None:
    source = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute("create schema v1")
        connection.execute("create table v1.metric_definitions (metric varchar)")
        connection.execute("create table v1.salaries (person varchar)")
    with pytest.raises(PublishFailed, match="salaries"):
        write_scope(source, tmp_path / "scopes" / "x" / "warehouse.duckdb", teams=["a"])


def test_a_control_shows_the_subjects_of_the_teams_and_of_their_services(
    build: Path, ours: Published
) -> None:
    """The estate's catalogue names tables that it does not have, so this one is made here."""
    source = build / "warehouse.duckdb"
    target = build.parent / "controls.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute(
            "create table v1.control_approved as from v1.control_results"
            " where control_id = 'approved'"
        )
    write_scope(source, target, teams=OURS)
    assert _column(target, "select distinct team_id from v1.control_approved") == list(OURS)
    assert len(ours.rows("control_definitions")) == 3


def test_every_published_model_is_decided_on() -> None:
    models = ROOT / "transforms" / "models"
    published = {
        path.stem
        for folder in models.iterdir()
        if folder.name not in ("staging", "intermediate", "metrics", "controls")
        for path in (*folder.rglob("*.sql"), *folder.rglob("*.py"))
    }
    seeds = {path.stem for path in (ROOT / "transforms" / "seeds").rglob("*.csv")}
    undecided = published - scope_rules().keys() - {"peer_metrics"}
    assert {one for one in undecided if "observations" not in one} == set()
    assert scope_rules().keys() - published - seeds - BESIDE_MODELS == set()
