"""The rule of whom a window binds is in SQL for controls and in Python for pages: they agree."""

from itertools import product

import duckdb
import jinja2
import pytest

from tests.transforms.rendering import TRANSFORMS
from transforms.calendars.published_windows import binds
from transforms.calendars.scopes import matches

TEXT = (TRANSFORMS / "macros" / "windows.sql").read_text(encoding="utf-8")
LISTS: tuple[list[str] | None, ...] = (None, [], ["pay"], ["pay", "shop"])
PLACES: tuple[list[str] | None, ...] = (None, [], ["production"])


def render(expression: str) -> str:
    """Return SQL that uses the macros of windows."""
    return jinja2.Environment(autoescape=False).from_string(TEXT + "select " + expression).render()


@pytest.mark.parametrize("is_any_scope", [False, True])
def test_sql_and_python_bind_the_same_windows(is_any_scope: bool) -> None:
    sql = render("{{ window_binds('one', 'service_id', 'environment_id') }}")
    sql += (
        " from (select ?::varchar[] as service_ids, ?::varchar[] as environment_ids,"
        " ?::boolean as is_any_scope) as one,"
        " (select ?::varchar as service_id, ?::varchar as environment_id)"
    )
    with duckdb.connect() as connection:
        for services, places, service, place in product(
            LISTS, PLACES, ("pay", "shop", None), ("production", "staging", None)
        ):
            row = {
                "service_ids": services,
                "environment_ids": places,
                "is_any_scope": is_any_scope,
            }
            expected = binds(row, service_id=service, environment_id=place)
            found = connection.execute(sql, [services, places, is_any_scope, service, place])
            assert found.fetchall() == [(expected,)], (row, service, place)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("pay*", "payments"), ("pay?", "pays"), ("pay?", "payments"), ("pa_", "pay"),
        ("100%", "1000"), ("100%", "100%"), ("a!b", "a!b"), ("*", ""), ("PAY", "pay"),
        ("[p]ay", "pay"),
    ],
)  # fmt: skip
def test_a_pattern_fits_the_same_names_in_sql_and_python(pattern: str, value: str) -> None:
    sql = render("?::varchar like {{ like_pattern('?::varchar') }} escape '!'")
    with duckdb.connect() as connection:
        (found,) = connection.execute(sql, [value, pattern]).fetchone() or (None,)
    assert found is matches([pattern], value)
