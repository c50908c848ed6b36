"""The risk model: optimum, calibration, capture, and what it must not see."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from transforms.statistics.risk import (
    PRIOR_SD,
    average_precision,
    calibrate,
    calibration_slope,
    captured,
    fit_logistic,
    kept_features,
    population_stability,
    rolling_probabilities,
    rolling_scores,
)
from transforms.statistics.risk_frames import fit_risk, score_risk

DAY = 86400.0
FEATURES = [f"f{number}" for number in range(8)]
Sample = tuple[np.ndarray, np.ndarray, np.ndarray]


def planted(seed: int, *, count: int = 2000, failures: int = 60) -> Sample:
    """Return features, outcomes and starts of a year of changes of which exactly so many fail."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, len(FEATURES)))
    signal = features[:, :3] @ np.array([1.0, 0.7, 0.5]) + rng.gumbel(size=count)
    failed = np.zeros(count, np.bool_)
    failed[np.argsort(-signal)[:failures]] = True
    return features, failed, np.sort(rng.uniform(0, 365 * DAY, count))


def _captured_tenth(features: np.ndarray, failed: np.ndarray, started: np.ndarray) -> float:
    month = (started // (30.4 * DAY)).astype(np.int64)
    score = rolling_scores(
        features, failed, month=month, started=started, matures=started + 3 * DAY
    )
    scored = ~np.isnan(score)
    caught = sum(
        captured(score[now], failed[now], 0.1)
        for one in np.unique(month[scored])
        for now in [np.flatnonzero(scored & (month == one))]
    )
    return caught / float(failed[scored].sum())


@pytest.mark.parametrize("seed", range(5))
def test_gating_the_riskiest_tenth_captures_a_quarter_of_planted_failures(seed: int) -> None:
    share = _captured_tenth(*planted(seed))
    assert share >= 0.25
    assert share / 0.1 >= 2.5


def test_permuted_outcomes_are_captured_as_often_as_chance_would() -> None:
    shares = []
    for seed in range(30):
        features, failed, started = planted(seed)
        shares.append(
            _captured_tenth(features, np.random.default_rng(seed).permutation(failed), started)
        )
    # 95 % of binomial draws of 60 at 10 % lie between 3 % and 18 %.
    assert np.mean([0.03 <= share <= 0.18 for share in shares]) >= 0.85
    assert np.mean(shares) == pytest.approx(0.1, abs=0.02)


def test_the_fit_is_the_optimum_of_the_penalised_likelihood() -> None:
    features, failed, _ = planted(3)
    model = fit_logistic(features, failed)
    rows = model.standardised(features)

    def loss(beta: np.ndarray) -> float:
        p = np.clip(expit(beta[0] + rows @ beta[1:]), 1e-12, 1 - 1e-12)
        likelihood = np.log(np.where(failed, p, 1 - p)).sum()
        return float(-likelihood + 0.5 * (beta[1:] ** 2).sum() / PRIOR_SD**2)

    other = minimize(loss, np.zeros(9), method="BFGS", options={"gtol": 1e-8})
    assert model.coefficient == pytest.approx(other.x[1:], abs=1e-4)
    assert model.intercept == pytest.approx(other.x[0], abs=1e-4)


def test_what_is_unknown_counts_as_average_and_what_never_varies_as_nothing() -> None:
    features, failed, _ = planted(4)
    features[:, 7] = 3.0
    features[::2, 6] = np.nan
    model = fit_logistic(features, failed)
    assert model.coefficient[7] == 0.0
    unknown = np.full((1, 8), np.nan)
    assert model.score(unknown)[0] == pytest.approx(model.intercept)


def test_ten_failures_carry_one_feature() -> None:
    assert [kept_features(failures, 12) for failures in (30, 63, 119, 500)] == [3, 6, 11, 12]


def test_a_month_is_scored_only_by_what_was_known_before_it_began() -> None:
    features, failed, started = planted(5)
    month = (started // (30.4 * DAY)).astype(np.int64)
    matures = started + 3 * DAY
    before = rolling_scores(features, failed, month=month, started=started, matures=matures)
    cut = started[month == 8].min()
    later = matures > cut
    changed = failed.copy()
    changed[later] = np.random.default_rng(1).permutation(failed[later])
    after = rolling_scores(features, changed, month=month, started=started, matures=matures)
    assert after[month <= 8] == pytest.approx(before[month <= 8], nan_ok=True)
    assert not np.allclose(after[month == 11], before[month == 11])
    when = {"month": month, "started": started, "matures": matures}
    probability = rolling_probabilities(before, failed, **when)
    other = rolling_probabilities(before, changed, **when)
    assert other[month <= 8] == pytest.approx(probability[month <= 8], nan_ok=True)
    assert not np.allclose(other[month == 11], probability[month == 11])


def test_calibration_follows_the_outcomes_and_never_promises() -> None:
    rng = np.random.default_rng(6)
    score = rng.normal(-2, 1, 4000)
    failed = rng.random(4000) < expit(2 * score)
    found = calibrate(score, failed)
    for at in (-3.0, -2.0, -1.0):
        assert found.rate_at(np.array([at]))[0] == pytest.approx(expit(2 * at), abs=0.03)
    assert 0 < found.rate_at(np.array([-50.0]))[0] < found.rate_at(np.array([50.0]))[0] < 1


@given(
    score=st.lists(st.integers(-3, 3), min_size=2, max_size=30),
    outcomes=st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_calibration_never_falls_and_capture_grows_to_everything(
    score: list[int], outcomes: list[bool]
) -> None:
    scores, failed = np.array(score, float), np.array(outcomes[: len(score)])
    rates = calibrate(scores, failed).rate_at(np.linspace(-4, 4, 30))
    assert np.all(np.diff(rates) >= -1e-12)
    caught = [captured(scores, failed, share) for share in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert np.all(np.diff(caught) >= -1e-9)
    assert caught[0] == 0.0
    assert caught[-1] == pytest.approx(failed.sum())


def test_ties_are_captured_by_expectation() -> None:
    failed = np.array([True, False, False, False, True])
    assert captured(np.zeros(5), failed, 0.2) == pytest.approx(2 / 5)
    assert captured(np.array([5.0, 1, 1, 1, 1]), failed, 0.4) == pytest.approx(1 + 1 / 4)


def test_average_precision_slope_and_stability_of_known_cases() -> None:
    failed = np.array([True, False, True, False])
    assert average_precision(np.array([4.0, 3, 2, 1]), failed) == pytest.approx((1 + 2 / 3) / 2)
    rng = np.random.default_rng(7)
    p = rng.uniform(0.02, 0.6, 20_000)
    outcome = rng.random(20_000) < p
    assert calibration_slope(p, outcome) == pytest.approx(1.0, abs=0.06)
    over = expit(2 * np.log(p / (1 - p)))
    assert calibration_slope(over, outcome) == pytest.approx(0.5, abs=0.05)
    same = rng.normal(size=5000)
    assert population_stability(same, rng.normal(size=5000)) < 0.02
    assert population_stability(same, rng.normal(1.0, 1, 5000)) > 0.25
    assert np.isnan(population_stability(same, rng.normal(size=199)))
    assert np.isnan(population_stability(same[:199], same))


def _frame(features: np.ndarray, failed: np.ndarray, started: np.ndarray) -> pl.DataFrame:
    columns = {name: features[:, place] for place, name in enumerate(FEATURES)}
    day = pl.Series(started * 1e6).cast(pl.Int64).cast(pl.Datetime("us")).dt.date()
    return pl.DataFrame(
        {
            "subject_kind": ["deployment"] * len(failed),
            "subject_id": [f"d{number:05d}" for number in range(len(failed))],
            "service_id": ["s"] * len(failed),
            "started_at": started,
            "matures_at": started + 3 * DAY,
            "month_start_date": day.dt.month_start(),
            "is_failed": failed,
            **columns,
        }
    )


def test_below_thirty_failures_there_is_no_model() -> None:
    subjects = _frame(*planted(8, failures=29))
    fit = fit_risk(subjects, FEATURES)
    assert dict(fit.select("part", "value").iter_rows()) == {
        "trained_count": 2000.0,
        "failed_count": 29.0,
    }
    scored = score_risk(subjects, fit)
    assert scored["probability"].null_count() == scored["percentile"].null_count() == 2000


def test_a_fit_as_rows_scores_what_it_was_fitted_on() -> None:
    subjects = _frame(*planted(9, failures=200))
    fit = fit_risk(subjects, FEATURES)
    scored = score_risk(subjects, fit)
    assert scored["probability"].mean() == pytest.approx(0.1, abs=0.02)
    risky = scored.filter(pl.col("percentile") > 0.9)
    assert risky["is_failed"].sum() / risky.height > 0.25
    numbers = {
        part: value
        for part, level, value in fit.select("part", "level", "value").iter_rows()
        if level == "all"
    }
    assert numbers["captured_10"] / numbers["failed"] > 0.25
    assert numbers["brier"] < numbers["base_brier"]


def test_a_request_planned_far_ahead_moves_no_percentile() -> None:
    subjects = _frame(*planted(9, failures=200))
    fit = fit_risk(subjects, FEATURES)
    far = subjects.head(1).with_columns(
        subject_kind=pl.lit("change_request"),
        subject_id=pl.lit("r1"),
        started_at=pl.lit(2000 * DAY),
        is_failed=pl.lit(None, dtype=pl.Boolean),
    )
    alone = score_risk(subjects, fit)
    beside = score_risk(pl.concat([subjects, far]), fit)
    assert beside["percentile"][:-1].equals(alone["percentile"])
    assert beside["percentile"][-1] == alone["percentile"][0]


def test_what_is_not_finite_is_unknown_and_spoils_no_other_row() -> None:
    features, failed, _ = planted(4)
    unknown, infinite = features.copy(), features.copy()
    unknown[::7, 0], infinite[::7, 0] = np.nan, -np.inf
    expected = fit_logistic(unknown, failed)
    model = fit_logistic(infinite, failed)
    assert model.coefficient == pytest.approx(expected.coefficient)
    assert model.score(infinite) == pytest.approx(expected.score(unknown))


def test_stability_compares_a_month_with_what_its_own_model_was_fitted_on() -> None:
    """As failures become more, models get more features; that alone is no drift."""
    subjects = _frame(*planted(10, count=4000, failures=120))
    fit = fit_risk(subjects, FEATURES)
    monthly = fit.filter((pl.col("part") == "psi") & pl.col("value").is_not_nan())
    assert monthly.height >= 6
    assert monthly["value"].to_numpy().max() < 0.15
