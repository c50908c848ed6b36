"""Rates of services over the latest six months, shrunk towards the company's."""

from typing import Any


def model(dbt: Any, session: Any) -> Any:
    """Return one row a ratio metric and service: shrunk rate, interval, P(above organisation).

    Source: transforms/statistics/ranking.py
    """
    import numpy as np
    import pyarrow as pa

    from transforms.statistics.ranking import (
        credible_interval,
        fit_prior,
        probability_above,
        shrunk_rate,
    )

    dbt.config(materialized="table")
    rates = (
        dbt.ref("int_metric_series")
        .filter("kind = 'ratio' and grain = 'month' and scope <> 'team' and periods_ago < 6")
        .aggregate(
            "metric, scope, scope_id, sum(numerator) as numerator, sum(denominator) as n,"
            " min(period_start_date) as first_date, max(period_end_date) as end_date"
        )
        .order("metric, scope, scope_id")
        .to_arrow_table()
    )
    metric = np.array(rates["metric"].to_pylist(), dtype=object)
    is_service = np.array(rates["scope"].to_pylist(), dtype=object) == "service"
    k, n = (rates[name].to_numpy() for name in ("numerator", "n"))
    numbers = {
        name: np.full(metric.size, np.nan)
        for name in ("organisation", "strength", "shrunk", "low", "high", "above")
    }
    for name in sorted(set(metric)):
        rows = np.flatnonzero((metric == name) & is_service)
        whole = np.flatnonzero((metric == name) & ~is_service)
        prior = fit_prior(k[rows], n[rows])
        target = k[whole].sum() / n[whole].sum() if n[whole].sum() else np.nan
        numbers["organisation"][rows] = target
        if prior is None:
            continue
        numbers["strength"][rows] = prior.strength
        numbers["shrunk"][rows] = shrunk_rate(k[rows], n[rows], prior=prior)
        low, high = credible_interval(k[rows], n[rows], prior=prior)
        numbers["low"][rows], numbers["high"][rows] = low, high
        numbers["above"][rows] = probability_above(target, k[rows], n[rows], prior=prior)

    def column(name: str) -> Any:
        values = numbers[name][is_service]
        return pa.array(values, mask=np.isnan(values))

    services = rates.filter(pa.array(is_service))
    return pa.table(
        {
            "metric": services["metric"],
            "service_id": services["scope_id"],
            "numerator": services["numerator"],
            "n": services["n"],
            "organisation_rate": column("organisation"),
            "prior_strength": column("strength"),
            "shrunk_rate": column("shrunk"),
            "shrunk_low": column("low"),
            "shrunk_high": column("high"),
            "probability_above": column("above"),
            "first_date": services["first_date"],
            "end_date": services["end_date"],
        }
    )
