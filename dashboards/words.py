"""Numbers, dates and counts in the words that pages use; pure functions of their arguments."""

import math
import re
from collections.abc import Sequence
from datetime import date, datetime

DASH = "–"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def clean_number(value: float | None) -> float | None:
    """Return the number, or None when it is missing or not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)


def duration_parts(seconds: float | None) -> tuple[tuple[str, str], ...]:
    """Return a duration as pairs of figure and unit, largest first; empty when unknown.

    Units: seconds in; at most two pairs out, days with one decimal below 100.
    """
    known = clean_number(seconds)
    if known is None:
        return ()
    if known < 0:
        return tuple((f"-{figure}" if i == 0 else figure, unit)
                     for i, (figure, unit) in enumerate(duration_parts(-known)))  # fmt: skip
    if round(known) < MINUTE:
        return ((f"{round(known)}", "s"),)
    minutes = round(known / MINUTE)
    if minutes < 60:
        return ((f"{minutes}", "min"),)
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        return ((f"{hours}", "h"), (f"{rest}", "min")) if rest else ((f"{hours}", "h"),)
    days = known / DAY
    return ((f"{days:.1f}", "d"),) if days < 99.95 else ((f"{days:,.0f}", "d"),)


def duration_words(seconds: float | None) -> str:
    """Return a duration as it is read aloud: `3 h 12 min`, `2.4 d`."""
    return " ".join(f"{figure} {unit}" for figure, unit in duration_parts(seconds)) or DASH


def figure_words(value: float | None) -> str:
    """Return a plain figure: one decimal below ten when it has any, thousands separated."""
    known = clean_number(value)
    if known is None:
        return DASH
    if abs(known) < 9.95 and abs(known - round(known)) > 0.05:
        return f"{known:.1f}"
    return f"{round(known):,}"


def percent_words(ratio: float | None, *, n: int) -> str:
    """Return a share as percent: no decimals below 100 observations, one from there on."""
    percent = clean_number(None if ratio is None else ratio * 100)
    if percent is None:
        return DASH
    if 0 < percent < 0.5 and n < 100:
        return "under 1 %"
    if 99.5 <= percent < 100:
        return f"{math.floor(percent * 10) / 10:.1f} %"
    if n >= 100 and percent < 9.95 and abs(percent - round(percent)) >= 0.05:
        return f"{percent:.1f} %"
    return f"{percent:.0f} %"


def short_unit(unit: str, *, figure: str = "") -> str:
    """Return a unit without the noun that the label beside it names; one of it is singular."""
    short = unit.removeprefix("deployments ").removeprefix("incidents ")
    return re.sub(r"^(\w+)s\b", r"\1", short) if figure == "1" else short


def value_words(value: float | None, *, unit: str, n: int) -> str:
    """Return a metric's value with its unit, by the unit that its definition names."""
    if unit == "seconds":
        return duration_words(value)
    if unit == "ratio":
        return percent_words(value, n=n)
    figure = figure_words(value)
    return DASH if figure == DASH else f"{figure} {short_unit(unit, figure=figure)}".strip()


def between_words(low: float | None, high: float | None, *, unit: str, n: int) -> str:
    """Return an interval as `1.6 d to 2.0 d`, or a dash when either end is unknown."""
    if clean_number(low) is None or clean_number(high) is None:
        return DASH
    if unit in ("seconds", "ratio"):
        first, last = (value_words(end, unit=unit, n=n) for end in (low, high))
        return first if first == last else f"{first} to {last}"
    first, last = figure_words(low), figure_words(high)
    return first if first == last else f"{first} to {last}"


def count_words(count: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun in the right number: `1 change`, `1,499 changes`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def share_sentence(
    part: int, whole: int, ratio: float | None, low: float | None, high: float | None, *, did: str
) -> str:
    """Return a share in words: `3 of 41 deployments failed (7 %, likely between 2 % and 20 %)`."""
    if whole == 0:
        return "No deployments in this period"
    of = f"{part:,} of {count_words(whole, 'deployment')} {did}"
    ends = [percent_words(end, n=whole) for end in (low, high)]
    likely = f", likely between {ends[0]} and {ends[1]}" if DASH not in ends else ""
    return f"{of} ({percent_words(ratio, n=whole)}{likely})"


def date_words(day: date | None) -> str:
    """Return a day as `22 Nov 2026`."""
    return DASH if day is None else f"{day.day} {day:%b %Y}"


def moment_words(moment: datetime | None) -> str:
    """Return an instant to the minute as `22 Nov 2026 09:00`, in the zone it carries."""
    return DASH if moment is None else f"{date_words(moment)} {moment:%H:%M}"


def names_words(names: Sequence[str], *, most: int = 3) -> str:
    """Return names as a list in words, the tail counted: `A, B and 4 others`."""
    if len(names) > most:
        rest = len(names) - (most - 1)
        return f"{', '.join(names[: most - 1])} and {rest} others"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
