"""The audit finds what it must find; a result that cannot be had blocks."""

from pathlib import Path

import pytest

from orchestration.audit import (
    AuditResult,
    count_results,
    read_results,
    read_suites,
    require_no_block,
    run_audit,
    store_results,
)
from orchestration.errors import AuditBlocked, ConfigurationError
from orchestration.warehouse import warehouse
from tests.orchestration.conftest import PASSED, write_work_file
from transforms.home import Home

COLUMNS = "i as id, i % 5 as kind, i % 5 as twin, i / 10 as share"
THINGS = f"create table v1.things as select {COLUMNS} from range(10) r(i)"


UNIQUE = "{{expect: expect_column_values_to_be_unique, column: {column}, severity: {severity}}}"


def suite(table: str, expectation: str) -> str:
    return f"table: {table}\nexpectations:\n  - {expectation}\n"


def audit(home: Home, folder: Path, text: str) -> list[AuditResult]:
    (folder / "things.yml").write_text(text, encoding="utf-8")
    return run_audit(home.warehouse_file, suites=read_suites(folder))


@pytest.mark.parametrize(
    ("expectation", "unexpected"),
    [
        ("{expect: expect_column_values_to_be_unique, column: kind}", 10),
        ("{expect: expect_column_values_to_not_be_null, column: word}", 10),
        ("{expect: expect_column_values_to_be_between, column: id, max_value: 6}", 3),
        ("{expect: expect_column_values_to_be_in_set, column: kind, value_set: [0, 1]}", 6),
        ("{expect: expect_compound_columns_to_be_unique, column_list: [kind, twin]}", None),
        ("{expect: expect_table_row_count_to_be_between, min_value: 11}", None),
        (
            "{expect: unexpected_rows_expectation, "
            "unexpected_rows_query: 'select * from {batch} where share >= 0.7'}",
            3,
        ),
    ],
)
def test_an_expectation_that_must_fail_fails(
    home: Home, tmp_path: Path, expectation: str, unexpected: int | None
) -> None:
    write_work_file(home, THINGS, "alter table v1.things add column word varchar")
    blocking = expectation.replace("{expect", "{severity: block, expect", 1)
    (result,) = audit(home, tmp_path, suite("things", blocking))
    assert not result.is_success
    assert result.is_blocking
    assert not result.observed.startswith("could not be evaluated")
    if unexpected is not None:
        assert result.unexpected_count == unexpected
    with warehouse(home.warehouse_file) as connection:
        connection.execute(result.sql).fetchall()


def test_an_expectation_that_holds_passes_and_the_file_is_free_again(
    home: Home, tmp_path: Path
) -> None:
    write_work_file(home, THINGS)
    text = suite("things", UNIQUE.format(column="id", severity="block"))
    results = audit(home, tmp_path, text)
    assert [result.is_success for result in results] == [True]
    store_results(home.warehouse_file, results)
    assert read_results(home.warehouse_file) == results


def test_a_warning_does_not_block(home: Home, tmp_path: Path) -> None:
    write_work_file(home, THINGS)
    text = suite("things", UNIQUE.format(column="kind", severity="warn"))
    results = audit(home, tmp_path, text)
    assert count_results(results) == {"passed": 0, "warned": 1, "blocked": 0}
    require_no_block(results)


def test_what_cannot_be_evaluated_blocks_even_as_a_warning(home: Home, tmp_path: Path) -> None:
    write_work_file(home, THINGS)
    text = suite("things", UNIQUE.format(column="nosuch", severity="warn"))
    (result,) = audit(home, tmp_path, text)
    assert result.is_blocking
    assert result.observed.startswith("could not be evaluated")


def test_a_missing_table_blocks(home: Home, tmp_path: Path) -> None:
    write_work_file(home, THINGS)
    text = suite("nosuch", UNIQUE.format(column="id", severity="warn"))
    (result,) = audit(home, tmp_path, text)
    assert result.is_blocking
    assert result.observed == "the table is missing"
    with pytest.raises(AuditBlocked, match="nosuch: the table exists"):
        require_no_block([result])


def test_tables_found_by_a_query_are_audited_together(home: Home, tmp_path: Path) -> None:
    write_work_file(home, THINGS, "create table v1.more as select 5 as id")
    text = (
        "tables_query: select table_name from duckdb_tables() where schema_name = 'v1'\n"
        "expectations:\n"
        "  - {expect: expect_column_values_to_be_unique, column: id, severity: block}\n"
    )
    (result,) = audit(home, tmp_path, text)
    assert result.unexpected_count == 2
    with warehouse(home.warehouse_file) as connection:
        assert len(connection.execute(result.sql).fetchall()) == 1


def test_a_build_without_any_result_is_not_published() -> None:
    with pytest.raises(AuditBlocked):
        require_no_block([])
    require_no_block([PASSED])


@pytest.mark.parametrize(
    "text",
    ["table: t\n", "a: [\n", "table: t\nexpectations:\n  - {expect: x, severity: maybe}\n", "1\n"],
)
def test_a_wrong_suite_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.yml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"wrong\.yml"):
        read_suites(tmp_path)


def test_every_suite_says_what_it_expects_in_words() -> None:
    suites = read_suites()
    assert {suite.name for suite in suites} >= {"deployments", "page_accounts", "metrics"}
    for suite in suites:
        assert suite.table == suite.name or suite.tables_query
        for expectation in suite.expectations:
            if expectation.type == "unexpected_rows_expectation":
                assert expectation.meaning
                assert "{batch}" in expectation.arguments["unexpected_rows_query"]
