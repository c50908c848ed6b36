"""Rows as plain values, for what should not wait until frames can be made."""

from collections.abc import Mapping
from typing import Any

import duckdb

from transforms.current import UnknownTable


def plain_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return what a statement gives, one dictionary a row. Errors: UnknownTable."""
    with connection.cursor() as cursor:
        try:
            answer = cursor.execute(sql, values)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise UnknownTable(str(error).splitlines()[0]) from error
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
