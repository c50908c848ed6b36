"""Rules that tools use to charge an incident to a deployment, and the truth as an oracle."""

import numpy as np

from transforms.statistics.simulations.attribution import Real, Whole


def last_before(
    impact_at: Real, group: Whole, event_group: Whole, finished_at: Real, *, within: float = np.inf
) -> Whole:
    """Return for each incident the event of its group that finished last before it; -1: none.

    Shape: groups are numbers, of services or of projects. Units: `within` in seconds.
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


def shares_of_rates(incident: Whole, rate: Real, background: Real) -> tuple[Real, Real]:
    """Return the probability of each candidate and of none from the true rates of all."""
    total = background + np.bincount(incident, rate, minlength=len(background))
    known = np.where(total > 0, total, 1.0)
    return rate / known[incident], np.where(total > 0, background / known, 1.0)
