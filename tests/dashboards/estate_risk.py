"""Risk tables of the test estate: what waits, a model that captures a little, and its record.

Made up in the published schema; the model itself is tested with transforms/statistics/risk.py.
"""

import math
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

SEEDS = Path(__file__).resolve().parents[2] / "transforms" / "seeds" / "reference"
Row = dict[str, Any]
KEPT = (
    ("batch_size", math.log(3), 0.7, 0.30, 0.12),
    ("failure_history", 0.10, 0.05, 0.40, 0.11),
    ("pause", math.log(40), 1.2, -0.20, 0.15),
    ("off_hours", 0.2, 0.4, 0.02, 0.14),
)
# kind, id, number, service, team, likelihood, impact, risk, probability, percentile, values
WAITING: tuple[tuple[Any, ...], ...] = (
    ("change", "github:acme/login#12", "acme/login#12", "login", "Identity",
     "low", "low", "low", 0.03, 0.101, (math.log(2), 0.02, 1.0, 0.0)),
    ("change", "github:acme/shop#7", "acme/shop#7", "web-shop", "Storefront",
     "high", "high", "high", 0.24, 0.934, (math.log(2), 0.31, math.log(25), 1.0)),
    ("change", "github:acme/shop#7", "acme/shop#7", "content", "Storefront",
     "high", "low", "moderate", 0.21, 0.88, (math.log(2), 0.25, None, 1.0)),
    ("change_request", "servicenow:c1", "CHG0001234", "payments-core", "Payments",
     "moderate", "high", "high", 0.12, 0.61, (math.log(9), 0.12, math.log(3), 0.0)),
    ("change_request", "servicenow:c2", "CHG0002000", "payments-core", "Payments",
     "low", "high", "moderate", 0.05, 0.2, (math.log(2), 0.05, math.log(3), 0.0)),
    ("change_request", "jira:c9", "CHG0002000", "ledger", "Payments",
     "low", "high", "moderate", 0.05, 0.2, (math.log(2), 0.05, math.log(3), 0.0)),
)  # fmt: skip
MONTHS = (("2026-09-01", 110, 8, 3.0, 0.08), ("2026-10-01", 120, 11, 4.0, 0.31),
          ("2026-11-01", 60, 4, 2.0, 0.30))  # fmt: skip


def create_risk(
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of: datetime,
    failed: int,
    is_quiet: bool,
    hostile: str,
) -> None:
    """Create the tables; below 30 failures the model refuses, and when quiet nothing waits."""
    now = as_of.replace(tzinfo=None)
    is_fitted = failed >= 30
    trained = 1000 if is_fitted else 0 if is_quiet else 40
    for name in ("risk_features", "risk_rules"):
        connection.execute(f"create table v1.{name} as from read_csv('{SEEDS / name}.csv')")
    features = pl.read_csv(SEEDS / "risk_features.csv").to_dicts()
    reason = None if is_fitted else f"{failed} failures are known, 30 are needed"
    card = {
        "state": "fitted" if is_fitted else "refused", "reason": reason, "trained_count": trained,
        "failed_count": failed, "parameter_count": len(KEPT) if is_fitted else 0,
        "evaluated_month_count": len(MONTHS) if is_fitted else 0, "is_used": is_fitted,
        "base_rate": failed / trained if trained else None,
        "trained_from_at": None if is_quiet else now - timedelta(days=300),
        "trained_to_at": None if is_quiet else now - timedelta(days=4),
        "definition_version": "1.2.0", "code_version": "0.1.0",
    }  # fmt: skip
    _create(connection, "risk_model_card", [card])
    _create(connection, "risk_coefficients", [_coefficient(one, is_fitted) for one in features])
    evaluations, bins = _evaluations(), _bins()
    _create(connection, "risk_evaluations", evaluations, is_empty=not is_fitted)
    _create(connection, "risk_calibration", bins, is_empty=not is_fitted)
    scores = [_score(one, now, is_fitted, hostile) for one in WAITING]
    _create(connection, "risk_scores", scores, is_empty=is_quiet)
    _create(connection, "risk_reasons", _reasons(), is_empty=not is_fitted)
    _create(connection, "changes", _changes(now), is_empty=is_quiet)
    _create(connection, "change_requests", _requests(now), is_empty=is_quiet)


def _create(
    connection: duckdb.DuckDBPyConnection, name: str, rows: list[Row], *, is_empty: bool = False
) -> None:
    frame = pl.DataFrame(rows, infer_schema_length=None)
    # A column without any value still has the type of the contract.
    unknown = [name for name, kind in frame.schema.items() if kind == pl.Null]
    frame = frame.with_columns(pl.col(name).cast(_type(name)) for name in unknown)
    connection.register("incoming", (frame.head(0) if is_empty else frame).to_arrow())
    connection.execute(f"create table v1.{name} as select * from incoming")
    connection.unregister("incoming")


def _type(name: str) -> pl.DataType:
    if name.endswith("_at"):
        return pl.Datetime("us")
    if name.startswith("is_"):
        return pl.Boolean()
    is_text = name.endswith(("reason", "_url", "code"))
    return pl.String() if is_text else pl.Float64()


def _coefficient(feature: Row, is_fitted: bool) -> Row:
    found = {name: rest for name, *rest in KEPT}.get(feature["feature"]) if is_fitted else None
    mean, sd, weight, spread = found or (None, None, None, None)
    dropped = "ten failures are needed for each feature" if is_fitted else "there is no model"
    return {
        **feature, "is_kept": found is not None, "dropped_reason": None if found else dropped,
        "mean": mean, "sd": sd, "coefficient": weight,
        "odds_ratio": _exp(weight, spread, 0), "odds_ratio_low": _exp(weight, spread, -1.96),
        "odds_ratio_high": _exp(weight, spread, 1.96),
    }  # fmt: skip


def _exp(weight: float | None, spread: float | None, times: float) -> float | None:
    return None if weight is None or spread is None else math.exp(weight + times * spread)


def _evaluations() -> list[Row]:
    rows: list[Row] = []
    for month, n, failed, captured, psi in (*MONTHS, (None, 290, 23, 9.0, 0.2)):
        rows.append({
            "month_start_date": None if month is None else date.fromisoformat(month),
            "n": n, "failed_count": failed, "capture_5": captured / failed / 2,
            "capture_10": captured / failed, "capture_10_low": 0.2217, "capture_10_high": 0.5921,
            "capture_50": 0.87, "lift_10": captured / failed * 10, "average_precision": 0.3,
            "brier": 0.061, "base_brier": 0.066, "calibration_slope": 0.93, "psi": psi,
        })  # fmt: skip
    return rows


def _bins() -> list[Row]:
    return [
        {"bin_low": low, "bin_high": low + 0.05, "n": n, "failed_count": failed,
         "mean_probability": low + 0.024, "failed_share": failed / n,
         "low": max(failed / n - 0.05, 0.0), "high": failed / n + 0.07}
        for low, n, failed in ((0.0, 150, 4), (0.05, 100, 8), (0.2, 40, 11))
    ]  # fmt: skip


def _score(row: tuple[Any, ...], now: datetime, is_fitted: bool, hostile: str) -> Row:
    kind, identity, number, service, team, likelihood, impact, risk, p, percentile, _ = row
    is_request = kind == "change_request"
    planned = now + timedelta(days=2)
    return {
        "subject_kind": kind, "subject_id": identity, "number": number, "title": hostile,
        "service_id": service, "team_id": team,
        "source_url": None if is_request else f"https://github.example/{identity[7:]}",
        "likelihood": likelihood, "impact": impact, "risk": risk,
        "likelihood_reason": None if likelihood == "low" else "outside working hours",
        "impact_reason": None if impact == "low" else "the service is of tier 1",
        "probability": p if is_fitted else None, "percentile": percentile if is_fitted else None,
        "is_failed": None, "started_at": planned if is_request else now,
        "planned_at": planned if is_request else None,
    }  # fmt: skip


def _reasons() -> list[Row]:
    rows: list[Row] = []
    for kind, identity, _, service, *_, values in WAITING:
        parts = [
            (name, value, 0.0 if value is None else (value - mean) / sd * weight)
            for (name, mean, sd, weight, _), value in zip(KEPT, values, strict=True)
        ]
        parts.sort(key=lambda part: -abs(part[2]))
        rows += [
            {"subject_kind": kind, "subject_id": identity, "service_id": service, "feature": name,
             "reason_rank": rank, "value": value, "contribution": part,
             "odds_ratio": math.exp(part)}
            for rank, (name, value, part) in enumerate(parts, 1)
        ]  # fmt: skip
    return rows


def _changes(now: datetime) -> list[Row]:
    """Return changes that wait no longer, each for another reason."""
    kinds = (("merged", True, False, True), ("closed", False, False, True),
             ("draft", False, True, False), ("alone", False, False, False))  # fmt: skip
    return [
        {"change_id": f"github:acme/{name}#1", "repository": f"acme/{name}", "pull_number": 1,
         "is_merged": is_merged, "is_draft": is_draft, "merged_at": now if is_merged else None,
         "closed_at": now if is_closed else None}
        for name, is_merged, is_draft, is_closed in kinds
    ]  # fmt: skip


def _requests(now: datetime) -> list[Row]:
    return [
        {"change_request_id": f"servicenow:{number}", "number": number, "is_current": is_current,
         "service_id": service, "close_code": code, "work_started_at": started,
         "planned_start_at": planned}
        for number, is_current, service, code, started, planned in (
            ("CHG1", False, "login", None, None, now),
            ("CHG1", True, "login", "successful", now, now),
            ("CHG2", True, "login", None, now, now), ("CHG3", True, None, None, None, now),
            ("CHG4", True, "login", None, None, None), ("CHG5", True, "login", None, None, now),
        )
    ]  # fmt: skip
