"""How well causes of incidents are found, measured where the true cause of each is known."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Flags = NDArray[np.bool_]

LINKED = 0.5
DECILES = 10
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
class Tally:
    """What came of answers; those of several estates add up.

    `caused` incidents have a true cause, `linked` were given one, `found` were given the true one.
    `squares` sums the squared errors over every candidate and none. Shape: `pairs`, `said` and
    `seen` have one entry a decile of probability: how many pairs, the sum of their probabilities,
    and how many of them are true.
    """

    incidents: float
    caused: float
    linked: float
    found: float
    squares: float
    pairs: Real
    said: Real
    seen: Real

    def __add__(self, other: "Tally") -> "Tally":
        """Return the tally of both."""
        names = [field.name for field in fields(self)]
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def precision(self) -> float:
        """Share of the links that are true."""
        return self.found / self.linked if self.linked else 0.0

    @property
    def recall(self) -> float:
        """Share of the caused incidents that are linked to their cause."""
        return self.found / self.caused if self.caused else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.linked + self.caused
        return 2 * self.found / both if both else 0.0

    @property
    def brier(self) -> float:
        """Mean squared error over every candidate and none, of an incident: 0 to 2."""
        return self.squares / self.incidents if self.incidents else 0.0

    @property
    def gaps(self) -> Real:
        """Return how far frequency and probability are apart, by decile; nan if thinly populated.

        Units: 0 to 1; positive where causes are more frequent than was said.
        """
        gaps = (self.seen - self.said) / np.maximum(self.pairs, 1.0)
        return np.where(self.pairs >= LEAST_IN_DECILE, gaps, np.nan)

    @property
    def largest_gap(self) -> float:
        """Largest distance of frequency from probability among populated deciles; -1: none is."""
        return float(np.max(np.abs(self.gaps), initial=-1.0, where=~np.isnan(self.gaps)))

    @property
    def weighted_gap(self) -> float:
        """Mean distance of frequency from probability over all pairs."""
        return float(np.abs(self.seen - self.said).sum() / max(float(self.pairs.sum()), 1.0))


def answer_of_shares(incident: Whole, event: Whole, probability: Real, none: Real) -> Answer:
    """Return the answer of a model: the likeliest candidate, if it is likely enough."""
    link = np.full(len(none), -1, dtype=np.int64)
    order = np.lexsort((-event, probability))
    linked = order[probability[order] >= LINKED]
    link[incident[linked]] = event[linked]
    return Answer(link, none, incident, event, probability)


def answer_of_links(link: Whole) -> Answer:
    """Return the answer of a rule, which knows no doubt."""
    linked = np.flatnonzero(link >= 0)
    none = np.where(link >= 0, 0.0, 1.0)
    return Answer(link, none, linked, link[linked], np.ones(len(linked)))


def tally_of(answer: Answer, cause: Whole) -> Tally:
    """Return what came of an answer, given the true cause of each incident (-1: none)."""
    is_true = answer.event == cause[answer.incident]
    decile = np.minimum((answer.probability * DECILES).astype(np.int64), DECILES - 1)
    return Tally(
        incidents=len(cause),
        caused=int(np.sum(cause >= 0)),
        linked=int(np.sum(answer.link >= 0)),
        found=int(np.sum((answer.link == cause) & (cause >= 0))),
        squares=_squares(answer, cause, is_true),
        pairs=_summed(decile, np.ones(len(decile))),
        said=_summed(decile, answer.probability),
        seen=_summed(decile, is_true.astype(np.float64)),
    )


def average_precision(answer: Answer, cause: Whole) -> float:
    """Return the area under precision over recall of pairs, in steps, with ties taken together."""
    positives = int(np.sum(cause >= 0))
    if not len(answer.probability) or not positives:
        return 0.0
    order = np.argsort(-answer.probability, kind="stable")
    found = np.cumsum((answer.event == cause[answer.incident])[order])
    last = np.flatnonzero(np.append(np.diff(answer.probability[order]) != 0, True))
    precision = found[last] / (last + 1)
    return float((np.diff(found[last], prepend=0) * precision).sum() / positives)


def _summed(decile: Whole, values: Real) -> Real:
    return np.bincount(decile, values, minlength=DECILES).astype(np.float64)


def _squares(answer: Answer, cause: Whole, is_true: Flags) -> float:
    """Return the summed squared errors; a cause that is no candidate was given 0."""
    of_cause = np.zeros(len(cause))
    of_cause[answer.incident[is_true]] = answer.probability[is_true]
    of_truth = np.where(cause >= 0, of_cause, answer.none)
    squared = (answer.none**2).sum() + (answer.probability**2).sum()
    return float(squared - 2 * of_truth.sum() + len(cause))
