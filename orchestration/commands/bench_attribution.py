"""leadline bench attribution: how often the cause of an incident is found, and how fast."""

import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from data.sandbox.estate_arrays import Causes, Known, draw_arrays
from data.sandbox.estate_laws import DELAYS, FailureLaw
from data.sandbox.estates import SIZES, Size
from orchestration.commands.terminal import out, say
from orchestration.versions import TRANSFORMS
from transforms.statistics.attribution import attribute, fit_attribution
from transforms.statistics.attribution_model import Estate
from transforms.statistics.candidates import ChangeEvents, Incidents, Reach, find_candidates
from transforms.statistics.simulations.attribution_report import Row, render_report
from transforms.statistics.simulations.attribution_trials import Outcome, Trial, outcome_of
from transforms.statistics.simulations.independence import Unrelated, unrelated
from transforms.statistics.simulations.settings import PUBLISHED

REPORT = TRANSFORMS / "attribution.md"
SERVICES_PER_PROJECT = 5
COMMITS_PER_DEPLOYMENT = 8
SEEDS, TOGETHER = 100, 20
# Every law is drawn again until so many incidents were seen, at most so many times.
ENOUGH_INCIDENTS, MOST_DRAWS = 24_000, 40
GOALS = {"S": 2.0, "M": 2.0, "L": 30.0}


@dataclass(frozen=True)
class Setting:
    """One estate of the benchmark: how large, from which law, and with which chance."""

    name: str
    size: Size
    law: FailureLaw
    seed: int


def _setting(
    seed: int, delay: str, services: int, days: int, daily: float, incidents: int,
    *, caused: float = 0.65, propagated: float = 0.0, has_hours: bool = False,
) -> Setting:  # fmt: skip
    """Return a setting; `daily` counts the deployments of a service in a day."""
    deployments = round(services * days * daily)
    commits = COMMITS_PER_DEPLOYMENT * deployments
    size = Size(f"trial {seed}", services, days, commits, deployments, incidents, 0)
    words = [delay]
    if propagated:
        words.append(f"{propagated:.0%} show on a dependent service")
    if has_hours:
        words.append("background in working hours")
    return Setting(
        ", ".join(words), size, FailureLaw(DELAYS[delay], caused, propagated, has_hours), seed
    )


SETTINGS = (
    _setting(1, "quick and slow", 20, 90, 1.4, 260),
    _setting(2, "lognormal", 40, 180, 0.6, 800),
    _setting(3, "Weibull 0.6", 60, 270, 0.5, 1_800, caused=0.5),
    _setting(4, "Weibull 1.6", 100, 365, 0.4, 3_000),
    _setting(5, "gamma", 120, 365, 0.8, 4_000, propagated=0.3),
    _setting(6, "slow lognormal", 150, 365, 0.3, 4_000, caused=0.7),
    _setting(7, "bimodal", 200, 365, 0.5, 6_000, has_hours=True),
    _setting(8, "quick and slow", 300, 365, 1.0, 12_000, propagated=0.25, has_hours=True),
    _setting(9, "lognormal", 400, 365, 0.7, 16_000, caused=0.4, propagated=0.2),
    _setting(10, "Weibull 0.6", 500, 365, 1.4, 21_000),
)


def write(*, file: Path | None) -> None:
    """Draw every estate, ask the model and the rules, and write the report."""
    target = file or REPORT
    target.write_text(render(SETTINGS), encoding="utf-8")
    say(f"{target} is written.")


def render(settings: Sequence[Setting]) -> str:
    """Return the report on these estates."""
    rows = []
    for setting in settings:
        rows.append(row_of(setting))
        say(f"{setting.name}: {len(rows[-1].every)} draws.")
    return render_report(rows, _unrelated(1), _unrelated(TOGETHER), TOGETHER)


def measure(name: str) -> None:
    """Print how long candidates, fit and probabilities of one size of estate take."""
    known, causes = draw_arrays(SIZES[name])
    table = Table("what", "rows", "seconds", box=None)
    began = time.perf_counter()
    estate = estate_of(known)
    found = time.perf_counter()
    fit = fit_attribution(estate)
    fitted = time.perf_counter()
    attribute(fit, estate)
    done = time.perf_counter()
    for what, rows, seconds in (
        ("candidates", len(estate.candidates.event), found - began),
        (f"fit, {fit.round_count} rounds", estate.incidents.count, fitted - found),
        ("probabilities", len(estate.candidates.event), done - fitted),
        (f"all of size {name}", len(estate.events.service), done - began),
    ):
        table.add_row(what, f"{rows:,}", f"{seconds:.2f}")
    out.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    caused = np.mean(causes.cause >= 0)
    say(f"Goal {GOALS[name]:g} s. Peak memory {peak:.1f} GiB with the estate; {caused:.0%} caused.")


def row_of(setting: Setting, *, enough: int = ENOUGH_INCIDENTS, most: int = MOST_DRAWS) -> Row:
    """Return what came of one setting, drawn with several seeds until that is enough."""
    draws = max(1, min(most, -(-enough // setting.size.incidents)))
    first, *further = _outcomes(setting, draws)
    return Row(
        name=setting.name,
        services=setting.size.services,
        days=setting.size.days,
        deployments=first[0],
        outcome=first[1],
        further=[outcome for _, outcome in further],
    )


def trial_of(known: Known, causes: Causes) -> Trial:
    """Return an estate and its truth as a trial takes them."""
    estate = estate_of(known)
    candidates = estate.candidates
    return Trial(
        estate=estate,
        project=np.arange(len(known.tier)) // SERVICES_PER_PROJECT,
        cause=causes.cause,
        rate=causes.event_rate(known, candidates.incident, candidates.event),
        background=causes.background_rate(known),
    )


def estate_of(known: Known) -> Estate:
    """Return what the product's functions take, with its candidates."""
    incidents = Incidents(known.impact_at, np.arange(len(known.impact_at)), known.incident_service)
    events = ChangeEvents(
        service=known.event_service,
        type=np.zeros(len(known.event_service), dtype=np.int64),
        started_at=known.started_at,
        exposed_at=known.finished_at,
        finished_at=known.finished_at,
        batch=known.batch,
    )
    reach = Reach(known.reach_service, known.reach_upstream, known.reach_hops)
    candidates = find_candidates(incidents, events, reach)
    return Estate(incidents, events, reach, candidates, known.tier, known.observed)


def _outcomes(setting: Setting, draws: int) -> Iterator[tuple[int, Outcome]]:
    for draw in range(draws):
        known, causes = draw_arrays(setting.size, seed=setting.seed + 1000 * draw, law=setting.law)
        yield len(known.event_service), outcome_of(trial_of(known, causes))


def _unrelated(services: int) -> list[Unrelated]:
    return [unrelated(PUBLISHED, seed, services=services) for seed in range(SEEDS)]
