"""The risk model over frames: what it was fitted on, how good it is, and the score of each subject.

A fit travels as rows (part, level, place, value), so that what is published is what was used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit

from transforms.statistics.risk import (
    LEAST_FAILURES,
    Calibration,
    Flags,
    Logistic,
    Real,
    Whole,
    average_precision,
    calibrate,
    calibration_slope,
    captured,
    fit_logistic,
    kept_features,
    month_models,
    population_stability,
    rolling_probabilities,
)

ALL_MONTHS = "all"
GATED = (0.05, 0.10, 0.50)
RECENT_SECONDS = 180 * 86400.0
_ROW = {"part": pl.String, "level": pl.String, "place": pl.Int64, "value": pl.Float64}
Row = tuple[str, str | None, int, float]


@dataclass(frozen=True)
class _Outcomes:
    """Deployments whose outcome is known, oldest first."""

    features: Real
    failed: Flags
    month: Whole
    month_names: Sequence[str]
    started: Real
    matures: Real


def fit_risk(subjects: pl.DataFrame, features: Sequence[str]) -> pl.DataFrame:
    """Return the rows of a fit and its evaluation; only counts when there are too few failures.

    Shape: `subjects` has started_at and matures_at in epoch seconds, month_start_date, is_failed
    (null unknown) and one column a feature; `features` in their order of importance.
    """
    known = subjects.filter(pl.col("is_failed").is_not_null()).sort("started_at", "subject_id")
    failed = known["is_failed"].to_numpy().astype(np.bool_)
    rows: list[Row] = [
        ("trained_count", None, 0, float(len(failed))),
        ("failed_count", None, 0, float(failed.sum())),
    ]
    if failed.sum() < LEAST_FAILURES:
        return _frame(rows)
    months = known["month_start_date"]
    names = sorted(set(months.to_list()))
    outcomes = _Outcomes(
        features=_matrix(known, features),
        failed=failed,
        month=np.searchsorted(np.array(names), months.to_numpy()),
        month_names=[f"{name:%Y-%m-%d}" for name in names],
        started=known["started_at"].to_numpy(),
        matures=known["matures_at"].to_numpy(),
    )
    score, stability = _rolled(outcomes)
    kept = kept_features(int(failed.sum()), len(features))
    model = fit_logistic(outcomes.features[:, :kept], failed)
    rows += _model_rows(model, features[:kept])
    rows += _evaluation_rows(outcomes, score, stability)
    is_scored = ~np.isnan(score)
    if failed[is_scored].any():
        calibration = calibrate(score[is_scored], failed[is_scored])
        pairs = zip(calibration.score, calibration.rate, strict=True)
        for place, (at, rate) in enumerate(pairs):
            rows += [
                ("calibration_score", None, place, at),
                ("calibration_rate", None, place, rate),
            ]
    return _frame(rows)


def score_risk(subjects: pl.DataFrame, fit: pl.DataFrame) -> pl.DataFrame:
    """Return subjects with probability and percentile, null without a model.

    The percentile is the share of the deployments that score lower, of those in the 180 days that
    end with the last one; what is only planned moves no reference, however far ahead it is.
    """
    model, calibration = _read(fit)
    if model is None:
        empty = pl.lit(None, dtype=pl.Float64)
        return subjects.with_columns(probability=empty, percentile=empty)
    names = _kept(fit)
    score = model.score(_matrix(subjects, names))
    started = subjects["started_at"].to_numpy()
    is_deployment = (subjects["subject_kind"] == "deployment").to_numpy()
    last = started[is_deployment].max(initial=0.0)
    recent = np.sort(score[is_deployment & (started >= last - RECENT_SECONDS)])
    share = np.searchsorted(recent, score, side="left") / max(len(recent), 1)
    probability = calibration.rate_at(score) if calibration else expit(score)
    return subjects.with_columns(probability=pl.Series(probability), percentile=pl.Series(share))


def _matrix(frame: pl.DataFrame, features: Sequence[str]) -> Real:
    columns = [frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in features]
    return np.column_stack(columns) if columns else np.zeros((len(frame), 0))


def _frame(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=_ROW, orient="row")


def _model_rows(model: Logistic, features: Sequence[str]) -> Iterator[Row]:
    yield ("intercept", None, 0, model.intercept)
    for place, name in enumerate(features):
        for part in ("mean", "sd", "coefficient", "coefficient_sd"):
            yield (part, name, place, float(getattr(model, part)[place]))


def _read(fit: pl.DataFrame) -> tuple[Logistic | None, Calibration | None]:
    parts = {
        str(key[0]): part.sort("place")["value"].to_numpy()
        for key, part in fit.partition_by("part", as_dict=True).items()
    }
    if "intercept" not in parts:
        return None, None
    model = Logistic(
        mean=parts["mean"],
        sd=parts["sd"],
        intercept=float(parts["intercept"][0]),
        coefficient=parts["coefficient"],
        coefficient_sd=parts["coefficient_sd"],
    )
    if "calibration_score" not in parts:
        return model, None
    return model, Calibration(parts["calibration_score"], parts["calibration_rate"])


def _kept(fit: pl.DataFrame) -> list[str]:
    return fit.filter(pl.col("part") == "coefficient").sort("place")["level"].to_list()


def _rolled(outcomes: _Outcomes) -> tuple[Real, dict[int, float]]:
    """Return the score of each row by its month's model, and each month's stability index.

    The index compares the month with what its own model was fitted on: scores of two models
    differ although nothing moved.
    """
    score = np.full(len(outcomes.failed), np.nan)
    stability: dict[int, float] = {}
    models = month_models(
        outcomes.features,
        outcomes.failed,
        month=outcomes.month,
        started=outcomes.started,
        matures=outcomes.matures,
    )
    for one in models:
        score[one.rows] = one.score(outcomes.features, one.rows)
        before = one.score(outcomes.features, one.known)
        place = int(outcomes.month[one.rows[0]])
        stability[place] = population_stability(before, score[one.rows])
    return score, stability


def _evaluation_rows(
    outcomes: _Outcomes, score: Real, stability: dict[int, float]
) -> Iterator[Row]:
    """Yield how good the scores were in months that their models had not seen."""
    is_scored = ~np.isnan(score)
    probability = rolling_probabilities(
        score,
        outcomes.failed,
        month=outcomes.month,
        started=outcomes.started,
        matures=outcomes.matures,
    )
    caught = dict.fromkeys(GATED, 0.0)
    base = np.full(len(score), np.nan)
    for place, name in enumerate(outcomes.month_names):
        now = np.flatnonzero((outcomes.month == place) & is_scored)
        if not len(now):
            continue
        known = outcomes.matures <= outcomes.started[outcomes.month == place].min()
        base[now] = outcomes.failed[known].mean()
        for share in GATED:
            caught[share] += captured(score[now], outcomes.failed[now], share)
        own = {share: captured(score[now], outcomes.failed[now], share) for share in GATED}
        yield from _months_row(name, score[now], outcomes.failed[now], probability[now], own)
        yield ("base_brier", name, 0, float(((base[now] - outcomes.failed[now]) ** 2).mean()))
        yield ("psi", name, 0, stability[place])
    rows = np.flatnonzero(is_scored)
    if not len(rows):
        return
    failed = outcomes.failed[rows]
    yield from _months_row(ALL_MONTHS, score[rows], failed, probability[rows], caught)
    yield ("base_brier", ALL_MONTHS, 0, float(((base[rows] - failed) ** 2).mean()))
    bins = np.minimum((probability[rows] * 20).astype(np.int64), 19)
    for place in np.unique(bins):
        inside = bins == place
        yield ("bin_n", None, int(place), float(inside.sum()))
        yield ("bin_failed", None, int(place), float(failed[inside].sum()))
        yield ("bin_mean", None, int(place), float(probability[rows][inside].mean()))


def _months_row(
    name: str, score: Real, failed: Flags, probability: Real, caught: dict[float, float]
) -> Iterator[Row]:
    yield ("n", name, 0, float(len(failed)))
    yield ("failed", name, 0, float(failed.sum()))
    for share, count in caught.items():
        yield (f"captured_{round(share * 100)}", name, 0, count)
    yield ("average_precision", name, 0, average_precision(probability, failed))
    yield ("brier", name, 0, float(((probability - failed) ** 2).mean()))
    yield ("calibration_slope", name, 0, calibration_slope(probability, failed))
