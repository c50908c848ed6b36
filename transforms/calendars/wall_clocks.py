"""What a clock on the wall says, as an instant; clocks are set forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def instant_of(reading: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which a clock in a zone shows a reading.

    A reading that comes twice is the first of the two; one that is skipped is the first instant
    after the gap.
    Errors: ValueError for a reading that has a zone already.
    """
    if reading.tzinfo is not None:
        raise ValueError("a reading of a wall clock has no zone of its own")
    early = reading.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == reading:
        return early
    # In a gap the two folds stand on both sides of it; the clock jumps in between.
    before, after = sorted((early, reading.replace(tzinfo=zone, fold=1).astimezone(UTC)))
    former = before.astimezone(zone).utcoffset()
    while after - before > MINUTE:
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        if middle <= before:
            break
        if middle.astimezone(zone).utcoffset() == former:
            before = middle
        else:
            after = middle
    return after


def reading_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return what a clock in a zone shows at an instant, without the zone."""
    return instant.astimezone(zone).replace(tzinfo=None)
