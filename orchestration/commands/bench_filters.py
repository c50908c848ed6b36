"""The command bench filters: how long any selection takes, from roll-ups and from the rows."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from orchestration.commands.terminal import open_context, say, show_table
from orchestration.errors import NothingToRead
from transforms.published import Published, open_published

SEED = 1
HEADLINES = (
    "lead_time_for_changes",
    "deployment_frequency",
    "change_failure_rate",
    "failed_deployment_recovery_time",
    "rework_rate",
    "time_to_restore",
)


@dataclass(frozen=True)
class Selection:
    """One filter as a page may set it: a kind of scope, days, teams and services."""

    kind: str
    since: date
    until: date
    team_ids: list[str] | None
    service_ids: list[str] | None

    def arguments(self) -> dict[str, Any]:
        """Return what the reading functions take."""
        return {
            "since": self.since,
            "until": self.until,
            "team_ids": self.team_ids,
            "service_ids": self.service_ids,
        }


def filters(*, rounds: int) -> None:
    """Measure seeded selections on the current build and show median and 95th percentile.

    Errors: NothingPublished; NothingToRead when the build has no deployments to select from.
    """
    published = open_published(open_context().home)
    drawn = list(draw_selections(published, rounds=rounds))
    reads: dict[str, Callable[[Selection], object]] = {
        "five numbers from roll-ups": lambda one: published.headline(**one.arguments()),
        **{name: _window(published, name) for name in HEADLINES},
    }
    rows = []
    for name, read in reads.items():
        for kind in dict.fromkeys(one.kind for one in drawn):
            spans = [_milliseconds(read, one) for one in drawn if one.kind == kind]
            ninety_fifth = statistics.quantiles(spans, n=20, method="inclusive")[-1]
            rows.append([name, kind, len(spans), f"{statistics.median(spans):.1f}",
                         f"{ninety_fifth:.1f}"])  # fmt: skip
    show_table(["read", "selection", "times", "median ms", "p95 ms"], rows)
    say(f"Build {published.build.build_id}, seed {SEED}; every selection was asked once.")


def draw_selections(published: Published, *, rounds: int) -> Iterator[Selection]:
    """Yield selections of every kind over days the build knows; equal builds, equal selections."""
    chance = random.Random(SEED)
    teams = published.teams()["team_id"].sort().to_list()
    services = published.services()["service_id"].sort().to_list()
    known = published.metric("deployment_frequency", grain="week", scope_id="all")
    if not services or known.is_empty():
        raise NothingToRead("The build has nothing to select from; run `leadline demo` first.")
    first, last = known["period_start_date"].min(), known["period_end_date"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    kinds: dict[str, Callable[[], tuple[list[str] | None, list[str] | None]]] = {
        "everything": lambda: (None, None),
        "one team": lambda: (chance.sample(teams, min(1, len(teams))), None),
        "some teams": lambda: (chance.sample(teams, min(3, len(teams))), None),
        "some services": lambda: (None, chance.sample(services, min(5, len(services)))),
    }
    for _ in range(rounds):
        for kind, choose in kinds.items():
            start = first + timedelta(days=chance.randrange(max(1, (last - first).days - 7)))
            length = timedelta(days=chance.choice((7, 28, 90, 365)))
            team_ids, service_ids = choose()
            yield Selection(kind, start, min(last, start + length), team_ids, service_ids)


def _window(published: Published, name: str) -> Callable[[Selection], object]:
    return lambda one: published.window(name, **one.arguments())


def _milliseconds(read: Callable[[Selection], object], selection: Selection) -> float:
    began = time.perf_counter()
    read(selection)
    return (time.perf_counter() - began) * 1000
