"""What `leadline sql` tells of itself: tables, examples, the place of the file."""

from pathlib import Path

import duckdb
import pytest

from tests.orchestration.conftest import Publisher, write_work_file
from tests.orchestration.test_cli import leadline
from transforms.examples import examples
from transforms.home import Home


@pytest.fixture
def shown(home: Home, publisher: Publisher) -> Home:
    write_work_file(
        home,
        "create table v1.schema_tables as select 'things' as table_name, 2 as row_count,"
        " 'One row per thing.' as description",
        "create table v1.coverage_figures as select 'deployments_with_service' as figure,"
        " 'github' as source, 'Known' as meaning, 1 as numerator, 2 as denominator,"
        " 0.5 as ratio, null::varchar as reason",
    )
    publisher(1, 2, second=1)
    return home


def test_the_path_is_that_of_the_build_itself_and_can_be_opened(shown: Home) -> None:
    ended = leadline("sql", "--path", home=shown)
    file = Path(ended.stdout.strip())
    assert file.parent.parent == shown.builds.resolve()
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("select count(*) from v1.things").fetchone() == (2,)


def test_tables_are_listed_with_what_a_row_is(shown: Home) -> None:
    ended = leadline("sql", "--tables", "-f", "csv", home=shown)
    assert ended.stdout == "table_name,rows,description\nthings,2,One row per thing.\n"


def test_examples_are_listed_and_one_is_run_by_its_name(shown: Home) -> None:
    listed = leadline("sql", "--examples", home=shown)
    assert listed.returncode == 0
    assert all(one.name in listed.stdout for one in examples())
    ended = leadline("sql", "--example", "coverage", "-f", "csv", home=shown)
    assert ended.stdout.splitlines()[1] == "deployments_with_service,github,Known,1,2,0.5,"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give a query, or one of --example"),
        (("select 1", "--path"), "give a query, or one of --example"),
        (("--tables", "--examples"), "give a query, or one of --example"),
        (("--example", "nosuch"), "There is no example 'nosuch'; `leadline sql --examples`"),
    ],
)
def test_one_thing_is_asked_at_a_time(shown: Home, arguments: tuple[str, ...], told: str) -> None:
    ended = leadline("sql", *arguments, home=shown)
    assert ended.returncode == 2
    assert told in ended.stderr


def test_the_path_needs_something_published(home: Home) -> None:
    ended = leadline("sql", "--path", home=home)
    assert ended.returncode == 3
    assert "Nothing is published" in ended.stderr
