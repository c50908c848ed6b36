"""Keys as people read them, in the words of controls."""

import duckdb
import pytest

from tests.transforms.rendering import render


def asked(expression: str) -> str:
    with duckdb.connect() as connection:
        (row,) = connection.execute(f"select {render(expression)}").fetchall()
    return str(row[0])


@pytest.mark.parametrize(
    ("key", "known"), [("github:acme/shop#12", "acme/shop#12"), ("plain", "plain")]
)
def test_a_key_is_called_by_what_its_source_calls_it(key: str, known: str) -> None:
    assert asked(f"{{{{ without_source(\"'{key}'\") }}}}") == known
