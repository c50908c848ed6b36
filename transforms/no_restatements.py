"""The restatements of a build that compared itself with none: their columns, and no row."""

import polars as pl

NO_RESTATEMENTS = pl.DataFrame(
    schema={
        **dict.fromkeys(("restatement_id", "metric", "grain", "scope", "scope_id"), pl.String),
        **dict.fromkeys(("period_start_date", "period_end_date"), pl.Date),
        **dict.fromkeys(("unit", "old_state", "new_state"), pl.String),
        **dict.fromkeys(("old_value", "new_value"), pl.Float64),
        **dict.fromkeys(("old_n", "new_n"), pl.Int64),
        "was_provisional": pl.Boolean,
        **dict.fromkeys(("cause", "detail"), pl.String),
        **dict.fromkeys(("old_as_of", "new_as_of"), pl.Datetime("us")),
        **dict.fromkeys(("old_build_id", "new_build_id"), pl.String),
    }
)
