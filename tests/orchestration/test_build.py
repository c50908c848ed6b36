"""The build: a work file from models, and a clear word when there is nothing or something broke."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from orchestration.build import (
    BuildReport,
    Parameters,
    build,
    dbt_results,
    newest_read_at,
    prepare,
)
from orchestration.errors import AuditBlocked, BuildFailed, NothingToRead
from orchestration.lake import BulkPage, Lake
from orchestration.origin import describe_origin
from orchestration.settings import process_environment
from orchestration.versions import TRANSFORMS
from orchestration.warehouse import warehouse
from tests.orchestration.conftest import NOON
from transforms.home import Home

WriteProject = Callable[[dict[str, str]], Path]
THING_TESTS = """
models:
  - name: things
    columns:
      - name: id
        data_tests:
          - unique
          - accepted_values: {arguments: {values: [%s], quote: false}, config: {severity: %s}}
"""


@pytest.fixture
def parameters(home: Home) -> Parameters:
    return Parameters(
        as_of=NOON,
        report_timezone="UTC",
        definition_version="d",
        code_version="c",
        lake_path=home.lake,
        sample_data=False,
    )


def run(
    home: Home, parameters: Parameters, project: Path, *, arguments: tuple[str, ...] = ()
) -> BuildReport:
    with process_environment(home, lake=home.lake, key=SecretStr("key")):
        return build(home, parameters=parameters, project=project, arguments=arguments)


def test_models_see_the_parameters_and_the_file_is_free_again(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({"models/things.yml": THING_TESTS % (1, "error")})
    report = run(home, parameters, project)
    assert report.rows == {"things": 1}
    assert [result.is_success for result in dbt_results(report.outcomes)] == [True, True]
    assert {result.table_name for result in dbt_results(report.outcomes)} == {"things"}
    with warehouse(home.warehouse_file, read_only=False) as connection:
        rows = connection.execute("select as_of from v1.things").fetchall()
    assert rows == [(NOON.replace(tzinfo=None),)]


def test_a_failing_test_blocks_and_is_named(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({"models/things.yml": THING_TESTS % (2, "error")})
    with pytest.raises(AuditBlocked, match="accepted_values_things_id"):
        run(home, parameters, project)


def test_a_failing_test_that_only_warns_is_kept_as_a_result(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({"models/things.yml": THING_TESTS % (2, "warn")})
    (warned,) = [
        one for one in dbt_results(run(home, parameters, project).outcomes) if not one.is_success
    ]
    assert not warned.is_blocking
    assert warned.unexpected_count == 1


def test_a_failing_model_is_named_with_its_reason(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({"models/broken.sql": "select nosuch from build.parameters"})
    with pytest.raises(BuildFailed) as caught:
        run(home, parameters, project)
    assert "broken" in str(caught.value)
    assert "nosuch" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("rows", ["(1, 2), (2, 2)", "(1, 2), (1, 2)"])
def test_a_table_is_refused_whose_key_is_that_of_two_rows(
    home: Home, parameters: Parameters, write_project: WriteProject, rows: str
) -> None:
    project = write_project({
        "macros/table.sql": (TRANSFORMS / "macros" / "table.sql").read_text(encoding="utf-8"),
        "models/pairs.sql": f"select * from (values {rows}) as pairs(one, other)",
        "models/pairs.yml": "models: [{name: pairs, config: {materialized: table, "
        "unique_key: [one, other]}}]",
    })  # fmt: skip
    if rows == "(1, 2), (1, 2)":
        with pytest.raises(BuildFailed, match=r"pairs has 1 key\(s\).*: one, other"):
            run(home, parameters, project)
        return
    (kept,) = [
        one
        for one in dbt_results(run(home, parameters, project).outcomes)
        if one.table_name == "pairs"
    ]
    assert (kept.expectation, kept.column_name, kept.is_success) == (
        "unique_key", "one, other", True
    )  # fmt: skip


def test_a_project_that_cannot_be_parsed_is_one_sentence(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({"models/broken.sql": "select {{ nosuch( }}"})
    with pytest.raises(BuildFailed, match="dbt build failed"):
        run(home, parameters, project)


def test_models_without_any_row_are_an_error(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({"models/things.sql": "select 1 as id where false"})
    with pytest.raises(BuildFailed, match="no rows at all"):
        run(home, parameters, project)


def test_a_project_without_models_is_an_error(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({})
    (project / "models" / "things.sql").unlink()
    with pytest.raises(BuildFailed, match="no model"):
        run(home, parameters, project)


def test_nothing_of_a_former_model_stays(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({"models/former.sql": "select 1 as id"})
    assert set(run(home, parameters, project).rows) == {"things", "former"}
    (project / "models" / "former.sql").unlink()
    assert set(run(home, parameters, project).rows) == {"things"}


def test_staging_is_rebuilt_when_its_code_changes_and_not_otherwise(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({"models/staging/stg.sql": "select 1 as id"})
    assert run(home, parameters, project).was_full
    assert not run(home, parameters, project).was_full
    (project / "models" / "staging" / "stg.sql").write_text("select 2 as id")
    assert run(home, parameters, project).was_full


def test_a_selection_of_models_leaves_the_others_and_marks_no_staging_as_new(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project({"models/other.sql": "select 1 as id"})
    run(home, parameters, project)
    (project / "macros" / "extra.sql").write_text("{% macro extra() %}{% endmacro %}")
    report = run(home, parameters, project, arguments=("--select", "things"))
    assert set(report.rows) == {"things", "other"}
    assert run(home, parameters, project).was_full


@pytest.mark.parametrize("damage", [b"no database at all", b"\0" * 20_000])
def test_a_damaged_work_file_is_made_again(
    home: Home, parameters: Parameters, damage: bytes
) -> None:
    home.work.mkdir(parents=True)
    home.warehouse_file.write_bytes(damage)
    home.staging_file.write_bytes(damage)
    prepare(home, parameters=parameters)
    with duckdb.connect(str(home.staging_file)) as connection:
        count = connection.execute("select count(*) from staging.staging.decisions").fetchall()
        assert count == [(0,)]
    with duckdb.connect(str(home.warehouse_file)) as connection:
        assert connection.execute("select count(*) from build.parameters").fetchall() == [(1,)]


STAGED = {
    "models/staging/stg.sql": "{{ config(materialized='incremental', database='staged') }} "
    "select i, hash(i)::varchar as text from range(200000) as numbers(i) "
    "{% if is_incremental() %}where i < 0{% endif %}",
    "models/read.sql": "select max(text) as longest, count(*) as row_count from {{ ref('stg') }}",
    "profiles.yml": (
        "small:\n  target: local\n  outputs:\n    local:\n      type: duckdb\n"
        "      path: \"{{ env_var('LEADLINE_HOME') }}/work/warehouse.duckdb\"\n"
        "      schema: v1\n      threads: 1\n"
        "      attach: [{path: \"{{ env_var('LEADLINE_HOME') }}/work/staging.duckdb\", "
        "alias: staged}]\n"
    ),
}


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_staging_that_is_damaged_behind_its_header_is_made_again_in_the_same_run(
    home: Home, parameters: Parameters, write_project: WriteProject, damage: str
) -> None:
    project = write_project(STAGED)
    assert run(home, parameters, project).was_full
    assert not run(home, parameters, project).was_full
    size = home.staging_file.stat().st_size
    with home.staging_file.open("r+b") as file:
        if damage == "cut":
            file.truncate(size // 2)
        else:
            file.seek(size // 4)
            file.write(b"\0" * (size // 2))
    run(home, parameters, project)
    with warehouse(home.warehouse_file) as connection:
        assert connection.execute("select row_count from v1.read").fetchall() == [(200_000,)]
    assert not run(home, parameters, project).was_full


def test_a_full_build_starts_with_empty_staging(
    home: Home, parameters: Parameters, write_project: WriteProject
) -> None:
    project = write_project(STAGED)
    run(home, parameters, project)
    with warehouse(home.staging_file, read_only=False) as connection:
        connection.execute("create table main.former as select 1 as id")
    (home.work / "staging_version").unlink()
    run(home, parameters, project)
    with warehouse(home.staging_file) as connection:
        names = connection.execute("select table_name from duckdb_tables()").fetchall()
    assert sorted(names) == [("decisions",), ("stg",)]


def test_as_of_is_the_newest_instant_in_the_lake(home: Home) -> None:
    lake = Lake(home.lake)
    for source, hour in (("git", 9), ("github", 11)):
        moment = NOON.replace(hour=hour)
        page = BulkPage(body=b"{}\n", row_count=1, read_at=moment)
        lake.append_bulk(source, "commits", kind=source, pages=[page], read_at=moment)
    assert newest_read_at(lake) == NOON.replace(hour=11)


def test_a_build_of_an_earlier_instant_states_the_configuration_of_that_instant(
    home: Home,
) -> None:
    lake, key = Lake(home.lake), SecretStr("key")
    for hour, zone in ((8, "UTC"), (10, "Europe/Berlin")):
        record = {"record_type": "organisation", "report_timezone": zone}
        lake.write_catalogue([record], read_at=NOON.replace(hour=hour))
    page = BulkPage(body=b"{}\n", row_count=1, read_at=NOON)
    lake.append_bulk("git", "commits", kind="git", pages=[page], read_at=NOON)
    newest = describe_origin(home, key=key)
    earlier = describe_origin(home, key=key, as_of=NOON.replace(hour=9))
    assert (newest.report_timezone, earlier.report_timezone) == ("Europe/Berlin", "UTC")
    assert newest.configuration_id != earlier.configuration_id
    assert newest.as_of == NOON


def test_a_lake_that_holds_only_the_catalogue_is_empty(home: Home) -> None:
    lake = Lake(home.lake)
    with pytest.raises(NothingToRead, match="is empty"):
        newest_read_at(lake)
    lake.write_catalogue([json.loads('{"record_type": "team"}')], read_at=NOON)
    with pytest.raises(NothingToRead) as caught:
        newest_read_at(lake)
    assert caught.value.exit_code == 3
