"""The model of what causes incidents: its parts, and the rates that it gives to each candidate.

Shapes and units stand at the classes. Source: transforms/metrics.md, section 11.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from transforms.statistics.candidates import (
    MOST_HOPS,
    WINDOW_SECONDS,
    Candidates,
    ChangeEvents,
    Incidents,
    Reach,
    Real,
    Whole,
)
from transforms.statistics.decay import bin_of, share_within, spans

PROFILE_BINS = 48
# Batches in powers of two: unknown, 0, 1, 2-3, 4-7, 8-15, 16-31, 32-63, 64 and more.
BATCH_LEVELS = ("unknown", "0", "1", "2-3", "4-7", "8-15", "16-31", "32-63", "64+")
BATCH_BINS = len(BATCH_LEVELS)


@dataclass(frozen=True)
class Estate:
    """Everything that a fit sees.

    Shape: `tier` one entry a service; `marks` holds for each kind of further evidence one value a
    candidate: 1 present, 0 absent, nan unknown. Units: `observed` is the stretch of time in which
    incidents were recorded, in epoch seconds.
    """

    incidents: Incidents
    events: ChangeEvents
    reach: Reach
    candidates: Candidates
    tier: Whole
    observed: tuple[float, float]
    marks: Mapping[str, Real] = field(default_factory=dict)


@dataclass(frozen=True)
class Own:
    """The part of each number of a fit that rests on one incident: what it would be without it.

    Shape: as the numbers of the same names.
    """

    decay: Real
    service: Real
    batch: Real
    hops: Real
    background: Real


@dataclass(frozen=True)
class Fit:
    """The fitted model.

    Shape: `per_event` and `decay` have one row a type, `decay` one column a bin (decay.py);
    `service` and `background` one entry a service. Units: `background` incidents a second;
    `per_event` incidents that an event of middling service and batch causes.
    """

    per_event: Real
    decay: Real
    service: Real
    batch: Real
    hops: Real
    background: Real
    profile: Real
    own: Own
    marks: Mapping[str, tuple[float, float]]
    log_likelihood: float
    null_log_likelihood: float
    round_count: int
    has_converged: bool


@dataclass(frozen=True)
class Attribution:
    """Probability of each candidate, and for each incident that none of them was the cause."""

    probability: Real
    none_probability: Real


@dataclass(frozen=True)
class Cells:
    """Events of equal type, service and batch level, which a round need not tell apart.

    Shape: `of_event` has one entry an event; `type`, `service`, `batch` and `whole` one a cell;
    `whole` counts its events whose decay lies inside the observed time. `edge` are the others.
    """

    of_event: Whole
    type: Whole
    service: Whole
    batch: Whole
    whole: Real
    edge: Whole


@dataclass(frozen=True)
class View:
    """An estate as the rounds need it: every candidate and event reduced to small numbers."""

    estate: Estate
    fraction: float
    incident: Whole
    cells: Cells
    cell: Whole
    bin: Whole
    lasting: Real
    hops: Whole
    marks: Mapping[str, Real]
    slot: Whole
    member_incident: Whole
    member_service: Whole
    member_share: Real
    dependents: Real
    profile_weight: Real

    @property
    def seconds(self) -> float:
        """Return the length of the observed time."""
        return self.estate.observed[1] - self.estate.observed[0]


def batch_bin(batch: Real) -> Whole:
    """Return the number of each batch's level in BATCH_LEVELS."""
    known = np.where(np.isnan(batch), 0.0, batch)
    level = np.where(known < 1, 1, 2 + np.floor(np.log2(np.maximum(known, 1))))
    binned: Whole = np.where(np.isnan(batch), 0, np.minimum(level, BATCH_BINS - 1)).astype(np.int64)
    return binned


def profile_bin(instants: Real) -> Whole:
    """Return the hour of the day in UTC, 0-23 on weekdays and 24-47 on weekends."""
    hours = np.floor(instants / 3600).astype(np.int64)
    is_weekend = (hours // 24 + 3) % 7 >= 5
    binned: Whole = hours % 24 + 24 * is_weekend
    return binned


def counted(places: Whole, weights: Real | None = None, *, minlength: int) -> Real:
    """Return how often each place occurs, or the sum of its weights."""
    counts: Real = np.bincount(places, weights, minlength=minlength).astype(np.float64)
    return counts


def view_of(estate: Estate, step: int) -> View:
    """Return every step-th incident with its candidates."""
    count = estate.incidents.count
    number = np.full(count, -1, dtype=np.int64)
    chosen = np.arange(0, count, step)
    number[chosen] = np.arange(len(chosen))
    members = estate.incidents
    has = np.flatnonzero(number[members.incident] >= 0)
    of = number[members.incident[has]]
    cells = _cells(estate)
    kept: slice | Whole = slice(None)
    if step > 1:
        kept = np.flatnonzero(number[estate.candidates.incident] >= 0)
    return View(
        estate=estate,
        fraction=len(chosen) / max(count, 1),
        incident=number[estate.candidates.incident[kept]],
        cells=cells,
        cell=cells.of_event[estate.candidates.event[kept]],
        bin=bin_of(estate.candidates.seconds_before[kept], estate.candidates.is_in_flight[kept]),
        lasting=_lasting(estate, kept),
        hops=estate.candidates.hops[kept],
        marks={name: values[kept] for name, values in estate.marks.items()},
        slot=profile_bin(members.impact_at[chosen]),
        member_incident=of,
        member_service=members.service[has],
        member_share=1.0 / counted(of, minlength=len(chosen))[of],
        dependents=_dependents(estate),
        profile_weight=_profile_weight(estate.observed),
    )


def _cells(estate: Estate) -> Cells:
    """Return the cells of an estate's events; most of the possible ones hold some."""
    events, services = estate.events, len(estate.tier)
    cell = (events.type * services + events.service) * BATCH_BINS + batch_bin(events.batch)
    count = (int(events.type.max(initial=0)) + 1) * services * BATCH_BINS
    since, until = estate.observed
    is_whole = (events.finished_at <= until - WINDOW_SECONDS) & (events.finished_at >= since)
    place = np.arange(count)
    return Cells(
        of_event=cell,
        type=place // (services * BATCH_BINS),
        service=place // BATCH_BINS % max(services, 1),
        batch=place % BATCH_BINS,
        whole=counted(cell[is_whole], minlength=count),
        edge=np.flatnonzero(~is_whole),
    )


def _lasting(estate: Estate, kept: slice | Whole) -> Real:
    """Return by how many seconds a bin's share is spread: bin 0 over the event's own duration."""
    candidates, events = estate.candidates, estate.events
    bins = bin_of(candidates.seconds_before[kept], candidates.is_in_flight[kept])
    lasting = spans()[bins]
    flying = np.flatnonzero(candidates.is_in_flight[kept])
    event = candidates.event[kept][flying]
    ended = events.finished_at[event]
    ended = np.where(np.isnan(ended), estate.observed[1], ended)
    lasting[flying] = np.maximum(ended - events.started_at[event], 60.0)
    return lasting


def _dependents(estate: Estate) -> Real:
    """Return for each service how many services it can reach in 0, 1 and 2 hops."""
    near = estate.reach.hops <= MOST_HOPS
    keys = estate.reach.upstream[near] * (MOST_HOPS + 1) + estate.reach.hops[near]
    counts = counted(keys, minlength=len(estate.tier) * (MOST_HOPS + 1))
    by_hop: Real = counts.reshape(-1, MOST_HOPS + 1)
    return by_hop


def _profile_weight(observed: tuple[float, float]) -> Real:
    """Return how large a part of the observed time lies in each bin of the profile."""
    hours = np.arange(np.floor(observed[0] / 3600), np.floor(observed[1] / 3600) + 1) * 3600.0
    counts = counted(profile_bin(hours), minlength=PROFILE_BINS)
    weight: Real = counts / counts.sum()
    return weight


def rates_of(view: View, fit: Fit) -> Real:
    """Return each candidate's rate of incidents at the instant of its incident, a second."""
    cells = view.cells
    of_cell = fit.per_event[cells.type] * fit.service[cells.service] * fit.batch[cells.batch]
    kinds = 0 if len(fit.decay) == 1 else cells.type[view.cell]
    rates: Real = (
        fit.decay[kinds, view.bin] / view.lasting * of_cell[view.cell] * fit.hops[view.hops]
    )
    for name, (caused, other) in fit.marks.items():
        mark = view.marks[name]
        present, absent = caused / other, (1 - caused) / (1 - other)
        rates = rates * np.where(np.isnan(mark), 1.0, np.where(mark > 0, present, absent))
    return rates


def shares_of(view: View, fit: Fit, rates: Real, background: Real) -> tuple[Real, Real]:
    """Return each candidate's probability, and that of none, as the other incidents see it.

    An incident pulls the numbers of the fit towards its own likeliest cause: where few incidents
    speak, most of what they say of it is its own voice. So its part is taken out of every number
    before it is judged by them.
    """
    p, none = _shares(view, rates, background)
    cells, own = view.cells, fit.own
    of_cell = own.service[cells.service] + own.batch[cells.batch]
    kinds = 0 if len(own.decay) == 1 else cells.type[view.cell]
    voice = own.decay[kinds, view.bin] + own.hops[view.hops] + of_cell[view.cell]
    rates = rates * np.maximum(1 - p * voice, 0.0)
    part = counted(
        view.member_incident,
        own.background[view.member_service] * view.member_share,
        minlength=len(none),
    )
    return _shares(view, rates, background * (1 - none * part))


def _shares(view: View, rates: Real, background: Real) -> tuple[Real, Real]:
    total = background + counted(view.incident, rates, minlength=len(background))
    return rates / total[view.incident], background / total


def backgrounds_of(view: View, fit: Fit) -> Real:
    """Return each incident's background rate: the mean of its services, by the hour."""
    rate = fit.background[view.member_service] * view.member_share
    of_incident = counted(view.member_incident, rate, minlength=len(view.slot))
    lost = counted(view.member_incident, minlength=len(view.slot)) == 0
    of_incident[lost] = fit.background.mean() if len(fit.background) else 1.0
    return of_incident * fit.profile[view.slot]


def seen_of(view: View, fit: Fit) -> Real:
    """Return how many events each cell has, each by the part of its decay that was observed."""
    events, cells = view.estate.events, view.cells
    since, until = view.estate.observed
    ended = events.finished_at[cells.edge]
    ended = np.where(np.isnan(ended), until, ended)
    part = np.zeros(len(ended))
    for kind in range(len(fit.decay)):
        rows = np.flatnonzero(events.type[cells.edge] == kind)
        part[rows] = share_within(fit.decay[kind], until - ended[rows]) - share_within(
            fit.decay[kind], since - ended[rows]
        )
    edge = counted(cells.of_event[cells.edge], np.maximum(part, 0.0), minlength=len(cells.whole))
    return cells.whole + edge


def log_likelihood_of(view: View, fit: Fit, rates: Real, background: Real) -> float:
    """Return the log likelihood of every incident at its instant, and of none at all others."""
    cells = view.cells
    total = background + counted(view.incident, rates, minlength=len(background))
    caused = (
        fit.per_event[cells.type]
        * fit.service[cells.service]
        * fit.batch[cells.batch]
        * seen_of(view, fit)
        * (view.dependents[cells.service] @ fit.hops)
    ).sum()
    anyway = fit.background.sum() * view.seconds * (fit.profile @ view.profile_weight)
    return float(np.log(np.maximum(total, 1e-300)).sum() - caused - anyway)
