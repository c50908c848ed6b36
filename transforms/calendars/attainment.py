"""How much of a period a vendor was available, and what that allows for a chain of vendors."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import prod

from transforms.calendars.decisions import merged, without

Interval = tuple[datetime, datetime]


def downtime(
    outages: Sequence[Interval],
    since: datetime,
    before: datetime,
    *,
    excluded: Sequence[Interval] = (),
) -> timedelta:
    """Return how long at least one outage lasted in [since, before), without excluded stretches."""
    clipped = [(max(begins, since), min(ends, before)) for begins, ends in outages]
    left = [
        part
        for outage in merged([one for one in clipped if one[0] < one[1]])
        for part in without(outage, merged(excluded))
    ]
    return sum((ends - begins for begins, ends in left), timedelta(0))


def attainment(down: timedelta, since: datetime, before: datetime) -> float | None:
    """Return the share of a period that was not down; None of no period."""
    period = before - since
    return None if period <= timedelta(0) else 1 - down / period


def availability_bound(ratios: Iterable[float]) -> float:
    """Return the most that is available when all of several must be: their product."""
    return prod(ratios)


def months(since: datetime, before: datetime) -> list[Interval]:
    """Return the calendar months that touch [since, before), the last one cut off there."""
    begins = since.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = []
    while begins < before:
        ends = (begins + timedelta(days=32)).replace(day=1)
        found.append((begins, min(ends, before)))
        begins = ends
    return found


def vendor_months(
    outages: Sequence[Interval],
    maintenances: Sequence[Interval],
    *,
    since: datetime,
    before: datetime,
    excludes_maintenance: bool,
) -> list[dict[str, object]]:
    """Return the months of a vendor with its downtime.

    Shape: month_start_at, period_end_at, downtime_seconds, outage_count, is_complete.
    """
    excluded = maintenances if excludes_maintenance else ()
    found: list[dict[str, object]] = []
    for begins, ends in months(since, before):
        touching = [one for one in outages if one[0] < ends and one[1] > begins]
        down = downtime(touching, begins, ends, excluded=excluded)
        found.append(
            {
                "month_start_at": begins,
                "period_end_at": ends,
                "downtime_seconds": down.total_seconds(),
                "outage_count": len(touching),
                "is_complete": ends.day == 1 and ends > begins and ends != before,
            }
        )
    return found
