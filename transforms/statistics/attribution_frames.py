"""Frames of published rows as arrays of an attribution, and a fitted model as rows and back.

Services, events and incidents are numbered by their place in the frames, which are to be sorted by
key so that equal rows give equal numbers.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl

from transforms.statistics.attribution import (
    LEAST_INCIDENTS,
    attribute,
    background_per_week,
    fit_attribution,
    multipliers,
)
from transforms.statistics.attribution_model import BATCH_LEVELS, Attribution, Estate, Fit, Own
from transforms.statistics.candidates import (
    ChangeEvents,
    Incidents,
    Reach,
    Real,
    Whole,
    find_candidates,
)
from transforms.statistics.decay import share_within
from transforms.statistics.fixed_weights import attribute_by_fixed_weights

_EVENTS = (
    "change_event_id, type, service_id, change_count as batch, epoch(started_at) as started_at,"
    " epoch(exposed_at) as exposed_at, epoch(finished_at) as finished_at"
)
_ROW = {
    "part": pl.String,
    "type": pl.String,
    "place": pl.Int64,
    "level": pl.String,
    "value": pl.Float64,
}
_SHOWN_WITHIN = (900, 3600, 6 * 3600, 24 * 3600, 72 * 3600)
MULTIPLIERS = ("decay", "distance", "batch", "service")
_SUSPECT = {
    "incident_id": pl.String,
    "change_event_id": pl.String,
    "hop_count": pl.Int64,
    "seconds_before": pl.Float64,
    "is_in_flight": pl.Boolean,
    "probability": pl.Float64,
    **{f"{name}_multiplier": pl.Float64 for name in MULTIPLIERS},
}
_NONE = {
    "incident_id": pl.String,
    "probability": pl.Float64,
    "background_per_week": pl.Float64,
}
_ARRAYS = ("per_event", "service", "batch", "hops", "background", "profile")
_NUMBERS = ("log_likelihood", "null_log_likelihood", "round_count", "has_converged")


@dataclass(frozen=True)
class Frames:
    """What an attribution reads.

    Shape: `services` has service_id, tier; `reach` service_id, upstream_service_id, hop_count;
    `events` change_event_id, type, service_id, batch, started_at, exposed_at, finished_at;
    `incidents` incident_id, impact_at; `members` incident_id, service_id. Units: instants in epoch
    seconds, finished_at null while it runs; `observed` likewise.
    """

    services: pl.DataFrame
    reach: pl.DataFrame
    events: pl.DataFrame
    incidents: pl.DataFrame
    members: pl.DataFrame
    types: tuple[str, ...]
    observed: tuple[float, float]


class Relation(Protocol):
    """A table as dbt hands it to a Python model."""

    def project(self, columns: str) -> "Relation":
        """Return some columns, computed or as they are."""

    def filter(self, condition: str) -> "Relation":
        """Return the rows that meet a condition."""

    def order(self, columns: str) -> "Relation":
        """Return the rows in an order."""

    def to_arrow_table(self) -> Any:
        """Return the rows in memory."""


def read_frames(
    *,
    services: Relation,
    reach: Relation,
    events: Relation,
    incidents: Relation,
    members: Relation,
    coverage: Relation,
    build: Relation,
) -> Frames:
    """Return what an attribution reads of the tables of those names.

    Of incidents and events without a known service nothing can be said; they are left out.
    """
    placed = events.filter("service_id is not null")
    chosen_events = _frame(placed.project(_EVENTS).order("change_event_id"))
    counted = incidents.filter("exclusion_reason is null and impact_started_at is not null")
    every = _frame(
        counted.project("incident_id, epoch(impact_started_at) as impact_at").order("incident_id")
    )
    known = _frame(members.project("incident_id, service_id").order("incident_id, service_id"))
    chosen_incidents = every.join(known, on="incident_id", how="semi", maintain_order="left")
    begun = _frame(coverage.filter("domain = 'incidents'").project("epoch(first_date) as since"))
    until = _frame(build.project("epoch(as_of) as until"))["until"][0]
    return Frames(
        services=_frame(services.project("service_id, tier").order("service_id")),
        reach=_frame(reach.project("service_id, upstream_service_id, hop_count").order("all")),
        events=chosen_events,
        incidents=chosen_incidents,
        members=known.join(chosen_incidents, on="incident_id", how="semi"),
        types=tuple(chosen_events["type"].unique().sort()),
        observed=(begun["since"][0] if len(begun) else until - 1.0, until),
    )


def estate_of(frames: Frames) -> Estate:
    """Return the arrays of an attribution, with its candidates."""
    service_ids = frames.services["service_id"]
    incidents = Incidents(
        impact_at=_real(frames.incidents["impact_at"]),
        incident=_places(frames.members["incident_id"], frames.incidents["incident_id"]),
        service=_places(frames.members["service_id"], service_ids),
    )
    events = ChangeEvents(
        service=_places(frames.events["service_id"], service_ids),
        type=_places(frames.events["type"], pl.Series(frames.types, dtype=pl.String)),
        started_at=_real(frames.events["started_at"]),
        exposed_at=_real(frames.events["exposed_at"]),
        finished_at=_real(frames.events["finished_at"]),
        batch=_real(frames.events["batch"]),
    )
    reach = Reach(
        service=_places(frames.reach["service_id"], service_ids),
        upstream=_places(frames.reach["upstream_service_id"], service_ids),
        hops=frames.reach["hop_count"].to_numpy().astype(np.int64),
    )
    tier = frames.services["tier"].fill_null(0).to_numpy().astype(np.int64)
    candidates = find_candidates(incidents, events, reach)
    return Estate(incidents, events, reach, candidates, tier, frames.observed)


def rows_of_fit(fit: Fit | None, frames: Frames) -> pl.DataFrame:
    """Return every number of a fit as one row: part, type, place, level, value; none without it.

    `level` says in words or by key what the place is. The decay is told twice: bin by bin, and as
    the share of incidents that show within some times of the change (`shown_within`, in seconds).
    """
    if fit is None:
        return pl.DataFrame(schema=_ROW)
    service_ids = frames.services["service_id"].to_list()
    levels = {
        "per_event": list(frames.types),
        "service": service_ids,
        "background": service_ids,
        "batch": list(BATCH_LEVELS),
        "hops": [str(hops) for hops in range(len(fit.hops))],
    }
    parts: list[tuple[str, str | None, Real, list[str] | None]] = [
        (name, None, np.atleast_1d(getattr(fit, name)).astype(np.float64), levels.get(name))
        for name in (*_ARRAYS, *_NUMBERS)
    ]
    parts += [
        (f"own_{name}", None, getattr(fit.own, name), None)
        for name in ("service", "batch", "hops", "background")
    ]
    for kind, own in zip(frames.types, fit.own.decay, strict=True):
        parts.append(("own_decay", kind, own, None))
    for kind, shares in zip(frames.types, fit.decay, strict=True):
        within = np.array(_SHOWN_WITHIN, dtype=np.float64)
        parts.append(("decay", kind, shares, None))
        parts.append(("in_flight", kind, shares[:1], None))
        shown = share_within(shares, within)
        parts.append(("shown_within", kind, shown, [str(int(seconds)) for seconds in within]))
    return pl.concat(_rows(*part) for part in parts)


def _rows(name: str, kind: str | None, values: Real, levels: list[str] | None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "part": [name] * len(values),
            "type": [kind] * len(values),
            "place": np.arange(len(values)),
            "level": levels or [None] * len(values),
            "value": values,
        },
        schema=_ROW,
    )


def fit_of_rows(rows: pl.DataFrame) -> Fit | None:
    """Return the fit that rows hold; None when they hold none, so that fixed weights apply."""
    if rows.is_empty():
        return None
    ordered = rows.sort("part", "type", "place")
    parts = {
        str(key[0]): part["value"].to_numpy()
        for key, part in ordered.partition_by("part", as_dict=True).items()
    }
    kinds = len(parts["per_event"])
    return Fit(
        per_event=parts["per_event"],
        service=parts["service"],
        batch=parts["batch"],
        hops=parts["hops"],
        background=parts["background"],
        profile=parts["profile"],
        decay=parts["decay"].reshape(kinds, -1),
        own=Own(
            decay=parts["own_decay"].reshape(kinds, -1),
            service=parts["own_service"],
            batch=parts["own_batch"],
            hops=parts["own_hops"],
            background=parts["own_background"],
        ),
        marks={},
        log_likelihood=float(parts["log_likelihood"][0]),
        null_log_likelihood=float(parts["null_log_likelihood"][0]),
        round_count=int(parts["round_count"][0]),
        has_converged=bool(parts["has_converged"][0]),
    )


def attributed(frames: Frames, fit: Fit | None) -> pl.DataFrame:
    """Return one row a candidate, and for each incident one of no event with null as its key.

    Columns: incident_id, change_event_id, hop_count, seconds_before, is_in_flight, probability, the
    multipliers that make its rate (null under fixed weights); for no event background_per_week.
    """
    estate = estate_of(frames)
    candidates = estate.candidates
    made_of = multipliers(fit, estate) if fit else {}
    background = background_per_week(fit, estate) if fit else None
    found = attribute(fit, estate) if fit else _by_fixed_weights(estate)
    incident_ids, event_ids = frames.incidents["incident_id"], frames.events["change_event_id"]
    suspects = pl.DataFrame(
        {
            "incident_id": incident_ids.gather(candidates.incident),
            "change_event_id": event_ids.gather(candidates.event),
            "hop_count": candidates.hops,
            "seconds_before": candidates.seconds_before,
            "is_in_flight": candidates.is_in_flight,
            "probability": found.probability,
            **{f"{name}_multiplier": made_of.get(name) for name in MULTIPLIERS},
        },
        schema=_SUSPECT,
    )
    none = pl.DataFrame(
        {
            "incident_id": incident_ids,
            "probability": found.none_probability,
            "background_per_week": background,
        },
        schema=_NONE,
    )
    return pl.concat((suspects, none), how="diagonal")


def fitted(frames: Frames) -> pl.DataFrame:
    """Return the rows of a fit; none with too few incidents that have a candidate."""
    estate = estate_of(frames)
    if len(np.unique(estate.candidates.incident)) < LEAST_INCIDENTS:
        return rows_of_fit(None, frames)
    return rows_of_fit(fit_attribution(estate), frames)


def _by_fixed_weights(estate: Estate) -> Attribution:
    return attribute_by_fixed_weights(estate.candidates, estate.incidents.count)


def _frame(relation: Relation) -> pl.DataFrame:
    frame = pl.from_arrow(relation.to_arrow_table())
    assert isinstance(frame, pl.DataFrame)
    return frame


def _places(keys: pl.Series, of: pl.Series) -> Whole:
    """Return the place of each key in a series of distinct ones."""
    numbered = pl.DataFrame({"key": of, "place": np.arange(len(of))})
    found = pl.DataFrame({"key": keys}).join(numbered, on="key", how="left", maintain_order="left")
    return found["place"].to_numpy().astype(np.int64)


def _real(values: pl.Series) -> Real:
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
