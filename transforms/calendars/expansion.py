"""Every version of every window as the stretches in which it is open."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from transforms.calendars.decisions import merged
from transforms.calendars.recurrences import Recurrence, UnreadableRecurrence, occurrences

Row = dict[str, Any]


def expand(windows: Iterable[Mapping[str, Any]], since: datetime, before: datetime) -> list[Row]:
    """Return a row a stretch of each window, and a row with `problem` for one that is unreadable.

    Shape: calendar_window_id, version_number, starts_at, ends_at, problem. Stretches of one window
    that touch are one. Windows are rows of calendar_windows; instants in and out are UTC without a
    zone.
    """
    found: list[Row] = []
    for window in windows:
        key = {
            "calendar_window_id": window["calendar_window_id"],
            "version_number": window["version_number"],
        }
        try:
            stretches = merged(occurrences(_recurrence(window), _aware(since), _aware(before)))
        except UnreadableRecurrence as exc:
            found.append({**key, "starts_at": None, "ends_at": None, "problem": str(exc)})
            continue
        found += [
            {**key, "starts_at": _naive(begins), "ends_at": _naive(ends), "problem": None}
            for begins, ends in stretches
        ]
    return found


def _recurrence(window: Mapping[str, Any]) -> Recurrence:
    zone = window["timezone"] or "UTC"
    seconds = window["duration_seconds"]
    starts_at, ends_at = window["starts_at"], window["ends_at"]
    if ends_at is None and starts_at is not None and seconds and window["recurrence"] is None:
        ends_at = starts_at + timedelta(seconds=seconds)
    try:
        return Recurrence(
            zone=ZoneInfo(zone),
            text=window["recurrence"],
            until=window["recurrence_end"],
            duration=None if seconds is None else timedelta(seconds=seconds),
            starts_at=None if starts_at is None else _aware(starts_at),
            ends_at=None if ends_at is None else _aware(ends_at),
        )
    except (ZoneInfoNotFoundError, ValueError):
        raise UnreadableRecurrence(f"{zone!r} is no time zone") from None


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC)


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
