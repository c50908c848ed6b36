"""An estate as arrays: what is known of its deployments and incidents, and the truth beside it.

Services are numbered from 0, as all positions in arrays are. Instants are epoch seconds.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from data.sandbox.byte_rows import Whole
from data.sandbox.estate_draw import Deployments
from data.sandbox.estate_graph import dependencies
from data.sandbox.estate_laws import FailureLaw, Real
from data.sandbox.estates import Block, Size, draw_blocks
from data.sandbox.worktime import DAY, WorkCalendar, open_calendar
from data.sandbox.world import DEFAULT_END

_MOST_HOPS = 2


@dataclass(frozen=True)
class Known:
    """What a product sees that has read everything.

    Shape: `event_...` and `batch` have one entry a deployment that reached production, in the
    order of services; `impact_at` and `incident_service` one an incident; `reach_...` one for each
    service and each that it needs, at most two hops away, itself with 0. `batch` counts the commits
    that were not in production before; nan for a service's first deployment.
    """

    event_service: Whole
    started_at: Real
    finished_at: Real
    batch: Real
    impact_at: Real
    incident_service: Whole
    reach_service: Whole
    reach_upstream: Whole
    reach_hops: Whole
    tier: Whole
    observed: tuple[float, float]


@dataclass(frozen=True)
class Causes:
    """What nobody sees: the cause of each incident, and the rates that incidents were drawn from.

    Shape: `cause` has one entry an incident, a position among the events or -1; `failure` one an
    event, the chance that it causes an incident; `background` one a service, its incidents that
    happen anyway over the whole time.
    """

    law: FailureLaw
    cause: Whole
    failure: Real
    background: Real
    calendar: WorkCalendar

    def event_rate(self, known: Known, incident: Whole, event: Whole) -> Real:
        """Return at which rate events cause an incident on its service at its instant, a second."""
        delay = (known.impact_at[incident] - known.finished_at[event]).astype(np.int64)
        own, other = known.event_service[event], known.incident_service[incident]
        graph = dependencies(len(known.tier))
        served = np.bincount(graph.upstream - 1, minlength=len(known.tier))[own]
        pairs = (graph.upstream - 1) * len(known.tier) + graph.service - 1
        is_next = np.isin(own * len(known.tier) + other, pairs)
        stays = np.where(served > 0, 1 - self.law.propagated_ratio, 1.0)
        moves = np.where(is_next, self.law.propagated_ratio / np.maximum(served, 1), 0.0)
        rate: Real = self.failure[event] * self.law.delay.chance(delay)
        return rate * np.where(own == other, stays, moves)

    def background_rate(self, known: Known) -> Real:
        """Return at which rate each incident's service has incidents anyway, then, a second."""
        since, until = known.observed
        own = self.background[known.incident_service]
        if not self.law.has_working_hours:
            return own / (until - since)
        edges, working = self.calendar.edges, self.calendar.working
        low, high = np.interp([since, until], edges, working)
        hour = np.clip(np.searchsorted(edges, known.impact_at, side="right"), 1, len(edges) - 1)
        pace: Real = (working[hour] - working[hour - 1]) / (edges[hour] - edges[hour - 1])
        return own * pace / (high - low)


def draw_arrays(
    size: Size, *, seed: int = 1, end: datetime = DEFAULT_END, law: FailureLaw | None = None
) -> tuple[Known, Causes]:
    """Draw an estate as arrays; the same one that `write_estate` writes with these arguments."""
    last = int(end.timestamp())
    start = last - size.days * DAY
    parts = [_reduced(block) for block in draw_blocks(size, seed=seed, end=end, law=law)]
    counts = np.array([len(part.event_service) for part in parts])
    shift = np.repeat(np.cumsum(counts) - counts, [len(part.cause) for part in parts])
    cause = np.concatenate([part.cause for part in parts])
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("event_service", "started_at", "finished_at", "batch", "impact_at")
    }
    service, upstream, hops = _reach(size.services)
    known = Known(
        **columns,
        incident_service=np.concatenate([part.incident_service for part in parts]),
        reach_service=service,
        reach_upstream=upstream,
        reach_hops=hops,
        tier=1 + np.arange(1, size.services + 1) % 4,
        observed=(float(start), float(last)),
    )
    causes = Causes(
        law=law or FailureLaw(),
        cause=np.where(cause >= 0, cause + shift, -1),
        failure=np.concatenate([part.failure for part in parts]),
        background=np.concatenate([part.background for part in parts]),
        calendar=open_calendar("Europe/London", start=start, end=last),
    )
    return known, causes


@dataclass(frozen=True)
class _Part:
    """What is kept of one block."""

    event_service: Whole
    started_at: Real
    finished_at: Real
    batch: Real
    impact_at: Real
    incident_service: Whole
    cause: Whole
    failure: Real
    background: Real


def _reduced(block: Block) -> _Part:
    rows, incidents = block.drawn.deployments, block.drawn.incidents
    reached = np.flatnonzero(rows.is_production & rows.is_success)
    event = np.full(len(rows.service) + 1, -1, dtype=np.int64)
    event[reached] = np.arange(len(reached))
    begun = incidents.started_at <= block.plan.end
    anyway = block.drawn.chances.background
    return _Part(
        event_service=rows.service[reached] - 1,
        started_at=rows.created_at[reached].astype(np.float64),
        finished_at=rows.finished_at[reached].astype(np.float64),
        batch=_batches(rows, reached),
        impact_at=incidents.started_at[begun].astype(np.float64),
        incident_service=incidents.service[begun] - 1,
        cause=event[incidents.cause[begun]],
        failure=block.drawn.chances.failure[reached],
        background=np.full(len(block.plan.services), anyway),
    )


def _batches(rows: Deployments, reached: Whole) -> Real:
    """Return how many commits each brings to production; they stand in the order of services."""
    service, newest = rows.service[reached], np.maximum.accumulate(rows.tip[reached])
    batch = np.diff(newest, prepend=newest[:1]).astype(np.float64)
    is_first = np.concatenate(([True], service[1:] != service[:-1]))[: len(service)]
    batch[is_first] = np.nan
    return batch


def _reach(service_count: int) -> tuple[Whole, Whole, Whole]:
    """Return (service, upstream, hops) by the shortest way, in the order of services."""
    graph = dependencies(service_count)
    needs: dict[int, set[int]] = {number: set() for number in range(service_count)}
    for service, upstream in zip(graph.service.tolist(), graph.upstream.tolist(), strict=True):
        needs[service - 1].add(upstream - 1)
    rows: list[tuple[int, int, int]] = []
    for service in range(service_count):
        seen, edge = {service}, {service}
        for hops in range(_MOST_HOPS + 1):
            rows.extend((service, upstream, hops) for upstream in sorted(edge))
            edge = {further for near in edge for further in needs[near]} - seen
            seen |= edge
    service_column, upstream_column, hops_column = np.array(rows, dtype=np.int64).T
    return service_column, upstream_column, hops_column
