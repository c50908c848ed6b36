"""Commit graphs of an estate: main lines with short branches that are merged."""

from dataclasses import dataclass, field

import numpy as np

from data.sandbox.byte_rows import Flags, Whole
from data.sandbox.estate_laws import FailureLaw
from data.sandbox.worktime import HOUR, WorkCalendar

_MERGE_END_RATIO = 0.42


@dataclass(frozen=True)
class Plan:
    """How many rows a block has, when it happens, and what its incidents come from.

    `services` are those of the block, numbered from 1; the estate has `service_count`.
    """

    start: int
    end: int
    services: Whole
    service_count: int
    commits: Whole
    deployments: int
    incidents: int
    law: FailureLaw = field(default_factory=FailureLaw)
    production_ratio: float = 0.8
    rollback_ratio: float = 0.45


@dataclass(frozen=True)
class Dependencies:
    """Which services depend on which: `service` on `upstream`, in the order of upstream."""

    service: Whole
    upstream: Whole


def dependencies(service_count: int) -> Dependencies:
    """Return the dependencies of an estate: each service needs the ones at half and a third."""
    number = np.repeat(np.arange(1, service_count + 1), 2)
    upstream = number // np.tile((2, 3), service_count)
    pairs = np.unique(np.stack((upstream, number))[:, (upstream > 0) & (upstream < number)], axis=1)
    return Dependencies(service=pairs[1], upstream=pairs[0])


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
