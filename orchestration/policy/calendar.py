"""Windows of the organisation's own calendar, and the templates that say them shortly."""

import hashlib
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeInt, ValidationInfo, model_validator

from orchestration.part import Hours, Part, Zone

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES = 60
STRETCH = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
LARGEST_CALENDAR = 4_000_000
FOLD = re.compile(r"\r?\n[ \t]")
TIMES = frozenset(
    (
        "BEGIN",
        "END",
        "VERSION",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "RECURRENCE-ID",
        "SEQUENCE",
        "STATUS",
        "TZID",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "TZNAME",
    )
)


class Window(Part):
    """One window: once, by a cron expression or rule, by a calendar file, or by hours of days.

    `ics` names an iCalendar file relative to policy.yml; its text becomes the recurrence when the
    policy is read, so that a later change of the file is a new version of the window.
    """

    kind: str = Field(pattern=r"^[a-z][a-z_]*$")
    title: str | None = None
    services: tuple[str, ...] | None = None
    teams: tuple[str, ...] | None = None
    tiers: tuple[NonNegativeInt, ...] | None = None
    environments: tuple[str, ...] | None = None
    vendor: str | None = None
    zone: Zone | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    announced_at: datetime | None = None
    recurrence: str | None = None
    recurrence_end: str | None = None
    duration_seconds: float | None = Field(default=None, gt=0)
    ics: str | None = None
    hours: Hours | None = None
    days: tuple[Weekday, ...] | None = None
    allows_overrun: bool = False

    @model_validator(mode="before")
    @classmethod
    def _write_out(cls, values: Any, info: ValidationInfo) -> Any:
        """Turn hours of days into a cron expression, and the name of a calendar into its text."""
        if not isinstance(values, dict):
            return values
        told = dict(values)
        given = [name for name in ("recurrence", "ics", "hours") if told.get(name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} say the same thing; leave one of them")
        if isinstance(told.get("ics"), str):
            told["recurrence"] = _calendar(told.pop("ics"), info)
        if stretch := STRETCH.fullmatch(str(told.get("hours", ""))):
            told |= _cron(stretch, told.pop("days", None) or WEEKDAYS[:5])
        return told

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        if self.recurrence is None and self.starts_at is None:
            raise ValueError("says no time: give starts_at, recurrence, hours or ics")
        for instant in (self.starts_at, self.ends_at, self.announced_at):
            if instant is not None and instant.tzinfo is None:
                raise ValueError("an instant needs its zone, such as 2026-12-20T00:00:00+01:00")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("ends before it begins")
        is_cron = self.recurrence is not None and "BEGIN:VCALENDAR" not in self.recurrence
        if is_cron and self.duration_seconds is None and self.recurrence_end is None:
            raise ValueError("a recurrence needs duration_seconds or recurrence_end")
        return self


def _cron(stretch: re.Match[str], days: Any) -> dict[str, Any]:
    """Return a stretch of the day on some days as a cron expression and a duration.

    One that ends before it begins is left to the check of the hours.
    """
    first_hour, first_minute, last_hour, last_minute = map(int, stretch.groups())
    minutes = (last_hour - first_hour) * MINUTES + last_minute - first_minute
    if minutes <= 0:
        return {}
    weekdays = ",".join(str(WEEKDAYS.index(day) + 1) for day in days if day in WEEKDAYS)
    return {
        "recurrence": f"{first_minute} {first_hour} * * {weekdays}",
        "duration_seconds": minutes * 60,
    }


def _calendar(name: str, info: ValidationInfo) -> str:
    """Return the text of a calendar file beside the policy."""
    folder = (info.context or {}).get("folder")
    if folder is None:
        raise ValueError("ics needs a policy that is a file, beside which the calendar lies")
    file = Path(folder) / name
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{name} cannot be read; give its path beside policy.yml") from None
    if "BEGIN:VCALENDAR" not in text or len(text) > LARGEST_CALENDAR:
        raise ValueError(f"{name} is no iCalendar file of at most {LARGEST_CALENDAR:,} letters")
    return times_of_calendar(text)


def times_of_calendar(text: str) -> str:
    """Return an iCalendar file with its times alone: who is invited, and to what, is left out."""
    kept = []
    for line in FOLD.sub("", text).splitlines():
        name = re.split("[;:]", line, maxsplit=1)[0].upper()
        if name == "UID":
            kept.append(f"UID:{hashlib.sha256(line.encode()).hexdigest()[:16]}")
        elif name in TIMES:
            kept.append(line)
    return "\r\n".join([*kept, ""])
