"""Whether deployments of one level of a factor fail more often than those of its reference level.

Association, not cause: each comparison says which other differences it holds equal (its strata)
and is one of a family, whose size its p-value is adjusted for.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from transforms.statistics.intervals import newcombe_difference, wilson
from transforms.statistics.multiple import benjamini_hochberg
from transforms.statistics.two_rates import (
    MOST_FOR_BOSCHLOO,
    NOT_STRATIFIED,
    boschloo,
    fisher,
    stratified,
)

LEAST_ARM, LEAST_EXPECTED, LEAST_STRATUM = 10, 1.0, 20
LEVEL = 0.05

_KEYS = ("factor", "level")
_COUNTS = ("n", "failed_count", "reference_n", "reference_failed_count")


def associations(counts: pl.DataFrame, *, references: Mapping[str, str | None]) -> pl.DataFrame:
    """Return one row a factor and level, each compared with the factor's reference level.

    Shape of `counts`: one row a factor, level, level_order and stratum, with n and failed_count.
    A factor without a stated reference is compared with its most frequent level. The reference
    level itself has a row without a comparison.
    """
    levels = _with_reference(counts, references)
    rows = [_judged(one, _strata(counts, one)) for one in levels.iter_rows(named=True)]
    frame = pl.DataFrame(rows, schema=_SCHEMA)
    adjusted = benjamini_hochberg(frame["p_decisive"].fill_null(np.nan).to_numpy())
    return frame.with_columns(
        pl.Series("p_adjusted", adjusted, dtype=pl.Float64).fill_nan(None),
    ).with_columns(
        pl.when(pl.col("statement").is_null())
        .then(
            pl.when((pl.col("p_adjusted") <= LEVEL) & pl.col("is_apart"))
            .then(pl.lit("associated"))
            .otherwise(pl.lit("not_established"))
        )
        .otherwise(pl.col("statement"))
        .alias("statement")
    )  # fmt: skip


def _with_reference(counts: pl.DataFrame, references: Mapping[str, str | None]) -> pl.DataFrame:
    levels = (
        counts.group_by("factor", "level", "level_order")
        .agg(pl.col("n", "failed_count").sum())
        .sort("factor", "level_order", "level")
    )
    common = levels.sort("n", "level", descending=[True, False]).group_by("factor").first()
    chosen = {
        factor: references.get(factor) or level
        for factor, level in common.select("factor", "level").iter_rows()
    }
    reference = pl.col("factor").replace_strict(chosen, return_dtype=pl.String, default=None)
    named = levels.with_columns(reference.alias("reference_level"))
    beside = levels.select(
        "factor", pl.col("level").alias("reference_level"),
        pl.col("n").alias("reference_n"), pl.col("failed_count").alias("reference_failed_count"),
    )  # fmt: skip
    return named.join(
        beside, on=["factor", "reference_level"], how="left", maintain_order="left"
    ).with_columns(pl.col("reference_n", "reference_failed_count").fill_null(0))


def _strata(counts: pl.DataFrame, row: Mapping[str, object]) -> pl.DataFrame:
    """Return the strata of at least 20 deployments, with the counts of both levels."""
    own = counts.filter(pl.col("factor") == row["factor"])
    ours, theirs = (own.filter(pl.col("level") == row[name]).select("stratum", "n", "failed_count")
                    for name in ("level", "reference_level"))  # fmt: skip
    both = ours.join(theirs, on="stratum", suffix="_other").sort("stratum")
    return both.filter(pl.col("n") + pl.col("n_other") >= LEAST_STRATUM)


def _judged(row: Mapping[str, object], strata: pl.DataFrame) -> dict[str, object]:
    n, k, other_n, other_k = (int(str(row[name])) for name in _COUNTS)
    rate_low, rate_high = wilson(k, n)
    told: dict[str, object] = dict(row) | {
        "rate": k / n, "rate_low": float(rate_low), "rate_high": float(rate_high),
    }  # fmt: skip
    if row["level"] == row["reference_level"]:
        return told | {"statement": "reference"}
    if not is_enough(n, k, other_n, other_k):
        return told | {"statement": "too_little_data"}
    low, high = newcombe_difference(k, n, other_k, other_n)
    is_small = max(n, other_n) <= MOST_FOR_BOSCHLOO
    within = NOT_STRATIFIED if strata.is_empty() else stratified(
        strata["failed_count"], strata["n"], strata["failed_count_other"], strata["n_other"]
    )  # fmt: skip
    p_fisher = fisher(k, n, other_k, other_n)
    p = boschloo(k, n, other_k, other_n) if is_small else p_fisher
    is_stratified = bool(np.isfinite(within.p))
    return told | {
        "risk_difference": k / n - other_k / other_n,
        "risk_difference_low": float(low),
        "risk_difference_high": float(high),
        **{name: _known(one) for name, one in (
            ("odds_ratio", within.odds_ratio), ("odds_ratio_low", within.low),
            ("odds_ratio_high", within.high), ("p_stratified", within.p),
            ("homogeneity_p", within.homogeneity_p),
        )},
        "stratum_count": within.strata,
        "p_value": p,
        "p_fisher": p_fisher,
        "unstratified_test": "boschloo" if is_small else "fisher",
        "test": "cmh" if is_stratified else "boschloo" if is_small else "fisher",
        "p_decisive": within.p if is_stratified else p,
        "is_apart": bool((low > 0) | (high < 0))
        and not (within.low <= 1 <= within.high),
    }  # fmt: skip


def is_enough(n: int, k: int, other_n: int, other_k: int) -> bool:
    """Return whether both groups hold 10 and, were their rates equal, a failure each."""
    smaller = min(n, other_n)
    pooled = (k + other_k) / max(n + other_n, 1)
    return smaller >= LEAST_ARM and smaller * pooled >= LEAST_EXPECTED


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


_SCHEMA: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(_KEYS, pl.String),
    "level_order": pl.Int64,
    "n": pl.Int64,
    "failed_count": pl.Int64,
    "reference_level": pl.String,
    "reference_n": pl.Int64,
    "reference_failed_count": pl.Int64,
    **dict.fromkeys(
        ("rate", "rate_low", "rate_high", "risk_difference", "risk_difference_low",
         "risk_difference_high", "odds_ratio", "odds_ratio_low", "odds_ratio_high",
         "p_value", "p_fisher", "p_stratified", "p_decisive", "homogeneity_p"),
        pl.Float64,
    ),
    "stratum_count": pl.Int64,
    "unstratified_test": pl.String,
    "test": pl.String,
    "is_apart": pl.Boolean,
    "statement": pl.String,
}  # fmt: skip
