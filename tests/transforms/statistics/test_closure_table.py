"""How fast actions are closed: by scope, with what is open counted as open."""

import polars as pl

from transforms.statistics.closure_table import SCHEMA, action_closure


def _actions(*rows: tuple[str, str, float, bool]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={"scope": pl.String, "scope_id": pl.String, "age_days": pl.Float64,
                "is_open": pl.Boolean},
        orient="row",
    )  # fmt: skip


def test_each_scope_has_its_own_median_and_one_that_is_not_reached_is_none() -> None:
    closure = action_closure(
        _actions(
            *(("service", "vault", age, age == 40.0) for age in (5.0, 12.0, 28.0, 40.0)),
            ("service", "pay", 3.0, True),
            ("service", "pay", 2.0, True),
        )
    )
    found = {row["scope_id"]: row for row in closure.iter_rows(named=True)}
    assert found["vault"]["median_days"] == 12.0
    assert found["vault"]["open_share_30_days"] == 0.25
    assert found["pay"]["median_days"] is None
    assert found["pay"]["open_share_30_days"] is None


def test_no_action_is_no_row_with_the_same_columns() -> None:
    assert action_closure(_actions()).schema == pl.Schema(SCHEMA)
