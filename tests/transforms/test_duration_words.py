"""Durations in reasons of controls read as those on the pages."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.words import duration_words
from tests.transforms.rendering import render

WORDS = render("{{ duration_words('seconds') }}").strip()
SQL = f"select {WORDS} from (select ?::double as seconds)"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection without any table."""
    with duckdb.connect() as made:
        yield made


def in_sql(connection: duckdb.DuckDBPyConnection, seconds: float) -> str:
    """Return the words that the models use."""
    return str((connection.execute(SQL, [seconds]).fetchone() or ("",))[0])


def test_hours_are_said_as_hours(connection: duckdb.DuckDBPyConnection) -> None:
    assert in_sql(connection, 839 * 60) == "13 h 59 min"


@given(seconds=st.one_of(st.floats(-1e8, 1e8), st.integers(0, 200_000).map(float)))
def test_sql_and_pages_say_a_duration_in_the_same_words(
    connection: duckdb.DuckDBPyConnection, seconds: float
) -> None:
    assert in_sql(connection, seconds) == duration_words(seconds)
