"""Columns of an estate: commit graphs with merges, deployments, failures and incidents.

Everything of a block of services is drawn at once, as arrays; a block never refers to another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.sandbox.byte_rows import Flags, Whole
from data.sandbox.worktime import DAY, HOUR, WorkCalendar

_MINUTE = 60
_MERGE_END_RATIO = 0.42


@dataclass(frozen=True)
class Plan:
    """How many rows a block has, and when it happens."""

    start: int
    end: int
    services: Whole
    commits: Whole
    deployments: int
    incidents: int
    production_ratio: float = 0.8
    caused_ratio: float = 0.65
    rollback_ratio: float = 0.45


@dataclass(frozen=True)
class Commits:
    """Commits in the order of their merges; parents are positions, -1 for none."""

    service: Whole
    first_parent: Whole
    second_parent: Whole
    authored_at: Whole
    committed_at: Whole
    is_revert: Flags
    tips: Whole
    tip_at: Whole


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


def sorted_times(
    rng: np.random.Generator, owner: Whole, calendar: WorkCalendar, start: int, end: int
) -> Whole:
    """Return one instant for each row, ascending within each owner, dense in working hours."""
    draws = rng.random(len(owner))
    draws = draws[np.lexsort((draws, owner))]
    low, high = np.interp([start, end], calendar.edges, calendar.working)
    return np.interp(low + draws * (high - low), calendar.working, calendar.edges).astype(np.int64)


def draw_commits(rng: np.random.Generator, plan: Plan, calendar: WorkCalendar) -> Commits:
    """Return graphs in which about a quarter of the commits are merges of short branches."""
    service = np.repeat(plan.services, plan.commits)
    count = len(service)
    place = np.arange(count)
    is_end = rng.random(count) < _MERGE_END_RATIO
    is_end[np.cumsum(plan.commits) - 1] = True
    tips = np.nonzero(is_end)[0]
    tip_service = service[tips]
    group: Whole = np.cumsum(is_end) - is_end
    opens_service = np.concatenate(([True], tip_service[1:] != tip_service[:-1]))
    first_group = np.nonzero(opens_service)[0][np.cumsum(opens_service) - 1]
    tip_at = sorted_times(rng, tip_service, calendar, plan.start, plan.end)
    tip_at[opens_service] = plan.start
    begins = np.concatenate(([0], tips[:-1] + 1))
    size = tips - begins + 1
    # A branch starts from one of the last three states of the main line.
    earlier = np.arange(len(tips)) - rng.integers(1, 4, len(tips))
    base = np.where(earlier >= first_group, tips[np.maximum(earlier, 0)], -1)
    previous = np.where(opens_service, -1, np.concatenate(([-1], tips[:-1])))
    is_merge = is_end & (size[group] > 1)
    is_first = place == begins[group]
    first_parent = np.where(is_first, base[group], place - 1)
    first_parent = np.where(is_end, previous[group], first_parent)
    second_parent = np.where(is_merge, place - 1, -1)
    is_orphan = is_merge & (first_parent < 0)
    first_parent, second_parent = (
        np.where(is_orphan, second_parent, first_parent),
        np.where(is_orphan, -1, second_parent),
    )
    merged_at = tip_at[group]
    lag = np.exp(rng.normal(np.log(15 * HOUR), 0.9, len(tips)))[group]
    share = (tips[group] - place) / np.maximum(size[group] - 1, 1)
    before = np.where(is_merge, 0.0, np.where(is_end, lag * 0.4, lag * np.maximum(share, 0.05)))
    authored_at = merged_at - before.astype(np.int64)
    is_late = is_end | (rng.random(count) < 0.15)
    committed_at = np.where(is_late, merged_at, authored_at)
    is_revert = is_end & ~is_merge & (first_parent >= 0) & (rng.random(count) < 0.03)
    return Commits(
        service,
        first_parent,
        second_parent,
        authored_at,
        committed_at,
        is_revert,
        tips,
        tip_at,
    )


def draw_deployments(
    rng: np.random.Generator, plan: Plan, calendar: WorkCalendar, commits: Commits
) -> tuple[Deployments, Incidents]:
    """Return deployments, the incidents they cause, and background incidents."""
    failing_count = round(plan.incidents * plan.caused_ratio)
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
    started = first.finished_at[failing] + _delays(rng, failing_count)
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
    begun = np.concatenate((started, rng.integers(plan.start, plan.end, rest)))
    lasting = np.exp(rng.normal(np.log(70 * _MINUTE), 1.0, rest)).astype(np.int64)
    ended = np.concatenate((restored, begun[failing_count:] + lasting))
    return everything, _incidents(rng, owner, cause, begun, ended)


def _planned(
    rng: np.random.Generator, plan: Plan, calendar: WorkCalendar, commits: Commits, count: int
) -> Deployments:
    share = plan.commits / plan.commits.sum()
    service = np.sort(rng.choice(plan.services, count, p=share))
    created = sorted_times(rng, service, calendar, plan.start + DAY, plan.end - DAY)
    span = np.int64(plan.end - plan.start + 10 * DAY)
    tip_service = commits.service[commits.tips]
    keys = tip_service * span + (commits.tip_at - plan.start)
    wanted = service * span + (created - plan.start)
    tip = commits.tips[np.searchsorted(keys, wanted, side="right") - 1]
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


def _delays(rng: np.random.Generator, count: int) -> Whole:
    """Return how long failures take to show: mostly within the hour, sometimes days."""
    quick = rng.exponential(55 * _MINUTE, count)
    slow = np.exp(rng.normal(np.log(9 * HOUR), 0.8, count))
    chosen: NDArray[np.float64] = np.where(rng.random(count) < 0.8, quick, slow)
    return np.minimum(chosen, 71 * HOUR).astype(np.int64)


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
