"""The product's model, rules of other tools and the truth itself, asked about one estate."""

from dataclasses import dataclass

import numpy as np

from transforms.statistics.attribution import attribute, fit_attribution
from transforms.statistics.attribution_model import Attribution, Estate
from transforms.statistics.candidates import HOUR
from transforms.statistics.fixed_weights import attribute_by_fixed_weights
from transforms.statistics.simulations.attribution import (
    Answer,
    Real,
    Tally,
    Whole,
    answer_of_links,
    answer_of_shares,
    average_precision,
    tally_of,
)

ORACLE, OURS, FIXED = "oracle", "ours", "fixed weights"
RULES = ("last deployment", "last in 24 h", "last in 6 h", "DevLake")
ANSWERS = (ORACLE, OURS, FIXED, *RULES)


@dataclass(frozen=True)
class Trial:
    """An estate whose truth is known; every incident is on one service.

    Shape: `project` has one entry a service; `cause` and `background` one an incident: the true
    cause (-1: none), and the true rate of incidents that happen anyway; `rate` one a candidate,
    the true rate at which it causes incidents at that instant. Units: rates a second.
    """

    estate: Estate
    project: Whole
    cause: Whole
    rate: Real
    background: Real


@dataclass(frozen=True)
class Outcome:
    """What came of each answer to a trial."""

    tallies: dict[str, Tally]
    average_precision: dict[str, float]


def outcome_of(trial: Trial) -> Outcome:
    """Return what came of every answer."""
    answers = answers_of(trial)
    return Outcome(
        tallies={name: tally_of(answer, trial.cause) for name, answer in answers.items()},
        average_precision={
            name: average_precision(answer, trial.cause) for name, answer in answers.items()
        },
    )


def answers_of(trial: Trial) -> dict[str, Answer]:
    """Return the answer of the oracle, of the fitted model, of fixed weights and of each rule."""
    estate = trial.estate
    fixed = attribute_by_fixed_weights(estate.candidates, estate.incidents.count)
    service, own = estate.incidents.service, estate.events.service
    links = {
        "last deployment": _last_before(estate, service, own),
        "last in 24 h": _last_before(estate, service, own, within=24 * HOUR),
        "last in 6 h": _last_before(estate, service, own, within=6 * HOUR),
        "DevLake": _last_before(estate, trial.project[service], trial.project[own]),
    }
    return {
        ORACLE: _answer(estate, attribution_of_rates(trial)),
        OURS: _answer(estate, attribute(fit_attribution(estate), estate)),
        FIXED: _answer(estate, fixed),
        **{name: answer_of_links(links[name]) for name in RULES},
    }


def attribution_of_rates(trial: Trial) -> Attribution:
    """Return the probabilities that follow from the true rates."""
    incident = trial.estate.candidates.incident
    total = trial.background + np.bincount(incident, trial.rate, minlength=len(trial.cause))
    known = np.where(total > 0, total, 1.0)
    none = np.where(total > 0, trial.background / known, 1.0)
    return Attribution(trial.rate / known[incident], none)


def last_before(
    impact_at: Real, group: Whole, finished_at: Real, event_group: Whole, *, within: float
) -> Whole:
    """Return for each incident the event of its group that finished last before it; -1: none.

    Groups are numbers, of services or of projects. Units: epoch seconds; `within` in seconds.
    """
    if not len(finished_at) or not len(impact_at):
        return np.full(len(impact_at), -1, dtype=np.int64)
    low = min(float(finished_at.min()), float(impact_at.min()))
    span = max(float(finished_at.max()), float(impact_at.max())) - low + 1.0
    key = event_group * span + (finished_at - low)
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(key[order], group * span + (impact_at - low), side="right") - 1
    event = order[np.maximum(place, 0)]
    is_fit = (place >= 0) & (event_group[event] == group)
    is_fit &= impact_at - finished_at[event] <= within
    return np.where(is_fit, event, -1)


def _last_before(estate: Estate, group: Whole, own: Whole, *, within: float = np.inf) -> Whole:
    impact_at, finished_at = estate.incidents.impact_at, estate.events.finished_at
    return last_before(impact_at, group, finished_at, own, within=within)


def _answer(estate: Estate, found: Attribution) -> Answer:
    candidates = estate.candidates
    return answer_of_shares(
        candidates.incident, candidates.event, found.probability, found.none_probability
    )
