"""How well causes of incidents are found, measured where the true cause of each is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Flags = NDArray[np.bool_]

LINKED = 0.5
LEAST_IN_DECILE = 50


@dataclass(frozen=True)
class Answer:
    """What a model or a rule says about incidents.

    Shape: `link` and `none` have one entry an incident: the event that is taken for the cause (-1:
    none is), and the probability that none is; `incident`, `event` and `probability` one a pair.
    """

    link: Whole
    none: Real
    incident: Whole
    event: Whole
    probability: Real


@dataclass(frozen=True)
class Scores:
    """How good an answer is.

    `brier` sums over every candidate and none, and is the mean of incidents: 0 to 2. `largest` and
    `weighted` say how far frequencies are from probabilities, by decile of probability; `largest`
    is nan when no decile holds enough pairs.
    """

    precision: float
    recall: float
    f1: float
    brier: float
    average_precision: float
    largest: float
    weighted: float


def answer_of_shares(
    incident: Whole, event: Whole, probability: Real, none: Real, *, least: float = LINKED
) -> Answer:
    """Return the answer of a model: the likeliest candidate, if it is likely enough."""
    link = np.full(len(none), -1, dtype=np.int64)
    order = np.lexsort((-event, probability))
    linked = order[probability[order] >= least]
    link[incident[linked]] = event[linked]
    return Answer(link, none, incident, event, probability)


def answer_of_links(link: Whole) -> Answer:
    """Return the answer of a rule, which knows no doubt."""
    linked = np.flatnonzero(link >= 0)
    return Answer(
        link=link,
        none=np.where(link >= 0, 0.0, 1.0),
        incident=linked,
        event=link[linked],
        probability=np.ones(len(linked)),
    )


def scores_of(answer: Answer, cause: Whole) -> Scores:
    """Return how good an answer is, given the true cause of each incident (-1: none)."""
    is_true = answer.event == cause[answer.incident]
    found = int(np.sum((answer.link == cause) & (cause >= 0)))
    precision = _ratio(found, int(np.sum(answer.link >= 0)))
    recall = _ratio(found, int(np.sum(cause >= 0)))
    gaps, counts = reliability(answer.probability, is_true)
    populated = counts >= LEAST_IN_DECILE
    return Scores(
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall) if found else 0.0,
        brier=_brier(answer, cause, is_true),
        average_precision=average_precision(answer.probability, is_true, int(np.sum(cause >= 0))),
        largest=float(gaps[populated].max()) if populated.any() else float("nan"),
        weighted=float((gaps * counts).sum() / max(counts.sum(), 1)),
    )


def reliability(probability: Real, is_true: Flags) -> tuple[Real, Real]:
    """Return for each decile of probability how far the truth is from it, and how many it holds."""
    decile = np.minimum((probability * 10).astype(np.int64), 9)
    counts = np.bincount(decile, minlength=10).astype(np.float64)
    said = np.bincount(decile, probability, minlength=10)
    seen = np.bincount(decile, is_true.astype(np.float64), minlength=10)
    gaps: Real = np.abs(said - seen) / np.maximum(counts, 1.0)
    return gaps, counts


def average_precision(probability: Real, is_true: Flags, positives: int) -> float:
    """Return the area under precision over recall, in steps, with ties taken together.

    `positives` counts the true pairs, also those that the answer does not hold.
    """
    if not len(probability) or not positives:
        return 0.0
    order = np.argsort(-probability, kind="stable")
    found = np.cumsum(is_true[order])
    last = np.flatnonzero(np.append(np.diff(probability[order]) != 0, True))
    precision = found[last] / (last + 1)
    return float((np.diff(found[last], prepend=0) * precision).sum() / positives)


def _brier(answer: Answer, cause: Whole, is_true: Flags) -> float:
    count = len(cause)
    squares = answer.none**2 + np.bincount(answer.incident, answer.probability**2, minlength=count)
    of_cause = np.bincount(answer.incident[is_true], answer.probability[is_true], minlength=count)
    of_truth = np.where(cause >= 0, of_cause, answer.none)
    return float((squares - 2 * of_truth + 1).mean()) if count else 0.0


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
