"""Which deployment caused it: rates of incidents that happen anyway and of those changes cause.

The incidents of a service are seen as the sum of two sources: a background that is steady but for
the hour of the week, and for every change event a rate that decays after it. The event's rate is a
product: how often events of its type cause incidents, a decay over the time since it ended, and
multipliers of its service, its batch and its distance in the graph of dependencies. All of it is
fitted at once by expectation-maximisation over the whole estate and shrunk where data is thin.
The share of each source in the rate at the instant of an incident is the probability that it was
the cause; the shares and that of the background sum to 1.
Source: transforms/metrics.md, section 11; marked self-exciting point processes as in
Veen & Schoenberg (2008); smoothing after each step as in Silverman et al. (1990).
"""

from dataclasses import replace

import numpy as np

from transforms.statistics.attribution_model import (
    BATCH_BINS,
    PROFILE_BINS,
    Attribution,
    Estate,
    Fit,
    Own,
    View,
    backgrounds_of,
    counted,
    log_likelihood_of,
    rates_of,
    seen_of,
    shares_of,
    view_of,
)
from transforms.statistics.candidates import MOST_HOPS, WINDOW_SECONDS, Real, Whole
from transforms.statistics.decay import BIN_COUNT, first_guess, smoothed

__all__ = [
    "LEAST_INCIDENTS",
    "Attribution",
    "Estate",
    "Fit",
    "attribute",
    "background_per_week",
    "fit_attribution",
    "multipliers",
]

LEAST_INCIDENTS = 50
HOP_PRIOR = (1.0, 0.5, 0.25)
# Incidents' worth of trust in the values that multipliers have before anything is known.
_HOP_TRUST, _BATCH_TRUST, _PROFILE_TRUST, _MARK_TRUST = 0.25, 5.0, 150.0, 4.0
_WEEK = 7 * 86400.0
_SAMPLE, _ROUNDS, _LAST_ROUNDS, _ENOUGH = 12_000, 80, 6, 1e-6


def fit_attribution(estate: Estate) -> Fit:
    """Return the model that explains the incidents best, found in at most 86 rounds.

    The shape is found on an even sample of at most 12,000 incidents, then settled on all of them.
    Errors: none; with fewer than LEAST_INCIDENTS incidents that have a candidate the caller is to
    use fixed weights.
    """
    step = max(1, estate.incidents.count // _SAMPLE)
    view = view_of(estate, step)
    fit, used, settled = _start(view), 0, False
    while used < _ROUNDS and not settled:
        before = fit.log_likelihood
        fit, used = _round(view, fit), used + 1
        settled = abs(fit.log_likelihood - before) < _ENOUGH * (1 + abs(fit.log_likelihood))
    if step > 1:
        whole = view_of(estate, 1)
        fit = replace(fit, per_event=fit.per_event * step, background=fit.background * step)
        for _ in range(_LAST_ROUNDS):
            fit = _round(whole, fit)
        used, view = used + _LAST_ROUNDS, whole
    return replace(
        fit,
        round_count=used,
        has_converged=settled,
        log_likelihood=log_likelihood_of(view, fit, rates_of(view, fit), backgrounds_of(view, fit)),
        null_log_likelihood=_null_of(view),
    )


def attribute(fit: Fit, estate: Estate) -> Attribution:
    """Return the probability of every candidate under a fit, and of none."""
    view = view_of(estate, 1)
    return Attribution(*shares_of(view, fit, rates_of(view, fit), backgrounds_of(view, fit)))


def background_per_week(fit: Fit, estate: Estate) -> Real:
    """Return how many incidents a week the services of each incident have anyway."""
    members = estate.incidents
    rate = fit.background[members.service] * _WEEK
    count = counted(members.incident, minlength=members.count)
    total = counted(members.incident, rate, minlength=members.count)
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def multipliers(fit: Fit, estate: Estate) -> dict[str, Real]:
    """Return what each candidate's rate is made of: decay, distance, batch and service.

    Units: decay in incidents an hour against the mean over the window; the others against 1.
    """
    view = view_of(estate, 1)
    kinds = view.cells.type[view.cell]
    return {
        "decay": fit.decay[kinds, view.bin] / view.lasting * WINDOW_SECONDS,
        "distance": fit.hops[view.hops],
        "batch": fit.batch[view.cells.batch[view.cell]],
        "service": fit.service[view.cells.service[view.cell]],
    }


def _start(view: View) -> Fit:
    """Return the model before the first round: half of the incidents are background."""
    estate = view.estate
    services, kinds = len(estate.tier), int(estate.events.type.max(initial=0)) + 1
    seconds = estate.observed[1] - estate.observed[0]
    count = max(len(view.slot), 1)
    mean = 0.5 * count / seconds / max(services, 1)
    per_event = 0.5 * count / max(len(estate.events.service), 1)
    return Fit(
        per_event=np.full(kinds, per_event),
        decay=np.tile(first_guess(), (kinds, 1)),
        service=np.ones(services),
        batch=np.ones(BATCH_BINS),
        hops=np.array(HOP_PRIOR),
        background=np.full(services, mean),
        profile=np.ones(PROFILE_BINS),
        own=Own(
            decay=np.zeros((kinds, BIN_COUNT)),
            service=np.zeros(services),
            batch=np.zeros(BATCH_BINS),
            hops=np.zeros(len(HOP_PRIOR)),
            background=np.zeros(services),
        ),
        marks=dict.fromkeys(view.marks, (0.5, 0.5)),
        log_likelihood=-np.inf,
        null_log_likelihood=-np.inf,
        round_count=0,
        has_converged=False,
    )


def _round(view: View, fit: Fit) -> Fit:
    """Return the model after one round: expect the causes, then maximise part by part."""
    cells = view.cells
    rates, background = rates_of(view, fit), backgrounds_of(view, fit)
    likelihood = log_likelihood_of(view, fit, rates, background)
    p, none = shares_of(view, fit, rates, background)
    of_cell = counted(view.cell, p, minlength=len(cells.type))
    reach, seen = view.dependents[cells.service], seen_of(view, fit)

    kinds = len(fit.per_event)
    base = seen * (reach @ fit.hops)
    shaped = base * fit.service[cells.service] * fit.batch[cells.batch]
    per_event = counted(cells.type, of_cell, minlength=kinds) / np.maximum(
        counted(cells.type, shaped, minlength=kinds), 1e-12
    )
    expected = base * per_event[cells.type]
    batch, own_batch = _batch(view, of_cell, expected * fit.service[cells.service])
    service, own_service = _shrunk(
        counted(cells.service, of_cell, minlength=len(fit.service)),
        counted(cells.service, expected * batch[cells.batch], minlength=len(fit.service)),
    )
    decay, own_decay = _decay(view, p, kinds)
    anyway, own_background = _background(view, none)
    worth = per_event[cells.type] * service[cells.service] * batch[cells.batch] * seen
    hops, own_hops = _hops(view, p, worth @ reach)
    return Fit(
        per_event=per_event,
        decay=decay,
        service=service,
        batch=batch,
        hops=hops,
        background=anyway,
        profile=_profile(view, none),
        own=Own(own_decay, own_service, own_batch, own_hops, own_background),
        marks={name: _mark(view.marks[name], p) for name in fit.marks},
        log_likelihood=likelihood,
        null_log_likelihood=-np.inf,
        round_count=0,
        has_converged=False,
    )


def _decay(view: View, p: Real, kinds: int) -> tuple[Real, Real]:
    """Return when incidents show after an event, for each type of event, and one's part of it."""
    places = view.cells.type[view.cell] * BIN_COUNT + view.bin
    by_type = counted(places, p, minlength=kinds * BIN_COUNT).reshape(kinds, BIN_COUNT)
    decays, own = zip(*(smoothed(counts) for counts in by_type), strict=True)
    return np.stack(decays), np.stack(own)


def _batch(view: View, of_cell: Real, due: Real) -> tuple[Real, Real]:
    """Return how much more often batches of a size cause incidents than expected."""
    caused = counted(view.cells.batch, of_cell, minlength=BATCH_BINS)
    expected = counted(view.cells.batch, due, minlength=BATCH_BINS)
    batch: Real = (_BATCH_TRUST + caused) / (_BATCH_TRUST + expected)
    return batch, 1 / (_BATCH_TRUST + caused)


def _hops(view: View, p: Real, due: Real) -> tuple[Real, Real]:
    """Return the multipliers of 0, 1 and 2 hops; `due` is expected if distance did not matter."""
    caused = counted(view.hops, p, minlength=MOST_HOPS + 1)
    hops = (_HOP_TRUST * np.array(HOP_PRIOR) + caused) / (_HOP_TRUST + due)
    return hops / hops[0], 1 / (_HOP_TRUST * np.array(HOP_PRIOR) + caused)


def _background(view: View, none: Real) -> tuple[Real, Real]:
    """Return each service's rate of incidents that no event caused, a second."""
    share = none[view.member_incident] * view.member_share
    own = counted(view.member_service, share, minlength=len(view.estate.tier))
    return _shrunk_by_tier(own, view.seconds, view.estate.tier)


def _profile(view: View, none: Real) -> Real:
    """Return how the background varies over the hours of weekdays and weekends, 1 on average."""
    trust = _PROFILE_TRUST / PROFILE_BINS
    due = none.sum() * view.profile_weight
    profile: Real = (trust + counted(view.slot, none, minlength=PROFILE_BINS)) / (trust + due)
    return profile


def _mark(mark: Real, p: Real) -> tuple[float, float]:
    """Return how often a mark is present on the cause and on what was not the cause."""
    known = ~np.isnan(mark)
    present = mark[known] > 0
    trust = _MARK_TRUST
    caused = (trust / 2 + p[known] @ present) / (trust + p[known].sum())
    other = (trust / 2 + (1 - p[known]) @ present) / (trust + (1 - p[known]).sum())
    return float(caused), float(other)


def _shrunk(caused: Real, due: Real) -> tuple[Real, Real]:
    """Return observed over expected, pulled towards 1 as far as chance alone would spread it.

    The second of the pair is the part that one incident makes up.
    """
    strength = _strength(caused, due)
    return (strength + caused) / (strength + due), 1 / (strength + caused)


def _shrunk_by_tier(counts: Real, seconds: float, tier: Whole) -> tuple[Real, Real]:
    """Return rates of services, pulled towards the rate of their tier, and one's part of them."""
    rates, own = np.zeros(len(counts)), np.zeros(len(counts))
    for one in np.unique(tier):
        rows = np.flatnonzero(tier == one)
        due = max(float(counts[rows].sum()), 0.5) / len(rows)
        relative, own[rows] = _shrunk(counts[rows], np.full(len(rows), due))
        rates[rows] = relative * due / seconds
    return rates, own


def _strength(caused: Real, due: Real) -> float:
    """Return the strength of the Gamma prior (mean 1) by moments, between 0.5 and 200."""
    spread = ((caused - due) ** 2 - due).sum() / max(float((due**2).sum()), 1e-12)
    return float(np.clip(1.0 / max(spread, 1e-9), 0.5, 200.0))


def _null_of(view: View) -> float:
    """Return the log likelihood when every incident is background of its service."""
    ones = np.ones(len(view.slot))
    rate, profile = _background(view, ones)[0], _profile(view, ones)
    own = counted(
        view.member_incident, rate[view.member_service] * view.member_share, minlength=len(ones)
    )
    own[own == 0] = rate.mean() if len(rate) else 1.0
    anyway = rate.sum() * view.seconds * (profile @ view.profile_weight)
    return float(np.log(own * profile[view.slot]).sum() - anyway)
