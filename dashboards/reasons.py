"""Why a change event is suspected of an incident, in words; pure functions of published rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.words import DASH, clean_number, count_words, duration_words, figure_words

Row = Mapping[str, Any]
_HOPS = ("same service", "one hop upstream", "two hops upstream", "three hops upstream")
_MULTIPLIERS = (
    ("decay_multiplier", "this soon after a change", "this long after a change"),
    ("distance_multiplier", "at this distance", "at this distance"),
    ("batch_multiplier", "for its batch size", "for its batch size"),
    ("service_multiplier", "for changes of this service", "for changes of this service"),
)
# Between these a multiplier says nothing that a reader could act on.
_USUAL = (0.8, 1.25)
ATTRIBUTIONS = {
    "deployment": "by a deployment",
    "not_deployment": "not by a deployment",
    "unsure": "unsure",
}
_BASES = {
    "verdict": "a person judged it",
    "record": "a record names the cause",
    "model": "the fitted model says so",
    "fixed_weights": "fixed weights say so: too few incidents to fit a model",
    "unknown_service": "its service is unknown, so nothing can be said of causes",
    "uncovered": "deployments were not read for all of the 72 hours before",
    "no_candidate": "nothing was deployed on it or upstream in the 72 hours before",
}


def chance_words(probability: float | None) -> str:
    """Return a probability as percent; never 0 or 100 for what is not certain."""
    known = clean_number(probability)
    if known is None:
        return DASH
    if 0 < known < 0.01:
        return "under 1 %"
    if 0.99 < known < 1:
        return "over 99 %"
    return f"{known * 100:.0f} %"


def basis_words(basis: str | None) -> str:
    """Return what an attribution rests on."""
    return _BASES.get(basis or "", basis or DASH)


def time_words(suspect: Row) -> str:
    """Return how long before the impact a suspect ended."""
    if suspect["is_in_flight"]:
        return "under way when the impact began"
    seconds = clean_number(suspect["seconds_before"])
    return "time before unknown" if seconds is None else f"{duration_words(seconds)} before"


def hops_words(suspect: Row) -> str:
    """Return how far a suspect is from the incident's services."""
    hops = suspect["hop_count"]
    return "not on its services or upstream" if hops is None else _HOPS[min(int(hops), 3)]


def facts_words(suspect: Row) -> tuple[str, ...]:
    """Return what is known of a suspect without any model: time, distance, batch."""
    count = suspect["change_count"]
    batch = () if count is None else (count_words(int(count), "change") if count else "no change",)
    return (time_words(suspect), hops_words(suspect), *batch)


def factor_words(suspect: Row) -> tuple[str, ...]:
    """Return what makes a suspect more or less probable than usual, by the model."""
    found = []
    for name, raising, lowering in _MULTIPLIERS:
        factor = clean_number(suspect.get(name))
        if factor is None or _USUAL[0] <= factor <= _USUAL[1]:
            continue
        if name == "distance_multiplier" and suspect["hop_count"] == 0:
            continue
        found.append(f"{_times(factor)} {raising if factor > 1 else lowering}")
    return tuple(found)


def _times(factor: float) -> str:
    if factor < 0.05:
        return "under 0.1 times as likely"
    return f"{factor:.1f} times as likely" if factor < 9.95 else f"{factor:,.0f} times as likely"


def said_words(suspect: Row) -> str:
    """Return what records and people say of a suspect; empty when nobody says anything."""
    if suspect["judgement"] == "rejected":
        return "a person rejected it"
    if suspect["evidence"] == "verdict":
        return "a person confirmed it"
    if suspect["evidence"] == "record":
        return "the incident's record names its change request"
    return ""


def why_words(suspect: Row) -> str:
    """Return all reasons of one suspect in one sentence."""
    said = said_words(suspect)
    parts = [*([said] if said else []), *factor_words(suspect)]
    return "; ".join(parts) if parts else "nothing about it is unusual"


def background_words(per_week: float | None) -> str:
    """Return how often the service has incidents without any deployment."""
    rate = clean_number(per_week)
    if rate is None:
        return "fixed weights know no rate of its own"
    if rate < 0.005:
        return "this service has under 0.01 incidents a week anyway"
    shown = f"{rate:.2f}" if rate < 0.095 else figure_words(rate)
    incidents = "incident" if shown == "1" else "incidents"
    return f"this service has {shown} {incidents} a week anyway"


def model_words(fit: Row | None) -> str:
    """Return which model the probabilities are of, and on what it was fitted."""
    if fit is None:
        return "No fit is published."
    incidents = count_words(int(fit["candidate_incident_count"] or 0), "incident")
    if fit["model"] == "fitted":
        events = count_words(int(fit["change_event_count"] or 0), "change event")
        return f"Fitted on {incidents} with a candidate and {events}."
    return (
        f"Fixed weights: {incidents} with a candidate, and a model is fitted from 50 on. "
        "Read the percentages as an order, not as frequencies."
    )


def counts_sentence(attributions: Sequence[str]) -> str:
    """Return how many incidents had which cause: `37 incidents: 14 by a deployment, ...`."""
    if not attributions:
        return "No incident in this selection."
    by, no, unsure = (
        sum(one == kind for one in attributions)
        for kind in ("deployment", "not_deployment", "unsure")
    )
    told = count_words(len(attributions), "incident")
    return f"{told}: {by:,} by a deployment, {no:,} not, {unsure:,} unsure."
