"""Large estates for measuring: sizes S, M and L as bulk pages of JSON lines.

Every record carries the context of its page in "_context". The true cause of every incident is
returned, and is in none of the pages.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.sandbox.byte_rows import Whole
from data.sandbox.catalogue import Settings
from data.sandbox.draw import Draw
from data.sandbox.estate_draw import Drawn, draw_deployments
from data.sandbox.estate_events import incident_pages, result_pages
from data.sandbox.estate_graph import Commits, Plan, draw_commits
from data.sandbox.estate_keys import (
    ORGANISATION,
    Offsets,
    Page,
    deployment_ids,
    incident_key,
    pager_service,
    service_id,
)
from data.sandbox.estate_laws import FailureLaw
from data.sandbox.estate_pages import commit_pages, deployment_pages
from data.sandbox.worktime import DAY, open_calendar
from data.sandbox.world import DEFAULT_END

_BLOCK_SERVICES = 125
_SERVICES_PER_TEAM = 5
_CASES_PER_REPORT = 20


@dataclass(frozen=True)
class Size:
    """How large an estate is."""

    name: str
    services: int
    days: int
    commits: int
    deployments: int
    incidents: int
    test_results: int


SIZES: Mapping[str, Size] = {
    size.name: size
    for size in (
        Size("S", 20, 90, 20_000, 2_600, 260, 52_000),
        Size("M", 500, 365, 2_000_000, 248_000, 21_000, 5_000_000),
        Size("L", 5_000, 1_095, 60_000_000, 9_700_000, 498_000, 100_000_000),
    )
}


class Writer(Protocol):
    """Takes one bulk page: `records` are JSON lines, `row_count` of them."""

    def __call__(
        self,
        source: str,
        *,
        kind: str,
        stream: str,
        records: bytes,
        row_count: int,
        context: Mapping[str, str],
        read_at: datetime,
    ) -> None:
        """Store the page."""
        ...


@dataclass(frozen=True)
class Truth:
    """The true cause of one block's incidents.

    Shape: arrays of equal length; `deployment_id` is the host's number, or 0 without a cause.
    """

    incident_number: Whole
    service_number: Whole
    deployment_id: Whole
    impact_started_at: Whole


@dataclass(frozen=True)
class Estate:
    """What was written, its configuration, and the truth about its incidents."""

    size: Size
    end: datetime
    catalogue: Settings
    truths: tuple[Truth, ...]
    row_counts: Mapping[str, int]

    def incident_causes(self) -> dict[str, str | None]:
        """Return for each incident the deployment that caused it, by their global keys."""
        return {
            f"pagerduty:{incident_key(number)}": f"github:{cause}" if cause else None
            for truth in self.truths
            for number, cause in zip(
                truth.incident_number.tolist(), truth.deployment_id.tolist(), strict=True
            )
        }


@dataclass(frozen=True)
class Block:
    """Everything that was drawn for some services of an estate."""

    plan: Plan
    offsets: Offsets
    reports: int
    commits: Commits
    drawn: Drawn

    @property
    def truth(self) -> Truth:
        """Return the true causes of the block's incidents."""
        incidents = self.drawn.incidents
        ids = deployment_ids(np.maximum(incidents.cause, 0), self.offsets)
        return Truth(
            incident_number=np.arange(len(incidents.service)) + self.offsets.incidents,
            service_number=incidents.service,
            deployment_id=np.where(incidents.cause >= 0, ids, 0),
            impact_started_at=incidents.started_at,
        )

    def pages(self) -> Iterator[Page]:
        """Yield the block as pages."""
        yield from commit_pages(self.commits, self.offsets)
        yield from deployment_pages(self.drawn.deployments, self.offsets)
        yield from incident_pages(self.drawn.incidents, self.offsets, end=self.plan.end)
        yield from result_pages(self.commits, self.offsets, reports=self.reports)


def write_estate(
    size: Size,
    *,
    write: Writer,
    seed: int = 1,
    end: datetime = DEFAULT_END,
    law: FailureLaw | None = None,
    without: Collection[str] = (),
) -> Estate:
    """Draw an estate and hand its pages to `write`; equal arguments, equal bytes.

    Streams in `without` are drawn but not written. Memory stays bounded by a block of services,
    whatever the size.
    """
    counts: dict[str, int] = {}
    truths: list[Truth] = []
    for block in draw_blocks(size, seed=seed, end=end, law=law):
        truths.append(block.truth)
        for page in block.pages():
            if page.stream in without:
                continue
            name = f"{page.kind}.{page.stream}"
            counts[name] = counts.get(name, 0) + page.row_count
            write(
                page.kind,
                kind=page.kind,
                stream=page.stream,
                records=page.records,
                row_count=page.row_count,
                context={},
                read_at=end,
            )
    return Estate(size, end, estate_catalogue(size), tuple(truths), counts)


def draw_blocks(
    size: Size, *, seed: int = 1, end: datetime = DEFAULT_END, law: FailureLaw | None = None
) -> Iterator[Block]:
    """Yield an estate in blocks of services; each is drawn when it is asked for."""
    last = int(end.timestamp())
    start = last - size.days * DAY
    calendar = open_calendar("Europe/London", start=start, end=last)
    services = np.arange(1, size.services + 1)
    weights = np.exp(Draw(seed, 0).rng.normal(0.0, 0.7, size.services))
    commits = _shares(size.commits, weights)
    edges = np.arange(0, size.services, _BLOCK_SERVICES)
    parts = np.add.reduceat(weights, edges)
    deployments, incidents = _shares(size.deployments, parts), _shares(size.incidents, parts)
    reports = _shares(size.test_results // _CASES_PER_REPORT, parts)
    offsets = Offsets(seed=seed, commits=0, deployments=0, incidents=0, reports=0)
    for number, edge in enumerate(edges.tolist()):
        block = slice(edge, edge + _BLOCK_SERVICES)
        plan = Plan(
            start=start,
            end=last,
            services=services[block],
            service_count=size.services,
            commits=commits[block],
            deployments=int(deployments[number]),
            incidents=int(incidents[number]),
            law=law or FailureLaw(),
        )
        rng = Draw(seed, 1 + number).rng
        graph = draw_commits(rng, plan, calendar)
        drawn = draw_deployments(rng, plan, calendar, graph)
        yield Block(plan, offsets, int(reports[number]), graph, drawn)
        offsets = Offsets(
            seed=seed,
            commits=offsets.commits + int(commits[block].sum()),
            deployments=offsets.deployments + plan.deployments,
            incidents=offsets.incidents + plan.incidents,
            reports=offsets.reports + int(reports[number]),
        )


def _shares(total: int, weights: NDArray[np.float64]) -> Whole:
    """Return whole shares of a total, at least one each, that add up to it."""
    exact = weights / weights.sum() * (total - len(weights))
    shares: Whole = np.floor(exact).astype(np.int64) + 1
    shares[np.argsort(-(exact - np.floor(exact)), kind="stable")[: total - shares.sum()]] += 1
    return shares


def estate_catalogue(size: Size) -> Settings:
    """Return the estate's configuration in the form of the sample company's."""
    teams = (size.services + _SERVICES_PER_TEAM - 1) // _SERVICES_PER_TEAM
    return {
        "organisation": {"name": f"Estate {size.name}", "report_timezone": "UTC"},
        "teams": [{"id": f"team-{n:04d}", "name": f"Team {n}"} for n in range(1, teams + 1)],
        "services": [
            {
                "id": service_id(number),
                "name": service_id(number),
                "team": f"team-{1 + (number - 1) // _SERVICES_PER_TEAM:04d}",
                "tier": 1 + number % 4,
                "repositories": [f"{ORGANISATION}/{service_id(number)}"],
                "aliases": [pager_service(number)],
                "depends_on": [service_id(n) for n in (number // 2, number // 3) if 0 < n < number],
            }
            for number in range(1, size.services + 1)
        ],
        "environments": {"production": "production", "staging": "staging"},
        "settings": {},
    }
