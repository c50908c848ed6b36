"""Whether something may begin, go on, or begin later: the decision of all windows together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DENY, ALLOW = "deny", "allow"
BLACKOUT, NOT_IN_WINDOW, NONE = "blackout", "not_in_allowed_window", "no_window_denies"


@dataclass(frozen=True)
class Opening:
    """One stretch of a window that binds the subject; `effect` is deny or allow."""

    window_id: str
    effect: str
    starts_at: datetime
    ends_at: datetime
    allows_overrun: bool = False
    title: str = ""

    def holds(self, instant: datetime) -> bool:
        """Whether the window is open at an instant."""
        return self.starts_at <= instant < self.ends_at


@dataclass(frozen=True)
class Decision:
    """Whether it is allowed, why, and the windows that decided."""

    is_allowed: bool
    reason_code: str
    windows: tuple[Opening, ...]


def decide(openings: Sequence[Opening], instant: datetime, *, has_allow: bool) -> Decision:
    """Return whether a deployment may begin at an instant.

    An open denial denies; where windows of allowed times bind the subject, one of them must be
    open; else it is allowed. `has_allow` says whether any binds it, open or not.
    Source: Argo CD, sync windows of projects
    """
    denying = tuple(one for one in openings if one.effect == DENY and one.holds(instant))
    if denying:
        return Decision(is_allowed=False, reason_code=BLACKOUT, windows=denying)
    allowing = tuple(one for one in openings if one.effect == ALLOW and one.holds(instant))
    if has_allow and not allowing:
        return Decision(is_allowed=False, reason_code=NOT_IN_WINDOW, windows=())
    return Decision(is_allowed=True, reason_code=NONE, windows=allowing)


def overruns(
    openings: Sequence[Opening], started: datetime, finished: datetime
) -> tuple[Opening, ...]:
    """Return the denials that a deployment ran into and that do not let it finish."""
    return tuple(
        one
        for one in openings
        if one.effect == DENY and not one.allows_overrun and started < one.starts_at < finished
    )


def next_slots(
    openings: Sequence[Opening],
    since: datetime,
    before: datetime,
    *,
    length: timedelta,
    has_allow: bool,
    most: int = 3,
) -> list[tuple[datetime, datetime]]:
    """Return the next stretches in which a deployment of some length may begin and end.

    Shape: (from, to) in order; each is free as a whole and at least `length` long, and lies in
    [since, before).
    Errors: ValueError for a length that is none.
    """
    if length <= timedelta(0):
        raise ValueError("a slot needs a length")
    inside = [one for one in openings if one.ends_at > since and one.starts_at < before]
    allowed = [(since, before)]
    if has_allow:
        allowed = merged([(o.starts_at, o.ends_at) for o in inside if o.effect == ALLOW])
    denied = merged([(o.starts_at, o.ends_at) for o in inside if o.effect == DENY])
    found = []
    for begins, ends in allowed:
        for free in without((max(begins, since), min(ends, before)), denied):
            if free[1] - free[0] >= length:
                found.append(free)
            if len(found) == most:
                return found
    return found


def merged(intervals: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return the union of intervals as disjoint ones, in order; those that touch are one."""
    united: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(intervals):
        if united and begins <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], ends))
        else:
            united.append((begins, ends))
    return united


def without(
    interval: tuple[datetime, datetime], denied: Sequence[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Return what is left of an interval; the denials are disjoint and in order."""
    begins, ends = interval
    left = []
    for denied_from, denied_to in denied:
        if denied_to <= begins:
            continue
        if denied_from >= ends:
            break
        if denied_from > begins:
            left.append((begins, denied_from))
        begins = max(begins, denied_to)
    if begins < ends:
        left.append((begins, ends))
    return left


def collisions(
    intervals: Sequence[tuple[str, datetime, datetime]],
) -> list[tuple[str, str]]:
    """Return the pairs of names whose half-open intervals overlap, by one sweep over the starts."""
    running: list[tuple[str, datetime]] = []
    found = []
    for name, begins, ends in sorted(intervals, key=lambda one: (one[1], one[2], one[0])):
        if ends <= begins:
            continue
        running = [(other, until) for other, until in running if until > begins]
        found += [tuple(sorted((other, name))) for other, _ in running]
        running.append((name, ends))
    return sorted((first, second) for first, second in found)
