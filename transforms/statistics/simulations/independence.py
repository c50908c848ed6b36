"""What is said of incidents that no deployment causes: deployments and incidents apart by chance.

Source of the case: transforms/metrics.md, edge case 18.
"""

from dataclasses import dataclass

import numpy as np

from transforms.statistics.attribution import attribute, fit_attribution
from transforms.statistics.attribution_model import Estate
from transforms.statistics.candidates import ChangeEvents, Incidents, Reach, find_candidates
from transforms.statistics.causation import (
    Fraction,
    attributable_fraction,
    pooled_fraction,
    pooled_rate_ratio,
    rate_ratio,
    statements,
)
from transforms.statistics.exposure import WEEK, Watched, exposure_windows, weekly_counts
from transforms.statistics.simulations.attribution import LINKED, Real, Whole
from transforms.statistics.simulations.attribution_trials import last_before
from transforms.statistics.simulations.settings import Settings, generator

WEEKS = 104
DEPLOYMENTS_A_WEEK, INCIDENTS_A_WEEK = 3, 1
_DEPLOYING_SECONDS = 600.0


@dataclass(frozen=True)
class Unrelated:
    """What is said of one company without any causation.

    `holds_zero` counts the services whose interval of the attributable fraction holds 0, and
    `has_evidence` those of which evidence is claimed after the adjustment for their number;
    `failure_rate` is the change failure rate that the last-deployment rule gives; `attributed` is
    the share of incidents that the fitted model spreads over deployments, `linked` the share that
    it links to one.
    """

    holds_zero: int
    whole_holds_zero: bool
    has_evidence: int
    failure_rate: float
    attributed: float
    linked: float


def unrelated(settings: Settings, seed: int, *, services: int) -> Unrelated:
    """Return what is said when both are Poisson processes of their own, for two years."""
    chance = generator(settings, "independence", services, seed)
    estate = _estate(chance, services)
    fraction, whole, said = _fractions(estate, services, chance)
    incidents, events = estate.incidents, estate.events
    last = last_before(
        incidents.impact_at, incidents.service, events.finished_at, events.service, within=np.inf
    )
    found = attribute(fit_attribution(estate), estate)
    return Unrelated(
        holds_zero=int(np.sum(fraction.low <= 0)),
        whole_holds_zero=bool(whole.low[0] <= 0),
        has_evidence=int(np.sum(said == "evidence")),
        failure_rate=len(np.unique(last[last >= 0])) / len(events.service),
        attributed=float(1 - found.none_probability.mean()),
        linked=float(np.sum(found.probability >= LINKED) / incidents.count),
    )


def _estate(chance: np.random.Generator, services: int) -> Estate:
    service, started = _poisson(chance, services, DEPLOYMENTS_A_WEEK)
    owner, impact = _poisson(chance, services, INCIDENTS_A_WEEK)
    ended = started + _DEPLOYING_SECONDS
    kinds, unknown = np.zeros(len(service), dtype=np.int64), np.full(len(service), np.nan)
    events = ChangeEvents(service, kinds, started, ended, ended, unknown)
    incidents = Incidents(impact, np.arange(len(impact)), owner)
    own = np.arange(services)
    reach = Reach(own, own, np.zeros(services, dtype=np.int64))
    candidates = find_candidates(incidents, events, reach)
    tier = np.zeros(services, dtype=np.int64)
    return Estate(incidents, events, reach, candidates, tier, (0.0, WEEKS * WEEK))


def _poisson(chance: np.random.Generator, services: int, a_week: float) -> tuple[Whole, Real]:
    counts = chance.poisson(a_week * WEEKS, services)
    service = np.repeat(np.arange(services), counts)
    return service, chance.uniform(0.0, WEEKS * WEEK, len(service))


def _fractions(
    estate: Estate, services: int, chance: np.random.Generator
) -> tuple[Fraction, Fraction, np.ndarray]:
    watched = Watched(np.zeros(services), np.full(services, WEEKS * WEEK))
    windows = exposure_windows(estate.events.service, estate.events.exposed_at, watched=watched)
    weekly = weekly_counts(windows, estate.incidents.service, estate.incidents.impact_at)
    inside, over, outside, other = (
        part.sum(axis=1)
        for part in (weekly.inside, weekly.inside_seconds, weekly.outside, weekly.outside_seconds)
    )
    ratio = rate_ratio(inside, over / 3600, outside, other / 3600)
    fraction = attributable_fraction(weekly, ratio, generator=chance)
    pooled = pooled_rate_ratio(inside, inside + outside, over / (over + other))
    whole = pooled_fraction(weekly, pooled, generator=chance)
    changes = np.bincount(estate.events.service, minlength=services)
    said, _ = statements(inside + outside, changes, ratio.p, fraction.low)
    return fraction, whole, said
