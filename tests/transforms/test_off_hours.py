"""How often, by whom and with what outcome deployments begin outside of the allowed hours.

Two services of two tiers are deployed for ten weeks: Monday to Thursday in the default hours, and
on Friday and Saturday evening outside of them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from transforms.decisions import append_details
from transforms.home import Home
from transforms.statistics.intervals import wilson

MONDAY = at("2026-01-05 09:00")
WEEKS, MINUTE, HOUR, DAY = 10, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Per service: tier, which of its deployments in and outside of the hours fail, who deploys outside.
# The last one of `mail` is what a robot rolls back.
SERVICES = {
    "shop": (1, {3, 9, 30}, {0, 4, 5, 11, 17, 19}, ["mia"] * 12 + ["noa"] * 8),
    "mail": (2, {1, 7, 22, 39}, {2, 3, 8, 13, 19}, ["kim"] * 5 + ["mia"] * 15),
}
OVERRIDDEN = (2, 3, 8, 9)


@dataclass
class World:
    """A home, and the deployments of each service in and outside of the hours."""

    home: Home
    inside: dict[str, list[str]] = field(default_factory=dict)
    outside: dict[str, list[str]] = field(default_factory=dict)

    def summary(self, **where: Any) -> dict[str, Any]:
        """Return one row of the summary."""
        told = " and ".join(f"{key} = '{value}'" for key, value in where.items())
        (row,) = rows(self.home, "off_hours_summary", where=told)
        return row


def _deploy(estate: Estate, service: str, moment: datetime, who: str, **more: Any) -> str:
    sha = more.pop("sha", None) or estate.commit(
        service, moment - HOUR, parents=tuple(more.pop("parents", ()))
    )
    found = estate.deploy(service, sha, moment + MINUTE, minutes=1, **more)
    estate.streams["github", "deployments"][-1][0]["creator"] = {"login": who}
    return found


def _decide(home: Home, service: str, moment: datetime) -> None:
    for who, before in (("x", 30 * MINUTE), ("y", 10 * MINUTE)):
        append_details(
            home.lake, kind="override_approval", verdict="approved", who=who,
            subject=f"service:{service} environment:production", decided_at=moment - before,
            details={"service_id": service, "environment_id": "production", "reason": "Fire",
                     "link": "https://example.org/INC1"},
        )  # fmt: skip


def _exempt(home: Home, service: str, moment: datetime) -> None:
    granted = append_details(
        home.lake, kind="exemption", subject="exemption:authorised_hours", verdict="granted",
        who="grace", decided_at=moment - HOUR,
        details={"control_ids": ["authorised_hours"], "subject_type": "service",
                 "subject_id": service, "reason": "Fire",
                 "expires_at": (moment + HOUR).isoformat()},
    )  # fmt: skip
    append_details(
        home.lake, kind="exemption_approval", subject=f"exemption:{granted.decision_id}",
        verdict="approved", details={}, who="linus", decided_at=moment - HOUR / 2,
    )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the company, built once."""
    found, estate = World(Home(root=tmp_path_factory.mktemp("off_hours"))), Estate()
    estate.policy("approvers", "override", {"people": ["x", "y"]})
    for service, (tier, bad_inside, bad_outside, people) in SERVICES.items():
        estate.service(service, team="crew")
        next(one for one in estate.catalogue if one.get("service_id") == service)["tier"] = tier
        inside: list[str] = []
        outside: list[str] = []
        for week in range(WEEKS):
            start = MONDAY + 7 * week * DAY
            for day in range(4):
                made = _deploy(estate, service, start + day * DAY, "ada")
                if len(inside) in bad_inside:
                    moment = start + day * DAY
                    estate.incident(service, moment + HOUR, moment + 2 * HOUR, caused_by=made)
                inside.append(made)
            for day in (4, 5):
                moment = start + day * DAY + 11 * HOUR
                made = _deploy(estate, service, moment, people[len(outside)])
                if len(outside) in bad_outside:
                    estate.incident(service, moment + HOUR, moment + 2 * HOUR, caused_by=made)
                if service == "mail" and len(outside) in OVERRIDDEN:
                    _decide(found.home, service, moment)
                if service == "shop" and len(outside) == 1:
                    _exempt(found.home, service, moment)
                outside.append(made)
        found.inside[service], found.outside[service] = inside, outside
    shas = [one[0]["sha"] for one in estate.streams["github", "commits"]]
    _deploy(estate, "mail", at("2026-03-21 20:00"), "rollbot[bot]", sha=shas[-2], is_rollback=True)
    estate.write(found.home.lake, read_at=at("2026-05-01 00:00"))
    build_models(found.home, "off_hours_summary", now=at("2026-05-01 00:00"))
    return found


def test_every_deployment_outside_of_the_hours_is_overridden_exempt_or_a_violation(
    world: World,
) -> None:
    all_of = world.summary(grain="all", scope="organisation")
    assert (all_of["n"], all_of["off_hours_count"]) == (120, 40)
    told = [all_of[f"{name}_count"] for name in ("overridden", "exempt", "violation")]
    assert told == [len(OVERRIDDEN), 1, 35]


def test_a_rollback_by_a_robot_is_counted_and_in_no_share(world: World) -> None:
    all_of = world.summary(grain="all", scope="organisation")
    assert all_of["automated_rollback_count"] == 1
    assert all_of["off_hours_ratio"] == pytest.approx(40 / 120)


@pytest.mark.parametrize(
    ("name", "count"),
    [("off_hours", "off_hours"), ("override", "overridden"), ("violation", "violation")],
)
def test_each_rate_has_its_interval(world: World, name: str, count: str) -> None:
    row = world.summary(grain="all", scope="organisation")
    low, high = wilson(row[f"{count}_count"], row["n"])
    found = [row[f"{name}_ratio{end}"] for end in ("_low", "", "_high")]
    assert found == pytest.approx([low, row[f"{count}_count"] / row["n"], high], abs=1e-6)


def test_a_month_has_the_deployments_of_its_days(world: World) -> None:
    january = world.summary(grain="month", scope="organisation", period_start_date="2026-01-01")
    assert (january["n"], january["off_hours_count"]) == (2 * 4 * 6, 2 * 4 * 2)


def test_the_one_who_deploys_most_outside_of_the_hours_is_told_as_a_share(world: World) -> None:
    row = world.summary(grain="all", scope="organisation")
    assert (row["person_count"], row["known_person_count"], row["top_person_count"]) == (3, 40, 27)
    assert row["top_person_ratio"] == pytest.approx(27 / 40)


def test_the_first_deployment_of_a_person_outside_of_the_hours_is_marked(world: World) -> None:
    row = world.summary(grain="all", scope="organisation")
    shop, mail = world.outside["shop"], world.outside["mail"]
    assert set(row["first_deployment_ids"]) == {shop[0], shop[12], mail[0]}


def test_somebody_is_new_once_and_not_in_every_service(world: World) -> None:
    assert world.summary(grain="all", scope_id="mail")["first_deployment_ids"] == [
        world.outside["mail"][0]
    ]


def test_the_odds_of_failure_hold_tiers_equal_and_agree_with_statsmodels(world: World) -> None:
    row = world.summary(grain="all", scope="organisation")
    tables = []
    for _, inside, outside, _ in SERVICES.values():
        a, c = len(outside), len(inside)
        tables.append(np.array([[a, 20 - a], [c, 40 - c]]))
    oracle = StratifiedTable(tables)
    assert (row["compared_count"], row["compared_failed_count"]) == (40, 11)
    assert (row["on_hours_compared_count"], row["on_hours_failed_count"]) == (80, 7)
    assert row["stratum_count"] == 2
    assert row["odds_ratio"] == pytest.approx(oracle.oddsratio_pooled)
    bounds = (row["odds_ratio_low"], row["odds_ratio_high"])
    assert bounds == pytest.approx(oracle.oddsratio_pooled_confint())
    assert row["p_stratified"] == pytest.approx(oracle.test_null_odds(correction=True).pvalue)
    assert row["statement"] == "associated"


def test_the_odds_are_those_of_the_whole_organisation_alone(world: World) -> None:
    assert world.summary(grain="all", scope="team")["odds_ratio"] is None
