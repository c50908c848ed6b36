"""Suspects by fixed weights: what is used until there are enough incidents to fit a model.

Source: transforms/metrics.md, section 11.
"""

import numpy as np

from transforms.statistics.attribution_model import Attribution, counted
from transforms.statistics.candidates import Candidates, Real

NONE_SCORE = 0.25
_DECAY_SECONDS = 3600.0
_DECAY_WEIGHT, _DISTANCE_WEIGHT, _SIGNATURE_WEIGHT, _REGION_WEIGHT = 0.40, 0.25, 0.20, 0.15
_NEARNESS = np.array((1.0, 0.5, 0.25))


def scores(
    candidates: Candidates, *, new_signature: Real | None = None, region_overlap: Real | None = None
) -> Real:
    """Return the score of each candidate, from 0 to 1.

    Shape: `new_signature` and `region_overlap` are 1, 0 or nan (unknown) a candidate; what is
    unknown earns nothing.
    """
    score = _DECAY_WEIGHT * np.exp(-candidates.seconds_before / _DECAY_SECONDS)
    score = score + _DISTANCE_WEIGHT * _NEARNESS[candidates.hops]
    for weight, mark in ((_SIGNATURE_WEIGHT, new_signature), (_REGION_WEIGHT, region_overlap)):
        if mark is not None:
            score = score + weight * np.where(np.isnan(mark), 0.0, mark)
    return score


def attribute_by_fixed_weights(
    candidates: Candidates,
    incident_count: int,
    *,
    new_signature: Real | None = None,
    region_overlap: Real | None = None,
) -> Attribution:
    """Return the share of each candidate in the scores of its incident, and that of none."""
    score = scores(candidates, new_signature=new_signature, region_overlap=region_overlap)
    total = NONE_SCORE + counted(candidates.incident, score, minlength=incident_count)
    return Attribution(score / total[candidates.incident], NONE_SCORE / total)
