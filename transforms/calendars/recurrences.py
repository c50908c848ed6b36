"""When a window is open: once, by cron expressions, by a rule, or by an iCalendar file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from transforms.calendars.wall_clocks import instant_of, reading_of

# A zone's readings and UTC are never further apart than this.
MOST_OFFSET = timedelta(hours=27)
# The end of a pair of cron expressions comes within this time, or the pair is no window.
LONGEST_PAIR = timedelta(days=400)


class UnreadableRecurrence(ValueError):
    """A recurrence that is neither cron, rule nor calendar; the message says what is wrong."""


@dataclass(frozen=True)
class Recurrence:
    """How a window comes again, as its source states it.

    Shape: `text` is a cron expression, an RRULE, a whole iCalendar file, or None for a window that
    happens once, from `starts_at` to `ends_at`. A cron expression has either a duration or `until`,
    the cron expression of its end.
    """

    zone: ZoneInfo
    text: str | None = None
    until: str | None = None
    duration: timedelta | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


Interval = tuple[datetime, datetime]


def occurrences(one: Recurrence, since: datetime, before: datetime) -> list[Interval]:
    """Return the stretches of a window that touch [since, before), in order, each once.

    Errors: UnreadableRecurrence.
    """
    if one.text is None:
        if one.starts_at is None:
            return []
        found: Iterator[Interval] = iter([(one.starts_at, one.ends_at or before)])
    elif "BEGIN:VCALENDAR" in one.text:
        found = _of_calendar(one.text, one.zone, since, before)
    elif "FREQ=" in one.text.upper():
        found = _of_rule(one, since, before)
    elif one.until is not None:
        found = _of_cron_pair(one, since, before)
    else:
        found = _of_cron(one, since, before)
    touching = {pair for pair in found if pair[0] < before and since < pair[1] > pair[0]}
    if one.text is not None and "BEGIN:VCALENDAR" not in one.text:
        touching = {pair for pair in touching if _is_in_force(one, pair)}
    return sorted(touching)


def _is_in_force(one: Recurrence, pair: Interval) -> bool:
    """Whether an occurrence begins while the whole recurrence is in force."""
    is_begun = one.starts_at is None or pair[0] >= one.starts_at
    return is_begun and (one.ends_at is None or pair[0] < one.ends_at)


def _of_cron(one: Recurrence, since: datetime, before: datetime) -> Iterator[Interval]:
    if not one.duration or one.text is None:
        raise UnreadableRecurrence("a cron expression needs a duration or an end")
    for begins in cron_instants(one.text, one.zone, since - one.duration, before):
        yield begins, begins + one.duration


def _of_cron_pair(one: Recurrence, since: datetime, before: datetime) -> Iterator[Interval]:
    """Pair each start with the next end after it; starts in between belong to the same window."""
    if one.text is None or one.until is None:
        raise UnreadableRecurrence("a pair of cron expressions needs both")
    ends = cron_instants(one.until, one.zone, since - LONGEST_PAIR, before + LONGEST_PAIR)
    end = next(ends, None)
    for begins in cron_instants(one.text, one.zone, since - LONGEST_PAIR, before):
        while end is not None and end <= begins:
            end = next(ends, None)
        if end is None:
            return
        yield begins, end


def cron_instants(
    expression: str, zone: ZoneInfo, since: datetime, before: datetime
) -> Iterator[datetime]:
    """Yield the instants in [since, before) at which a cron expression comes due in a zone.

    Its readings are walked on a clock without zone, so that what falls into a gap or comes twice
    follows the rule of all wall clocks here, not that of some cron daemon.
    Errors: UnreadableRecurrence.
    """
    from cronsim import CronSim, CronSimError

    try:
        readings = CronSim(expression.strip(), reading_of(since - MOST_OFFSET, zone))
    except CronSimError as exc:
        raise UnreadableRecurrence(f"{expression!r} is no cron expression ({exc})") from None
    last: datetime | None = None
    for reading in readings:
        instant = instant_of(reading, zone)
        if instant >= before:
            return
        # Several readings of a gap are one instant.
        if instant >= since and instant != last:
            yield instant
        last = instant


def _of_rule(one: Recurrence, since: datetime, before: datetime) -> Iterator[Interval]:
    """Expand an RRULE, with or without a DTSTART of its own, as an event of a calendar."""
    lines = [line.strip() for line in (one.text or "").splitlines() if line.strip()]
    rules = [line if ":" in line.split("=")[0] else f"RRULE:{line}" for line in lines]
    if not any(line.upper().startswith("DTSTART") for line in rules):
        if one.starts_at is None:
            raise UnreadableRecurrence("a recurrence rule needs the start of its first occurrence")
        first = reading_of(one.starts_at, one.zone)
        rules.insert(0, f"DTSTART;TZID={one.zone.key}:{first:%Y%m%dT%H%M%S}")
    duration = one.duration
    if duration is None and one.starts_at is not None and one.ends_at is not None:
        duration = one.ends_at - one.starts_at
    if not duration:
        raise UnreadableRecurrence("a recurrence rule needs a duration")
    rules.append(f"DURATION:PT{int(duration.total_seconds())}S")
    text = "\r\n".join(
        ("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", *rules, "END:VEVENT", "END:VCALENDAR")
    )
    for begins, _ in _of_calendar(text, one.zone, since - duration, before):
        yield begins, begins + duration


def _of_calendar(
    text: str, zone: ZoneInfo, since: datetime, before: datetime
) -> Iterator[Interval]:
    for _, begins, ends in calendar_events(text, zone, since, before):
        yield begins, ends


def calendar_events(
    text: str, zone: ZoneInfo, since: datetime, before: datetime
) -> list[tuple[str, datetime, datetime]]:
    """Return title, start and end of the events of an iCalendar file that touch [since, before).

    Days without a time are days of the zone, EXDATE and RECURRENCE-ID as RFC 5545 has them;
    cancelled events are left out.
    Errors: UnreadableRecurrence.
    """
    import icalendar
    import recurring_ical_events  # type: ignore[import-untyped]

    try:
        calendar = icalendar.Calendar.from_ical(text)
        events = recurring_ical_events.of(calendar).between(
            (since - 2 * MOST_OFFSET).astimezone(UTC), (before + 2 * MOST_OFFSET).astimezone(UTC)
        )
        found = [
            (
                str(event.get("SUMMARY", "")),
                _instant(event["DTSTART"].dt, zone),
                _instant(event["DTEND"].dt, zone),
            )
            for event in events
            if str(event.get("STATUS", "")).upper() != "CANCELLED"
        ]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as exc:
        raise UnreadableRecurrence(f"the calendar cannot be read ({exc})") from None
    return sorted(
        (title, begins, ends)
        for title, begins, ends in found
        if begins < before and ends > since and ends > begins
    )


def _instant(moment: date | datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a day or reading of a calendar."""
    if not isinstance(moment, datetime):
        return instant_of(datetime.combine(moment, time()), zone)
    if moment.tzinfo is None:
        return instant_of(moment, zone)
    if isinstance(moment.tzinfo, ZoneInfo):
        return instant_of(moment.replace(tzinfo=None), moment.tzinfo)
    return moment.astimezone(UTC)
