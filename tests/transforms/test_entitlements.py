"""Rights and audit logs: who holds what he should not, and which events prove too little."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.people_estate import People
from transforms.home import Home

AS_OF = at("2026-11-20 00:00")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
RECENT: dict[str, datetime] = {
    "granted_at": at("2026-08-01 00:00"),
    "reviewed_at": at("2026-10-01 00:00"),
    "last_used_at": at("2026-11-01 00:00"),
}
LOGGED = at("2026-09-01 00:00")


@dataclass(frozen=True)
class World:
    """A home that was built, and the deployments of it in their order."""

    home: Home
    deployments: list[str]

    def control(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the rows of a control by subject."""
        return {one["subject_id"]: one for one in rows(self.home, f"control_{name}")}

    def right(self, name: str) -> tuple[str, str]:
        """Return verdict and reason code of a right."""
        found = self.control("entitlements")[f"files:{name}"]
        return found["verdict"], found["reason_code"]


def _rights(estate: Estate) -> None:
    def grant(key: str, person: str, role: str, **fields: object) -> None:
        told = {**RECENT, "resource": "acme/core", "is_interactive": True, **fields}
        estate.row("access_grants", id=key, person=person, role=role, **told)

    grant("reads", "ann", "auditor")
    grant("auditor-reads", "max", "auditor")
    grant("auditor-writes", "max", "repo:write")
    grant("developer-writes", "dev", "repo:write")
    grant("developer-deploys", "dev", "deployer", environment="production")
    grant("developer-deploys-low", "dev", "deployer", environment="production", resource="acme/low")
    grant("developer-staging", "dev", "deployer", environment="staging")
    grant("operator-deploys", "oz", "operator", environment="production")
    grant("robot-signs-in", "ci[bot]", "service")
    grant("robot", "ci[bot]", "service", is_interactive=False)
    grant("dormant", "oz", "repo:admin", last_used_at=AS_OF - 91 * DAY)
    grant("used", "oz", "repo:admin", last_used_at=AS_OF - 90 * DAY)
    grant("never-used", "oz", "repo:admin", last_used_at=None)
    grant("reads-never-used", "ann", "repo:read", last_used_at=None)
    grant("not-reviewed", "ann", "repo:read", reviewed_at=at("2026-05-19 00:00"))
    grant("just-reviewed", "ann", "repo:read", reviewed_at=at("2026-05-20 00:00"))
    grant("of-policy", "pia", "release-pilot")
    grant("unknown-role", "pia", "wizard")
    grant("revoked", "max", "repo:admin", revoked_at=at("2026-10-10 00:00"))


def _events(estate: Estate) -> None:
    """Write 1,000 events of one log: 12 lack the source, 3 the identity, one of them both."""
    for number in range(1, 1001):
        estate.row(
            "audit_events",
            id=f"ev-{number:04}",
            type="repository.push",
            occurred_at=LOGGED + timedelta(minutes=number),
            place="host",
            origin=None if number <= 12 else "10.0.0.1",
            outcome="success",
            person=None if 12 <= number <= 14 else "ann",
        )


def _log(estate: Estate, source: str, instants: list[datetime]) -> None:
    for number, instant in enumerate(instants):
        fields = {
            "id": f"{source}-{number:04}", "type": "login", "place": "host", "origin": "10.0.0.1",
            "outcome": "success", "person": "ann",
            "occurred_at": instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }  # fmt: skip
        estate.add(
            f"files-{source}",
            "rows",
            {"entity": "audit_events", "row_key": fields["id"], "reason": None, "fields": fields},
        )


def _deployments(people: People) -> list[str]:
    """Deploy fifty times; an event tells of each but the 31st, at most five minutes away."""
    people.service("core", tier=1)
    people.service("low", tier=3)
    made = []
    for place in range(50):
        ended = at("2026-10-01 09:00") + place * 12 * timedelta(hours=1)
        people.last["core"] = people.estate.commit("core", ended - DAY)
        made.append(people.deploy("core", ended))
        started = ended - timedelta(minutes=5)
        off = timedelta(minutes=5) if place % 2 else -timedelta(minutes=5)
        told = ended + off if place % 2 else started + off
        people.estate.row(
            "audit_events",
            id=f"deploy-{place:02}",
            type="deployment.start",
            occurred_at=told + (SECOND if place == 30 else 0 * SECOND) * (1 if place % 2 else -1),
            place="deployer", origin="10.0.0.2", outcome="success", person="ci[bot]",
            object="core" if place < 10 else None, service=None if place < 10 else "core",
            environment="production" if place % 3 else None,
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    estate = Estate()
    people = People(estate)
    _rights(estate)
    _events(estate)
    made = _deployments(people)
    minutes = [AS_OF - timedelta(minutes=3 + one) for one in range(300)]
    _log(estate, "steady", minutes)
    _log(estate, "silent", [one - SECOND for one in minutes])
    _log(estate, "sparse", minutes[:100])
    months = [at(f"2025-{month:02}-15 00:00") for month in range(11, 13)]
    months += [at(f"2026-{month:02}-15 00:00") for month in range(1, 12)]
    _log(estate, "kept", months)
    _log(estate, "hole", [one for one in months if (one.year, one.month) != (2026, 9)])
    estate.policy(
        "entitlements", "release-pilot", {"kind": "operator", "deploys_to_production": True}
    )
    home = Home(root=tmp_path_factory.mktemp("rights"))
    estate.write(home.lake, read_at=AS_OF)
    names = (
        "entitlements", "audit_log_completeness", "audit_log_coverage", "audit_log_gaps",
        "audit_log_retention",
    )  # fmt: skip
    build_models(home, *(f"control_{name}" for name in names), "toxic_holders", "control_matrix")
    yield World(home=home, deployments=made)


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        ("reads", ("pass", "in_order")),
        ("auditor-reads", ("pass", "in_order")),
        ("auditor-writes", ("fail", "auditor_may_write")),
        ("developer-writes", ("pass", "in_order")),
        ("developer-deploys", ("fail", "developer_may_deploy")),
        ("developer-deploys-low", ("pass", "in_order")),
        ("developer-staging", ("pass", "in_order")),
        ("operator-deploys", ("pass", "in_order")),
        ("robot-signs-in", ("fail", "service_account_interactive")),
        ("robot", ("pass", "in_order")),
        ("dormant", ("fail", "dormant")),
        ("used", ("pass", "in_order")),
        ("never-used", ("fail", "dormant")),
        ("reads-never-used", ("pass", "in_order")),
        ("not-reviewed", ("fail", "review_overdue")),
        ("just-reviewed", ("pass", "in_order")),
        ("of-policy", ("pass", "in_order")),
        ("unknown-role", ("no_data", "role_unclassified")),
    ],
)
def test_a_right_fits_who_holds_it_is_used_and_was_confirmed(
    world: World, right: str, verdict: tuple[str, str]
) -> None:
    assert world.right(right) == verdict


def test_a_right_that_was_taken_away_is_not_judged(world: World) -> None:
    assert "files:revoked" not in world.control("entitlements")


def test_an_auditor_who_may_write_holds_a_toxic_pair(world: World) -> None:
    (found,) = rows(world.home, "toxic_holders", where="pair = 'auditor_and_writer'")
    assert found["is_current"]
    assert {"files:auditor-reads", "files:auditor-writes"} <= set(found["access_grant_ids"])


def test_of_1000_events_14_lack_a_fact_and_98_6_percent_are_whole(world: World) -> None:
    found = world.control("audit_log_completeness")["files:2026-09"]
    assert (found["verdict"], found["reason_code"]) == ("fail", "facts_missing")
    assert round(100 * found["value"], 1) == 98.6
    assert found["reason"] == (
        "986 of 1000 events have all six facts; missing: source 12, identity 3."
    )
    assert len(found["evidence"]) == 14


def test_a_month_of_whole_events_passes(world: World) -> None:
    found = world.control("audit_log_completeness")["files-steady:2026-11"]
    assert (found["verdict"], found["value"]) == ("pass", 1.0)


def test_of_50_deployments_49_are_in_the_log_and_the_one_that_is_not_is_named(
    world: World,
) -> None:
    found = world.control("audit_log_coverage")
    failed = [one for one in world.deployments if found[one]["verdict"] == "fail"]
    assert failed == [world.deployments[30]]
    assert found[failed[0]]["reason"].startswith(
        "No event of the audit log tells of a deployment of core"
    )
    passed = [one for one in world.deployments if found[one]["verdict"] == "pass"]
    assert 100 * len(passed) / len(world.deployments) == 98.0


def test_the_matrix_shows_the_share_that_no_log_tells_of(world: World) -> None:
    (found,) = rows(
        world.home,
        "control_matrix",
        where="control_id = 'audit_log_coverage' and scope = 'organisation' and grain = 'quarter'",
    )
    assert (found["verdict"], found["fail_count"], found["subject_count"]) == ("fail", 1, 50)


def test_a_log_is_silent_when_it_is_for_more_than_three_times_the_99th_percentile(
    world: World,
) -> None:
    found = world.control("audit_log_gaps")
    steady, silent = (found[f"files-{name}:2026-11"] for name in ("steady", "silent"))
    assert (steady["verdict"], steady["value"], steady["threshold"]) == ("pass", 180, 180)
    assert (silent["verdict"], silent["value"], silent["threshold"]) == ("fail", 181, 180)


def test_a_log_of_fewer_than_a_hundred_intervals_is_inconclusive(world: World) -> None:
    found = world.control("audit_log_gaps")["files-sparse:2026-11"]
    assert (found["verdict"], found["reason_code"]) == ("inconclusive", "too_few_events")


@pytest.mark.parametrize(
    ("log", "verdict"),
    [
        ("files-kept", ("pass", "kept")),
        ("files-hole", ("fail", "month_missing")),
        ("files-steady", ("fail", "too_short")),
    ],
)
def test_a_log_reaches_back_a_year_and_its_last_three_months_are_there(
    world: World, log: str, verdict: tuple[str, str]
) -> None:
    found = world.control("audit_log_retention")[log]
    assert (found["verdict"], found["reason_code"]) == verdict
