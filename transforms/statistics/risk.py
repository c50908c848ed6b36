"""Which changes are likelier to fail: a logistic model that is small, shrunk and calibrated.

Evaluated as it would have been used: each month is scored by a model that has seen only outcomes
that were mature before the month began.
Source: transforms/metrics.md, section 13; Meta's published baseline captures 18.7/27.9/84.6 % of
failures when the riskiest 5/10/50 % are gated (Abreu et al., 2024).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.special import expit, logit

Real = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

LEAST_FAILURES = 30
FAILURES_PER_PARAMETER = 10
# Coefficients per standard deviation are believed to be about this large before anything is seen.
PRIOR_SD = 0.5
# To score a month, the months before it need this many failures; to calibrate it, these.
LEAST_TRAINING_FAILURES, LEAST_CALIBRATION_FAILURES = 10, 20
_STEPS, _ENOUGH = 60, 1e-10


@dataclass(frozen=True)
class Logistic:
    """A fitted model.

    Shape: `mean`, `sd`, `coefficient` and `coefficient_sd` one value a feature. Units: log odds
    per standard deviation of a feature; `coefficient_sd` from the curvature at the optimum.
    """

    mean: Real
    sd: Real
    intercept: float
    coefficient: Real
    coefficient_sd: Real

    def standardised(self, features: Real) -> Real:
        """Return features in standard deviations from the mean; what is unknown is at the mean."""
        scaled: Real = (features - self.mean) / self.sd
        return np.nan_to_num(scaled, nan=0.0)

    def score(self, features: Real) -> Real:
        """Return the log odds of failure of each row."""
        odds: Real = self.intercept + self.standardised(features) @ self.coefficient
        return odds


def fit_logistic(features: Real, failed: Flags, *, prior_sd: float = PRIOR_SD) -> Logistic:
    """Return the L2 penalised model: Newton's method on the log posterior.

    Shape: `features` rows x features, nan unknown. The intercept is not penalised. A feature that
    never varies gets no weight.
    """
    known = ~np.isnan(features)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, features, 0.0).sum(axis=0) / count
    spread = np.where(known, features - mean, 0.0)
    sd = np.sqrt((spread**2).sum(axis=0) / count)
    sd = np.where(sd > 1e-9, sd, 1.0)
    rows = np.column_stack((np.ones(len(features)), np.where(known, spread / sd, 0.0)))
    penalty = np.full(rows.shape[1], prior_sd**-2)
    penalty[0] = 0.0
    beta = np.zeros(rows.shape[1])
    rate = np.clip(failed.mean() if len(failed) else 0.5, 1e-6, 1 - 1e-6)
    beta[0] = logit(rate)
    curvature = np.diag(np.maximum(penalty, 1e-9))
    for _ in range(_STEPS):
        p = expit(rows @ beta)
        slope = rows.T @ (failed - p) - penalty * beta
        curvature = (rows * (p * (1 - p))[:, np.newaxis]).T @ rows + np.diag(penalty)
        curvature[0, 0] += 1e-9
        step = np.linalg.solve(curvature, slope)
        beta = beta + step
        if np.abs(step).max() < _ENOUGH:
            break
    spreads = np.sqrt(np.diag(np.linalg.inv(curvature)))
    return Logistic(mean, sd, float(beta[0]), beta[1:], spreads[1:])


def kept_features(failed_count: int, feature_count: int) -> int:
    """Return how many features, in their order of importance, so many failures can carry."""
    return int(np.clip(failed_count // FAILURES_PER_PARAMETER, 1, feature_count))


@dataclass(frozen=True)
class Calibration:
    """How often rows with a score have failed: steps that never fall, linear in between."""

    score: Real
    rate: Real

    def rate_at(self, score: Real) -> Real:
        """Return the calibrated probability of each score."""
        rate: Real = np.interp(score, self.score, self.rate)
        return rate


def calibrate(score: Real, failed: Flags) -> Calibration:
    """Return the isotonic calibration of out-of-sample scores, never exactly 0 or 1.

    Two rows, one that failed and one that did not, are believed in for every step, at the rate of
    all; so a step of few rows promises nothing.
    Source: Zadrozny & Elkan (2002), Transforming classifier scores into probabilities.
    """
    order = np.argsort(score, kind="stable")
    rate = isotonic_regression(failed[order].astype(float)).x
    edges = np.flatnonzero(np.diff(rate, prepend=-1.0))
    ends = np.append(edges[1:], len(rate))
    size = ends - edges
    overall = (failed.sum() + 0.5) / (len(failed) + 1.0)
    shrunk = (rate[edges] * size + 2 * overall) / (size + 2)
    middle = np.array(
        [score[order][start:end].mean() for start, end in zip(edges, ends, strict=True)]
    )
    return Calibration(middle, np.maximum.accumulate(shrunk))


def rolling_scores(
    features: Real, failed: Flags, *, month: Whole, started: Real, matures: Real
) -> Real:
    """Return the score that each row would have had in its month; nan before there was a model.

    Shape: `month` numbers calendar months; `started` and `matures` are instants of one clock:
    when a row began and when its outcome was known. A month is scored by a model of the rows
    that were mature before the first row of the month began.
    """
    scores = np.full(len(failed), np.nan)
    for one in np.unique(month):
        now = np.flatnonzero(month == one)
        known = np.flatnonzero(matures <= started[now].min())
        failures = int(failed[known].sum())
        if failures < LEAST_TRAINING_FAILURES:
            continue
        kept = kept_features(failures, features.shape[1])
        model = fit_logistic(features[known][:, :kept], failed[known])
        scores[now] = model.score(features[now][:, :kept])
    return scores


def rolling_probabilities(score: Real, failed: Flags, *, month: Whole) -> Real:
    """Return probabilities of scored rows, each month calibrated on the months before it alone.

    Until these hold 20 failures the scores are taken as they are.
    """
    probability: Real = expit(score)
    for one in np.unique(month):
        before = np.flatnonzero((month < one) & ~np.isnan(score))
        if failed[before].sum() < LEAST_CALIBRATION_FAILURES:
            continue
        now = np.flatnonzero(month == one)
        probability[now] = calibrate(score[before], failed[before]).rate_at(score[now])
    return probability


def captured(score: Real, failed: Flags, share: float) -> float:
    """Return how many failures are among the riskiest share of the rows, ties by expectation."""
    gated = share * len(score)
    order = np.argsort(-score, kind="stable")
    ranked, hits = score[order], failed[order].astype(float)
    starts = np.flatnonzero(np.diff(ranked, prepend=np.inf))
    sizes = np.diff(np.append(starts, len(ranked)))
    sums = np.add.reduceat(hits, starts) if len(starts) else np.zeros(0)
    taken = np.clip(gated - starts, 0, sizes)
    return float((sums * taken / np.maximum(sizes, 1)).sum())


def average_precision(score: Real, failed: Flags) -> float:
    """Return the area under the precision-recall curve; nan without a failure."""
    if not failed.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    ranked, hits = score[order], np.cumsum(failed[order])
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))
    precision = hits[last] / (last + 1)
    recall = np.diff(hits[last], prepend=0) / hits[-1]
    return float(precision @ recall)


def calibration_slope(probability: Real, failed: Flags) -> float:
    """Return the slope of outcomes on log odds: 1 is calibrated, below 1 is overconfident."""
    if failed.all() or not failed.any():
        return float("nan")
    odds = logit(np.clip(probability, 1e-6, 1 - 1e-6))
    if odds.std() < 1e-9:
        return float("nan")
    model = fit_logistic(odds[:, np.newaxis], failed, prior_sd=1e3)
    return float(model.coefficient[0] / model.sd[0])


def population_stability(before: Real, now: Real) -> float:
    """Return the population stability index of scores over tenths of the earlier ones.

    Below 0.1 nothing moved; from 0.25 on the model sees something that it was not made for.
    """
    if len(before) < 20 or not len(now):
        return float("nan")
    edges = np.quantile(before, np.arange(1, 10) / 10)
    was, is_now = (
        (np.bincount(np.searchsorted(edges, part), minlength=10) + 0.5) / (len(part) + 5)
        for part in (before, now)
    )
    return float(((is_now - was) * np.log(is_now / was)).sum())
