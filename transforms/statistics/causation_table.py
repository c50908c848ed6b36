"""The population test of every service and of the organisation, from their events."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.statistics.causation import (
    RESAMPLES,
    Fraction,
    Ratio,
    attributable_fraction,
    pooled_fraction,
    pooled_rate_ratio,
    rate_ratio,
    statements,
)
from transforms.statistics.exposure import HOUR, Watched, Weekly, exposure_windows, weekly_counts
from transforms.statistics.shifts import shift_test

Floats = NDArray[np.float64]
Numbers = dict[str, Floats]

SEED = 20_260_101


def causation_table(events: pl.DataFrame, *, resamples: int = RESAMPLES) -> pl.DataFrame:
    """Return one row a service and one for the organisation (scope_id `all`).

    Shape of `events`: one row a change or incident of a service that was watched (columns
    service_id, type, is_first, occurred_seconds, start_seconds, end_seconds); a service without
    events has one row without a type. An incident that hit several services counts for each of
    them, and once (`is_first`) for the organisation.
    """
    services = events.group_by("service_id").agg(
        pl.col("start_seconds", "end_seconds").first()
    ).sort("service_id")  # fmt: skip
    names = services["service_id"].to_numpy()
    watched = Watched(services["start_seconds"].to_numpy(), services["end_seconds"].to_numpy())
    owner, at, first = {}, {}, np.zeros(0, bool)
    for kind in ("change", "incident"):
        rows = events.filter(pl.col("type") == kind)
        owner[kind] = np.searchsorted(names, rows["service_id"].to_numpy()).astype(np.int64)
        at[kind] = rows["occurred_seconds"].to_numpy()
        first = rows["is_first"].to_numpy()
    windows = exposure_windows(owner["change"], at["change"], watched=watched)
    seen = owner["change"][watched.has(owner["change"], at["change"])]
    changes = np.bincount(seen, minlength=names.size)
    shifted = shift_test(windows, owner["incident"], at["incident"], is_pooled=first)
    every = weekly_counts(windows, owner["incident"], at["incident"])
    own = _of_services(every, resamples=resamples)
    whole = _of_all(
        weekly_counts(windows, owner["incident"][first], at["incident"][first]),
        resamples=resamples,
    )
    parts = [
        _judged(own, names, changes, shifted.p, shifted.shifts, scope="service"),
        _judged(whole, np.array(["all"], object), changes.sum(keepdims=True),
                np.array([shifted.pooled_p]), shifted.shifts.max(initial=1.0, keepdims=True),
                scope="organisation"),
    ]  # fmt: skip
    return pl.concat(parts)


def _sums(weekly: Weekly) -> Numbers:
    return {
        "inside": weekly.inside.sum(axis=1),
        "inside_hours": weekly.inside_seconds.sum(axis=1) / HOUR,
        "outside": weekly.outside.sum(axis=1),
        "outside_hours": weekly.outside_seconds.sum(axis=1) / HOUR,
    }


def _of_services(weekly: Weekly, *, resamples: int) -> Numbers:
    sums = _sums(weekly)
    ratio = rate_ratio(**sums)
    generator = np.random.default_rng(SEED)
    parts = [
        attributable_fraction(weekly.rows(start, start + 256), ratio.rows(start, start + 256),
                              generator=generator, resamples=resamples)
        for start in range(0, sums["inside"].size, 256)
    ]  # fmt: skip
    joined = {name: np.concatenate([getattr(part, name) for part in parts] or [np.zeros(0)])
              for name in ("fraction", "low", "high", "excess")}  # fmt: skip
    return sums | _numbers(ratio, Fraction(**joined))


def _of_all(weekly: Weekly, *, resamples: int) -> Numbers:
    sums = _sums(weekly)
    hours = sums["inside_hours"] + sums["outside_hours"]
    share = np.divide(sums["inside_hours"], hours, out=np.zeros_like(hours), where=hours > 0)
    ratio = pooled_rate_ratio(sums["inside"], sums["inside"] + sums["outside"], share)
    fraction = pooled_fraction(weekly, ratio, generator=np.random.default_rng(SEED),
                               resamples=resamples)  # fmt: skip
    totals = {name: one.sum(keepdims=True) for name, one in sums.items()}
    return totals | _numbers(ratio, fraction)


def _numbers(ratio: Ratio, fraction: Fraction) -> Numbers:
    return {
        "rate_ratio": ratio.ratio,
        "rate_ratio_low": ratio.low,
        "rate_ratio_high": ratio.high,
        "p_exact": ratio.p,
        "attributable_fraction": fraction.fraction,
        "attributable_fraction_low": fraction.low,
        "attributable_fraction_high": fraction.high,
        "excess_incident_count": fraction.excess,
    }


def _judged(
    numbers: Numbers,
    names: NDArray[np.object_],
    changes: NDArray[np.int64],
    p: Floats,
    shifts: Floats,
    *,
    scope: str,
) -> pl.DataFrame:
    incidents = numbers["inside"] + numbers["outside"]
    said, adjusted = statements(incidents, changes, p, numbers["attributable_fraction_low"])
    figures = {
        "exposed_hours": numbers["inside_hours"],
        "other_hours": numbers["outside_hours"],
        **{name: one for name, one in numbers.items() if not name.startswith(("inside", "outs"))},
        "p_permutation": p,
        "p_adjusted": adjusted,
        "shift_count": shifts,
    }
    frame = pl.DataFrame(
        {
            "scope": [scope] * names.size,
            "scope_id": names.tolist(),
            "statement": said.tolist(),
            "change_event_count": changes.astype(np.int64),
            "exposed_incident_count": numbers["inside"].astype(np.int64),
            "other_incident_count": numbers["outside"].astype(np.int64),
            "seed": np.full(names.size, SEED, np.int64),
        },
        schema_overrides=dict.fromkeys(("scope", "scope_id", "statement"), pl.String),
    )
    return frame.with_columns(
        pl.Series(name, np.where(np.isfinite(one), one, np.nan), dtype=pl.Float64).fill_nan(None)
        for name, one in figures.items()
    )
