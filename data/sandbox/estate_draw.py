"""Deployments, failures and incidents of an estate.

Everything of a block of services is drawn at once, as arrays; a block never refers to another.
"""

from dataclasses import dataclass, replace

import numpy as np

from data.sandbox.byte_rows import Flags, Whole
from data.sandbox.estate_graph import Commits, Plan, dependencies, sorted_times
from data.sandbox.estate_laws import Real
from data.sandbox.worktime import DAY, WorkCalendar

_MINUTE = 60
# More deployments are drawn than are kept, so that few repeat the version before.
_SPARE, _NEW_RATIO = 1.4, 0.97


@dataclass(frozen=True)
class Deployments:
    """Deployments in the order of service and time; `tip` is a commit's position."""

    service: Whole
    tip: Whole
    created_at: Whole
    finished_at: Whole
    is_production: Flags
    is_success: Flags
    is_rollback: Flags


@dataclass(frozen=True)
class Incidents:
    """Incidents with their true cause: a deployment's position, or -1."""

    service: Whole
    cause: Whole
    started_at: Whole
    detected_at: Whole
    acknowledged_at: Whole
    restored_at: Whole
    severity: Whole


@dataclass(frozen=True)
class Chances:
    """What the incidents were drawn from, as an oracle is told it.

    Shape: `failure` has one entry a deployment, the chance that it causes an incident. Units:
    `background` is the incidents of each service of the block that happen anyway, in all.
    """

    failure: Real
    background: float


@dataclass(frozen=True)
class Drawn:
    """Deployments and incidents of a block, and the chances behind them."""

    deployments: Deployments
    incidents: Incidents
    chances: Chances


def draw_deployments(
    rng: np.random.Generator, plan: Plan, calendar: WorkCalendar, commits: Commits
) -> Drawn:
    """Return deployments, the incidents they cause, and background incidents."""
    law = plan.law
    failing_count = round(plan.incidents * law.caused_ratio)
    rollback_count = round(failing_count * plan.rollback_ratio)
    first = _planned(rng, plan, calendar, commits, plan.deployments - rollback_count)
    # Larger batches fail more often, and so do some services.
    batch = np.maximum(np.diff(first.tip, prepend=first.tip[:1]), 0)
    batch[np.concatenate(([True], first.service[1:] != first.service[:-1]))] = 0
    fragile = np.exp(rng.normal(0, 0.6, int(plan.services.max()) + 1))[first.service]
    weight = np.where(first.is_production & first.is_success & (batch > 0), 1.0 + batch / 8, 0.0)
    weight = weight * fragile
    failing = np.sort(
        rng.choice(len(weight), failing_count, replace=False, p=weight / weight.sum())
    )
    started = first.finished_at[failing] + law.delay.draw(rng, failing_count)
    restored = started + np.exp(rng.normal(np.log(80 * _MINUTE), 0.9, failing_count)).astype(
        np.int64
    )
    previous = _previous_production(first)
    able = np.nonzero(previous[failing] >= 0)[0]
    undone = np.sort(rng.choice(able, min(rollback_count, len(able)), replace=False))
    everything, position = _with_rollbacks(
        first, failing[undone], previous[failing[undone]], restored[undone]
    )
    rest = plan.incidents - failing_count
    owner = np.concatenate((first.service[failing], rng.choice(plan.services, rest)))
    cause = np.concatenate((position[failing], np.full(rest, -1)))
    anyway = rng.integers(plan.start, plan.end, rest)
    if law.has_working_hours:
        low, high = np.interp([plan.start, plan.end], calendar.edges, calendar.working)
        anyway = _at(calendar, low + (anyway - plan.start) / (plan.end - plan.start) * (high - low))
    begun = np.concatenate((started, anyway))
    lasting = np.exp(rng.normal(np.log(70 * _MINUTE), 1.0, rest)).astype(np.int64)
    ended = np.concatenate((restored, begun[failing_count:] + lasting))
    incidents = _incidents(rng, owner, cause, begun, ended)
    if law.propagated_ratio:
        incidents = replace(incidents, service=_propagated(rng, plan, incidents))
    failure = np.zeros(len(everything.service))
    failure[position] = _chosen_chance(weight, failing_count)
    return Drawn(everything, incidents, Chances(failure, rest / len(plan.services)))


def _at(calendar: WorkCalendar, working: Real) -> Whole:
    return np.interp(working, calendar.working, calendar.edges).astype(np.int64)


def _propagated(rng: np.random.Generator, plan: Plan, incidents: Incidents) -> Whole:
    """Return where each incident shows: on its service, or on one that depends on it."""
    graph = dependencies(plan.service_count)
    low = np.searchsorted(graph.upstream, incidents.service, side="left")
    high = np.searchsorted(graph.upstream, incidents.service, side="right")
    is_moved = rng.random(len(low)) < plan.law.propagated_ratio
    is_moved &= (incidents.cause >= 0) & (high > low)
    place = low + (rng.random(len(low)) * (high - low)).astype(np.int64)
    moved = graph.service[np.minimum(place, len(graph.service) - 1)]
    return np.where(is_moved, moved, incidents.service)


def _chosen_chance(weight: Real, count: int) -> Real:
    """Return the chance of each to be among `count` chosen one after another by weight.

    Source: Rosén (1972): 1 - exp(-t w), with t such that the chances add up to the count.
    """
    low, high = 0.0, 1.0
    while -np.expm1(-high * weight).sum() < count and high < 1e12:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        is_low = -np.expm1(-middle * weight).sum() < count
        low, high = (middle, high) if is_low else (low, middle)
    chance: Real = -np.expm1(-high * weight)
    return chance if count else np.zeros(len(weight))


def _planned(
    rng: np.random.Generator, plan: Plan, calendar: WorkCalendar, commits: Commits, count: int
) -> Deployments:
    share = plan.commits / plan.commits.sum()
    drawn = int(count * _SPARE)
    service = np.sort(rng.choice(plan.services, drawn, p=share))
    created = sorted_times(rng, service, calendar, plan.start + DAY, plan.end - DAY)
    span = np.int64(plan.end - plan.start + 10 * DAY)
    keys = commits.service[commits.tips] * span + (commits.tip_at - plan.start)
    wanted = service * span + (created - plan.start)
    tip = commits.tips[np.searchsorted(keys, wanted, side="right") - 1]
    kept = _mostly_new(rng, tip, count)
    service, created, tip = service[kept], created[kept], tip[kept]
    duration = np.exp(rng.normal(np.log(9 * _MINUTE), 0.6, count)).astype(np.int64)
    return Deployments(
        service=service,
        tip=tip,
        created_at=created,
        finished_at=created + duration,
        is_production=rng.random(count) < plan.production_ratio,
        is_success=rng.random(count) > 0.03,
        is_rollback=np.zeros(count, dtype=np.bool_),
    )


def _mostly_new(rng: np.random.Generator, tip: Whole, count: int) -> Whole:
    """Return `count` positions, of which few repeat what was deployed before."""
    is_new = np.concatenate(([True], tip[1:] != tip[:-1]))
    new, old = np.nonzero(is_new)[0], np.nonzero(~is_new)[0]
    wanted = min(len(new), round(count * _NEW_RATIO))
    wanted = max(wanted, count - len(old))
    chosen = (
        rng.choice(new, wanted, replace=False),
        rng.choice(old, count - wanted, replace=False),
    )
    return np.sort(np.concatenate(chosen))


def _previous_production(rows: Deployments) -> Whole:
    """Return the position of the deployment that was live before, of another commit; or -1."""
    is_live = rows.is_production & rows.is_success
    live = np.nonzero(is_live)[0]
    service, tip = rows.service[live], rows.tip[live]
    is_new = np.concatenate(([True], (service[1:] != service[:-1]) | (tip[1:] != tip[:-1])))
    version = np.cumsum(is_new) - 1
    starts = np.nonzero(is_new)[0]
    before = np.where(version > 0, starts[np.maximum(version - 1, 0)], -1)
    same = (before >= 0) & (service[np.maximum(before, 0)] == service)
    result = np.full(len(rows.service), -1, dtype=np.int64)
    result[live] = np.where(same, live[np.maximum(before, 0)], -1)
    return result


def _with_rollbacks(
    rows: Deployments, undone: Whole, target: Whole, restored: Whole
) -> tuple[Deployments, Whole]:
    """Return all deployments with rollbacks in their place, and where the first ones went."""
    count, added = len(rows.service), len(undone)
    created = np.concatenate((rows.created_at, restored - 8 * _MINUTE))
    service = np.concatenate((rows.service, rows.service[undone]))
    order = np.lexsort((created, service))
    position = np.empty(count + added, dtype=np.int64)
    position[order] = np.arange(count + added)
    true = np.ones(added, dtype=np.bool_)
    columns = Deployments(
        service=service[order],
        tip=np.concatenate((rows.tip, rows.tip[target]))[order],
        created_at=created[order],
        finished_at=np.concatenate((rows.finished_at, restored - 3 * _MINUTE))[order],
        is_production=np.concatenate((rows.is_production, true))[order],
        is_success=np.concatenate((rows.is_success, true))[order],
        is_rollback=np.concatenate((rows.is_rollback, true))[order],
    )
    return columns, position[:count]


def _incidents(
    rng: np.random.Generator, service: Whole, cause: Whole, started: Whole, restored: Whole
) -> Incidents:
    count = len(service)
    order = np.lexsort((service, started))
    lasting = np.maximum(restored - started, 6 * _MINUTE)
    detected = started + (lasting * rng.uniform(0.02, 0.3, count)).astype(np.int64)
    known = detected + (lasting * rng.uniform(0.02, 0.3, count)).astype(np.int64)
    severity = 1 + np.searchsorted(np.cumsum((0.08, 0.34, 0.38, 0.15)), rng.random(count))
    return Incidents(
        service=service[order],
        cause=cause[order],
        started_at=started[order],
        detected_at=detected[order],
        acknowledged_at=known[order],
        restored_at=(started + lasting)[order],
        severity=severity.astype(np.int64)[order],
    )
