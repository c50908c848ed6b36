"""Which change events come into question as the cause of an incident: nearness in service and time.

Pure functions on arrays. Services, events and incidents are numbers from 0; instants are epoch
seconds. Source of the rules: transforms/metrics.md, section 11.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Flags = NDArray[np.bool_]

HOUR = 3600.0
WINDOW_SECONDS = 72 * HOUR
SKEW_SECONDS = 120.0
MOST_HOPS = 2
# Events are searched by when they ended; one group for each length keeps the ranges short.
_LENGTHS = (2 * HOUR, 12 * HOUR, 72 * HOUR, 30 * 24 * HOUR, np.inf)


@dataclass(frozen=True)
class ChangeEvents:
    """What altered production.

    Shape: arrays of one length. Units: epoch seconds; `finished_at` is nan while it runs; `batch`
    counts the changes in it, nan when unknown; `type` numbers the kinds of change events.
    """

    service: Whole
    type: Whole
    started_at: Real
    exposed_at: Real
    finished_at: Real
    batch: Real


@dataclass(frozen=True)
class Incidents:
    """Incidents and the services they are on.

    Shape: `impact_at` has one entry an incident; `incident` and `service` one a membership.
    """

    impact_at: Real
    incident: Whole
    service: Whole

    @property
    def count(self) -> int:
        """Return how many incidents there are."""
        return len(self.impact_at)


@dataclass(frozen=True)
class Reach:
    """From which upstream services trouble can reach a service, itself with 0 hops."""

    service: Whole
    upstream: Whole
    hops: Whole


@dataclass(frozen=True)
class Candidates:
    """Pairs of an incident and a change event, in the order of incidents.

    Units: `seconds_before` runs from the event's end to the impact; 0 while the event ran.
    """

    incident: Whole
    event: Whole
    hops: Whole
    seconds_before: Real
    is_in_flight: Flags


def find_candidates(
    incidents: Incidents,
    events: ChangeEvents,
    reach: Reach,
    *,
    window_seconds: float = WINDOW_SECONDS,
    skew_seconds: float = SKEW_SECONDS,
) -> Candidates:
    """Return every event that may have caused an incident.

    The event is on a service of the incident or at most two hops upstream, began before the impact
    (give or take the skew of clocks) and ended at most one window before it. An event that began
    later is vetoed, so what was deployed to mend an incident never is its cause.
    """
    incident, service, hops = _reached(incidents, reach)
    impact = incidents.impact_at[incident]
    finished = np.where(np.isnan(events.finished_at), np.inf, events.finished_at)
    row, event = _near(service, impact, events, finished, window_seconds)
    is_early = events.started_at[event] <= impact[row] + skew_seconds
    row, event = row[is_early], event[is_early]
    since_end = impact[row] - finished[event]
    order = np.argsort(incident[row], kind="stable")
    row, event, since_end = row[order], event[order], since_end[order]
    return Candidates(
        incident=incident[row],
        event=event,
        hops=hops[row],
        seconds_before=np.maximum(since_end, 0.0),
        is_in_flight=since_end < 0,
    )


def expand(first: Whole, last: Whole) -> tuple[Whole, Whole]:
    """Return for ranges [first, last) the range number and each whole number in it."""
    counts = np.maximum(last - first, 0)
    row = np.repeat(np.arange(len(first)), counts)
    ends = np.cumsum(counts)
    within = np.arange(len(row)) - np.repeat(ends - counts, counts)
    return row, first[row] + within


def _reached(incidents: Incidents, reach: Reach) -> tuple[Whole, Whole, Whole]:
    """Return each incident with every service that can reach it, by the shortest way."""
    near = reach.hops <= MOST_HOPS
    order = np.argsort(reach.service[near], kind="stable")
    of, upstream, hops = (
        column[near][order] for column in (reach.service, reach.upstream, reach.hops)
    )
    first = np.searchsorted(of, incidents.service, side="left")
    last = np.searchsorted(of, incidents.service, side="right")
    row, place = expand(first, last)
    incident, service, distance = incidents.incident[row], upstream[place], hops[place]
    if len(np.unique(incidents.incident)) < len(incidents.incident):
        order = np.lexsort((distance, service, incident))
        incident, service, distance = incident[order], service[order], distance[order]
        is_first = np.ones(len(order), dtype=np.bool_)
        is_first[1:] = (incident[1:] != incident[:-1]) | (service[1:] != service[:-1])
        incident, service, distance = incident[is_first], service[is_first], distance[is_first]
    return incident, service, distance


def _near(
    service: Whole, impact: Real, events: ChangeEvents, finished: Real, window_seconds: float
) -> tuple[Whole, Whole]:
    """Return (row, event) with the event's end from one window before the impact on."""
    if not len(impact) or not len(finished):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    found = list(_near_by_length(service, impact, events, finished, window_seconds))
    rows, members = zip(*found, strict=True)
    return np.concatenate(rows), np.concatenate(members)


def _near_by_length(
    service: Whole, impact: Real, events: ChangeEvents, finished: Real, window_seconds: float
) -> Iterator[tuple[Whole, Whole]]:
    started = events.started_at
    low = min(float(impact.min()) - window_seconds, float(started.min()))
    high = max(float(impact.max()), float(started.max())) + 31 * 24 * HOUR
    span = high - low + 1.0
    lasted = finished - started
    above = -np.inf
    for longest in _LENGTHS:
        member = np.flatnonzero((lasted > above) & (lasted <= longest))
        above = longest
        ended = np.clip(finished[member], low, high) - low
        key = events.service[member] * span + ended
        order = np.argsort(key, kind="stable")
        member, key = member[order], key[order]
        since = np.clip(impact - window_seconds, low, high) - low
        until = np.clip(impact + longest, low, high) - low
        first = np.searchsorted(key, service * span + since, side="left")
        last = np.searchsorted(key, service * span + until, side="right")
        row, place = expand(first, last)
        yield row, member[place]
