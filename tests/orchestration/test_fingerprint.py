"""Equal rows give equal fingerprints; anything that counts changes them."""

from pathlib import Path

import pytest

from orchestration.fingerprint import read_fingerprint
from orchestration.warehouse import warehouse

ROWS = (
    "select i as id, i / 7 as share, null::varchar as word, 'p' || i as page_id from range(9) r(i)"
)


def fingerprint(folder: Path, name: str, *statements: str) -> str:
    file = folder / f"{name}.duckdb"
    with warehouse(file, read_only=False) as connection:
        connection.execute("create schema v1")
        for statement in statements:
            connection.execute(statement)
    with warehouse(file) as connection:
        return read_fingerprint(connection).whole


@pytest.fixture
def first(tmp_path: Path) -> str:
    return fingerprint(tmp_path, "first", f"create table v1.things as {ROWS}")


def test_the_order_of_rows_does_not_count(tmp_path: Path, first: str) -> None:
    ordered = f"create table v1.things as select * from ({ROWS}) order by id desc"
    assert fingerprint(tmp_path, "second", ordered) == first


def test_the_order_of_columns_does_not_count(tmp_path: Path, first: str) -> None:
    shuffled = f"create table v1.things as select word, page_id, id, share from ({ROWS})"
    assert fingerprint(tmp_path, "second", shuffled) == first


def test_the_last_digits_of_a_parallel_sum_do_not_count(tmp_path: Path, first: str) -> None:
    nearly = (
        f"create table v1.things as select * replace (share * (1 + 1e-15) as share) from ({ROWS})"
    )
    assert fingerprint(tmp_path, "second", nearly) == first


@pytest.mark.parametrize("column", ["page_id", "read_at", "ordinal", "built_at"])
def test_provenance_does_not_count(tmp_path: Path, column: str) -> None:
    made = [
        fingerprint(tmp_path, name, f"create table v1.t as select 1 as id, {value} as {column}")
        for name, value in (("a", "'x'"), ("b", "'y'"))
    ]
    assert made[0] == made[1]


def test_data_quality_tables_do_not_count(tmp_path: Path, first: str) -> None:
    statements = [
        f"create table v1.things as {ROWS}",
        "create table v1.ingest_runs as select 1 as a",
    ]
    assert fingerprint(tmp_path, "second", *statements) == first


@pytest.mark.parametrize(
    "change",
    [
        "update v1.things set share = share + 0.001 where id = 3",
        "update v1.things set word = '' where id = 3",
        "delete from v1.things where id = 3",
        "insert into v1.things select * from v1.things where id = 3",
        "alter table v1.things rename column word to term",
        "create table v1.others as select 1 as id",
        "update v1.things set id = case id when 1 then 2 when 2 then 1 else id end",
    ],
)
def test_a_change_of_rows_counts(tmp_path: Path, first: str, change: str) -> None:
    assert fingerprint(tmp_path, "second", f"create table v1.things as {ROWS}", change) != first
