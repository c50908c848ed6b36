"""Pairs of services that are deployed within the same hour, and whether they fail more often."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.statistics.neighbours import near_events
from transforms.statistics.together import LEAST_LISTED, judge, lift

REACH = 3600.0
# Pairs of changes near each other that are looked at: half a minute's work.
MOST_NEAR = 200_000_000
_SIDE = ("together_count", "together_failed_count", "alone_count", "alone_failed_count")


def codeployment_table(events: pl.DataFrame) -> pl.DataFrame:
    """Return one row a pair of services with at least five co-deployments.

    Shape of `events`: one row a change in the order of time, with service_id, exposed_seconds,
    is_blamed (an incident is attributed to it) and shared_with (numbers of the changes with which
    it shares an incident). Where too many changes are near each other, only the latest are counted;
    counted_from_seconds says from when on.
    """
    start = first_counted(events["exposed_seconds"].to_numpy(), most=MOST_NEAR)
    events = events.slice(start).with_columns(
        pl.col("shared_with").list.eval(pl.element().filter(pl.element() >= start) - start)
    )
    names, service = np.unique(events["service_id"].to_numpy().astype(str), return_inverse=True)
    since = float(events["exposed_seconds"].to_numpy()[0]) if events.height else 0.0
    ours = np.repeat(np.arange(events.height), events["shared_with"].list.len().to_numpy())
    theirs = events["shared_with"].explode().drop_nulls().to_numpy()
    blamed = events["is_blamed"].to_numpy()
    found = near_events(
        service, events["exposed_seconds"].to_numpy(), blamed, (ours, theirs),
        service_count=names.size, reach=REACH,
    )  # fmt: skip
    changes = np.bincount(service, minlength=names.size)
    failures = np.bincount(service[blamed], minlength=names.size)
    first, second = np.nonzero(np.triu(np.minimum(found.near, found.near.T) >= LEAST_LISTED, 1))
    sides = []
    for one, other in ((first, second), (second, first)):
        near, blames = found.near[one, other], found.blamed[one, other]
        alone, alone_failed = changes[one] - near, failures[one] - blames
        sides.append(dict(zip(_SIDE, (near, found.failed[one, other], alone, alone_failed),
                              strict=True)))  # fmt: skip
    counts = {name: np.stack([side[name] for side in sides], axis=1) for name in _SIDE}
    lifted = lift(counts["together_failed_count"], counts["together_count"],
                  counts["alone_failed_count"], counts["alone_count"])  # fmt: skip
    together = counts["together_count"].min(axis=1)
    said, adjusted = judge(lifted, together)
    is_tested = said != "too_little_data"
    numbers = {"lift": lifted.ratio, "lift_low": lifted.low, "lift_high": lifted.high,
               "p_value": lifted.p, "p_adjusted": adjusted}  # fmt: skip
    return pl.DataFrame(
        [
            pl.Series("service_id", names[first].tolist(), dtype=pl.String),
            pl.Series("other_service_id", names[second].tolist(), dtype=pl.String),
            pl.Series("statement", said.tolist(), dtype=pl.String),
            pl.Series("codeployment_count", together, dtype=pl.Int64),
            pl.Series("counted_from_seconds", [since] * together.size, dtype=pl.Float64),
            *(pl.Series(name, sides[0][name], dtype=pl.Int64) for name in _SIDE),
            *(pl.Series(f"other_{name}", sides[1][name], dtype=pl.Int64) for name in _SIDE),
            *(pl.Series(name, np.where(is_tested, one, np.nan), dtype=pl.Float64).fill_nan(None)
              for name, one in numbers.items()),
        ]
    )  # fmt: skip


def first_counted(exposed: NDArray[np.float64], *, most: int) -> int:
    """Return from which event on at most so many pairs of events lie within reach."""
    near = np.searchsorted(exposed, exposed + REACH, "right") - np.searchsorted(
        exposed, exposed - REACH, "left"
    )
    later = np.cumsum(near[::-1])
    return int(exposed.size - np.searchsorted(later, most, "right"))
