"""Spans and keys as people read them, in the words of controls."""

import duckdb
import pytest

from tests.transforms.rendering import render


def asked(expression: str) -> str:
    with duckdb.connect() as connection:
        (row,) = connection.execute(f"select {render(expression)}").fetchall()
    return str(row[0])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (240, "4 min"),
        (3569, "59 min"),
        (3570, "1 h 0 min"),
        (839 * 60, "13 h 59 min"),
        (86369, "23 h 59 min"),
        (86370, "1.0 d"),
        (88969 * 60, "61.8 d"),
    ],
)
def test_a_span_is_said_in_the_unit_that_fits_it(seconds: int, words: str) -> None:
    assert asked(f"{{{{ spoken_span('{seconds}') }}}}") == words


@pytest.mark.parametrize(
    ("key", "known"), [("github:acme/shop#12", "acme/shop#12"), ("plain", "plain")]
)
def test_a_key_is_called_by_what_its_source_calls_it(key: str, known: str) -> None:
    assert asked(f"{{{{ without_source(\"'{key}'\") }}}}") == known
