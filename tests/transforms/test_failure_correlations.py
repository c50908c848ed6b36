"""Population test, factors and co-deployments of a small company, from raw pages to rows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.checkout import ROOT
from tests.transforms.conftest import READ_AT, build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

BERLIN = ZoneInfo("Europe/Berlin")
START = at("2025-07-01 09:00")
WEEKS = 40
HOUR = timedelta(hours=1)
FACTORS = ROOT / "transforms" / "models" / "intermediate" / "factors"


def _company() -> Estate:
    """Return four services; `loud` breaks half an hour after every second Friday's deployment.

    The hour changes from week to week: were it always the same, habit would explain everything.
    `calm` has incidents that follow nothing, `few` too little of everything, and `left` is twice as
    often deployed as `right`, every second time ten minutes before it, and breaks only then.
    """
    estate = Estate()
    heads: dict[str, str] = {}

    def release(service: str, moment: datetime) -> str:
        parents = (heads[service],) if service in heads else ()
        heads[service] = estate.commit(service, moment - 3 * HOUR, parents=parents)
        return estate.deploy(service, heads[service], moment)

    for service in ("loud", "calm", "few", "left", "right"):
        estate.service(service, team="crew" if service != "few" else None)
    for week in range(WEEKS):
        monday = START + timedelta(weeks=week, days=-1)
        release("loud", monday + timedelta(days=1))
        friday = monday + timedelta(days=4, hours=3 + 7 * week % 9)
        risky = release("loud", friday)
        if week % 2:
            estate.incident("loud", friday + HOUR / 2, friday + HOUR, caused_by=risky)
        release("calm", monday + timedelta(days=2, hours=12))
        if week % 4 == 0:
            began = monday + timedelta(days=5, hours=week % 7)
            estate.incident("calm", began, began + HOUR)
        for day in (0, 3):
            moment = monday + timedelta(days=day, hours=1 + 5 * week % 8)
            bad = release("left", moment)
            if day:
                release("right", moment + timedelta(minutes=10))
                if week % 4 == 1:
                    estate.incident("left", moment + HOUR / 3, moment + HOUR, caused_by=bad)
    for week in range(6):
        release("few", START + timedelta(weeks=week, hours=11))
    estate.incident("few", START + timedelta(days=30), None)
    return estate


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    yield build_estate(
        tmp_path_factory.mktemp("correlations"),
        _company(),
        "failure_correlations",
        "failure_factors",
        "codeployment_pairs",
        "service_causation",
        "coverage",
    )


@pytest.fixture(scope="module")
def services(published: Published) -> dict[str, dict[str, Any]]:
    rows = published.rows("service_causation").iter_rows(named=True)
    return {row["scope_id"]: row for row in rows}


def test_clustering_is_evidence_and_its_absence_is_none(services: dict[str, Any]) -> None:
    said = {name: row["statement"] for name, row in services.items()}
    assert said == {
        "loud": "evidence", "calm": "no_evidence", "few": "too_little_data", "left": "evidence",
        "right": "too_little_data", "all": "evidence",
    }  # fmt: skip
    loud = services["loud"]
    # All its incidents are on Fridays, so whole weeks give no more shifts than there are weeks.
    assert loud["p_adjusted"] < 0.05
    assert loud["attributable_fraction_low"] > 0
    assert loud["rate_ratio_low"] > 1
    calm = services["calm"]
    assert (calm["attributable_fraction"], calm["attributable_fraction_low"]) == (0, 0)
    assert calm["attributable_fraction_high"] > 0
    assert calm["excess_incident_count"] < 0
    few = services["few"]
    assert few["p_exact"] is few["p_permutation"] is few["attributable_fraction"] is None


def _wall(moment: datetime) -> datetime:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(BERLIN).replace(tzinfo=None)


def _monday(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), datetime.min.time()) - timedelta(days=moment.weekday())


def test_counts_and_hours_agree_with_a_walk_along_the_clock(
    published: Published, services: dict[str, Any]
) -> None:
    """Every quarter of an hour that was watched, in local time, asked whether it was exposed."""
    changes = published.rows("change_events")
    incidents = published.rows("incident_services").join(
        published.rows("fct_incidents").filter(pl.col("exclusion_reason").is_null()),
        on="incident_id",
    )
    known = max(published.rows("coverage")["first_date"].to_list())
    for service in ("loud", "calm", "few", "left"):
        exposed = [_wall(one) for one in
                   changes.filter(pl.col("service_id") == service)["exposed_at"]]  # fmt: skip
        first = max(min(exposed), datetime.combine(known, datetime.min.time()))
        start = _monday(first) if first == _monday(first) else _monday(first) + timedelta(weeks=1)
        end = min(_monday(_wall(READ_AT)), _monday(max(exposed)) + timedelta(weeks=5))
        step, quarters = timedelta(minutes=15), 0
        moment = start
        starts = sorted(exposed)
        while moment < end:
            quarters += any(one <= moment < one + 2 * HOUR for one in starts)
            moment += step
        row = services[service]
        assert row["exposed_hours"] == pytest.approx(quarters / 4)
        hours = (end - start) / HOUR
        assert row["exposed_hours"] + row["other_hours"] == pytest.approx(hours)
        assert row["change_event_count"] == sum(start <= one < end for one in exposed)
        own = incidents.filter(pl.col("service_id") == service)
        began = [_wall(one) for one in own["impact_started_at"]]
        began = [one for one in began if start <= one < end]
        inside = sum(any(s <= one < s + 2 * HOUR for s in starts) for one in began)
        assert row["exposed_incident_count"] == inside
        assert row["other_incident_count"] == len(began) - inside


def test_the_organisation_is_its_services(services: dict[str, Any]) -> None:
    parts = [row for name, row in services.items() if name != "all"]
    for column in ("change_event_count", "exposed_incident_count", "exposed_hours"):
        assert services["all"][column] == pytest.approx(sum(row[column] for row in parts))


def _population(published: Published) -> pl.DataFrame:
    return published.rows("fct_deployments").filter(
        (pl.col("environment_tier") == "production")
        & pl.col("exclusion_reason").is_null()
        & pl.col("is_change") & pl.col("reached_production") & ~pl.col("is_immature")
    )  # fmt: skip


def test_every_factor_of_the_folder_is_published_with_its_words(published: Published) -> None:
    factors = published.rows("failure_factors")
    names = {file.stem.removeprefix("int_factors__") for file in FACTORS.glob("*.sql")}
    assert set(factors["factor"]) == names
    assert {file.stem for file in FACTORS.glob("*.yml")} == {
        file.stem for file in FACTORS.glob("*.sql")
    }
    for row in factors.iter_rows(named=True):
        assert "{level}" in row["phrase"]
        assert row["confounders_controlled"] and row["confounders_not_controlled"]


def test_a_level_that_fails_is_associated_and_counts_are_those_of_the_facts(
    published: Published,
) -> None:
    levels = {
        (row["factor"], row["level"]): row
        for row in published.rows("failure_correlations").iter_rows(named=True)
    }
    friday = levels["weekday", "Friday"]
    days = _population(published).with_columns(
        pl.Series("day", [_wall(one).isoweekday() for one in
                          _population(published)["started_at"]])
    )  # fmt: skip
    ours, theirs = days.filter(pl.col("day") == 5), days.filter(pl.col("day") <= 4)
    assert (friday["n"], friday["failed_count"]) == (ours.height, ours["is_failed"].sum())
    assert friday["reference_n"] == theirs.height
    assert friday["statement"] == "associated"
    assert friday["risk_difference_low"] > 0
    assert friday["confounders_controlled"] == "tier of the service, working hours"
    batch = published.rows("failure_correlations", filters={"factor": "batch_size"})
    known = _population(published).filter(pl.col("change_count") > 0)
    assert batch["n"].sum() == known.height
    assert batch["failed_count"].sum() == known["is_failed"].sum()


def test_load_and_gap_agree_with_a_look_at_every_deployment(published: Published) -> None:
    changes = published.rows("change_events").sort("exposed_at")
    judged = set(_population(published)["deployment_id"])
    events = list(changes.iter_rows(named=True))
    gaps, loads = {"1 to 24 hours": 0, "1 to 7 days": 0, "7 days or more": 0}, [0, 0]
    for one in events:
        if one["change_event_id"] not in judged:
            continue
        before = [other["exposed_at"] for other in events
                  if other["service_id"] == one["service_id"]
                  and other["exposed_at"] < one["exposed_at"]]  # fmt: skip
        if before:
            gap = one["exposed_at"] - max(before)
            gaps["1 to 24 hours" if gap < 24 * HOUR else
                 "1 to 7 days" if gap < 168 * HOUR else "7 days or more"] += 1  # fmt: skip
        if one["team_id"]:
            count = sum(
                other["team_id"] == one["team_id"]
                and timedelta() < one["started_at"] - other["started_at"] <= 24 * HOUR
                for other in events
            )
            loads[min(count, 1)] += 1
    found = {(row["factor"], row["level"]): row["n"]
             for row in published.rows("failure_correlations").iter_rows(named=True)}  # fmt: skip
    assert {level: found.get(("time_since_last", level), 0) for level in gaps} == gaps
    assert found["team_load", "no other deployment"] == loads[0]
    assert sum(n for (factor, _), n in found.items() if factor == "team_load") == sum(loads)


def test_services_deployed_in_the_same_hour_agree_with_a_look_at_every_pair(
    published: Published,
) -> None:
    limit = READ_AT.replace(tzinfo=None) - 72 * HOUR
    events = [row for row in published.rows("change_events").iter_rows(named=True)
              if row["kind"] in ("forward", "rework") and row["exposed_at"] <= limit]  # fmt: skip
    suspects = published.rows("incident_suspects").filter(pl.col("probability") >= 0.5)
    blamed = set(suspects["change_event_id"])
    expected = {}
    for one, other in combinations(sorted({row["service_id"] for row in events}), 2):
        ours, theirs = ([row for row in events if row["service_id"] == name]
                        for name in (one, other))  # fmt: skip
        near = [
            row
            for row in ours
            if any(abs(row["exposed_at"] - two["exposed_at"]) <= HOUR for two in theirs)
        ]
        count = sum(any(abs(row["exposed_at"] - two["exposed_at"]) <= HOUR for two in ours)
                    for row in theirs)  # fmt: skip
        if min(len(near), count) >= 5:
            failed = sum(row["change_event_id"] in blamed for row in near)
            alone = sum(row["change_event_id"] in blamed for row in ours) - failed
            expected[one, other] = (len(near), failed, len(ours) - len(near), alone)
    pairs = {
        (row["service_id"], row["other_service_id"]): row
        for row in published.rows("codeployment_pairs").iter_rows(named=True)
    }
    names = ("together_count", "together_failed_count", "alone_count", "alone_failed_count")
    assert {key: tuple(row[name] for name in names) for key, row in pairs.items()} == expected
    pair = pairs["left", "right"]
    assert pair["codeployment_count"] == WEEKS
    assert pair["together_failed_count"] >= 8
    assert pair["alone_failed_count"] == 0
    assert pair["statement"] in ("associated", "not_established")
    assert pair["p_value"] < 0.05
