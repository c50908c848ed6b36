"""Whether what goes the emergency way fails more often than what goes the normal one."""

import polars as pl

from transforms.statistics.association import is_enough
from transforms.statistics.intervals import wilson
from transforms.statistics.two_rates import boschloo_greater, fisher_greater


def emergency_failures(counts: pl.DataFrame) -> pl.DataFrame:
    """Return the counts with rates, the sample's odds ratio and the one-sided tests.

    The odds ratio is empty where a cell that it divides by is; the tests where a group is.
    Shape: one row (n, failed_count, normal_n, normal_failed_count) in, the same with more out.
    """
    row = {name: int(value) for name, value in counts.row(0, named=True).items()}
    n, k, other_n, other_k = (
        row[name] for name in ("n", "failed_count", "normal_n", "normal_failed_count")
    )
    crossed = (n - k) * other_k
    low, high = (float(one) for one in wilson(k, n))
    other_low, other_high = (float(one) for one in wilson(other_k, other_n))
    has_both = n > 0 and other_n > 0
    told = row | {
        "rate": k / n if n else None,
        "rate_low": low if n else None,
        "rate_high": high if n else None,
        "normal_rate": other_k / other_n if other_n else None,
        "normal_rate_low": other_low if other_n else None,
        "normal_rate_high": other_high if other_n else None,
        "odds_ratio": k * (other_n - other_k) / crossed if crossed else None,
        "p_fisher": fisher_greater(k, n, other_k, other_n) if has_both else None,
        "p_boschloo": boschloo_greater(k, n, other_k, other_n) if has_both else None,
        "is_enough": is_enough(n, k, other_n, other_k),
    }
    return pl.DataFrame([told], schema=_SCHEMA)


_SCHEMA: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("n", "failed_count", "normal_n", "normal_failed_count"), pl.Int64),
    **dict.fromkeys(
        ("rate", "rate_low", "rate_high", "normal_rate", "normal_rate_low", "normal_rate_high",
         "odds_ratio", "p_fisher", "p_boschloo"),
        pl.Float64,
    ),
    "is_enough": pl.Boolean,
}  # fmt: skip
