"""How fast actions are closed, a scope a row, with those still open counted as open."""

import math

import numpy as np
import polars as pl

from transforms.statistics.survival import half_time, kaplan_meier, median_interval, survival_at

MEASURES = ("median_days", "median_low", "median_high", "open_share_30_days")
SCHEMA = {"scope": pl.String, "scope_id": pl.String, **dict.fromkeys(MEASURES, pl.Float64)}
DAYS = 30.0


def action_closure(actions: pl.DataFrame) -> pl.DataFrame:
    """Return the Kaplan-Meier median of days to closure, and the share still open after 30 days.

    Shape: actions (scope, scope_id, age_days, is_open), one row an action and scope; returns one
    row a scope, null where a median is not reached or nobody was watched for 30 days.
    """
    rows = [
        (str(scope), str(scope_id), *_measures(group))
        for (scope, scope_id), group in actions.group_by("scope", "scope_id", maintain_order=True)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _measures(group: pl.DataFrame) -> tuple[float | None, ...]:
    curve = kaplan_meier(group["age_days"].to_numpy(), np.logical_not(group["is_open"].to_numpy()))
    low, high = median_interval(curve)
    found = (half_time(curve)[0], low[0], high[0], survival_at(curve, DAYS)[0])
    return tuple(float(one) if math.isfinite(one) else None for one in found)
