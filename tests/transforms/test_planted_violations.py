"""Violations that are planted in a year of releases are found, all of them and nothing else.

Twelve services with ten deployments each. What is planted stands in PLANTED; beside each kind
stand its innocent neighbours: an approval a minute before, an exemption that still holds, the same
hour a week before the clocks change.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.people_estate import People, Review
from tests.transforms.requests import HOUR, MINUTE, approval, request
from transforms.decisions import append_details
from transforms.home import Home

NOW = at("2026-12-01 00:00")
FIRST = at("2026-09-01 06:00")
SERVICES = tuple(f"service-{number:02}" for number in range(12))
TURNS = 10
Place = tuple[int, int]

# By service and turn.
PLANTED: dict[str, frozenset[Place]] = {
    "late_approval": frozenset({(0, 3), (1, 4), (2, 5), (3, 2)}),
    "unauthorised": frozenset({(1, 7), (2, 8), (11, 3)}),
    "self_approval": frozenset({(4, 3), (5, 4), (6, 5)}),
    "expired_exemption": frozenset({(7, 7), (8, 7)}),
    "freeze_at_dst": frozenset({(9, 8), (10, 8)}),
    "rebuilt_artifact": frozenset({(0, 6), (3, 7), (8, 3)}),
    "missing_evidence": frozenset({(5, 8), (6, 8), (9, 3)}),
}
# Instants at which a deployment starts where that is not its turn's.
FROZEN_DAY = at("2026-10-21 00:00")
STARTS: dict[Place, datetime] = {
    **{(service, 6): FROZEN_DAY + timedelta(hours=10, minutes=30) for service in (7, 8)},
    **{(service, 7): FROZEN_DAY + timedelta(hours=14) for service in (7, 8)},
    # In Berlin the night load ends at 03:30: at 01:30 UTC in summer, at 02:30 once clocks are back.
    **{(service, 7): at("2026-10-18 02:15") for service in (9, 10, 11)},
    **{(service, 8): at("2026-10-25 02:15") for service in (9, 10)},
    (11, 8): at("2026-10-25 02:30"),
}


@dataclass
class World:
    """What was built, and the deployments and releases by their place."""

    home: Home
    deployments: dict[str, Place] = field(default_factory=dict)
    releases: dict[str, Place] = field(default_factory=dict)

    def found(self, kind: str) -> set[Place]:
        """Return where a kind of violation was found."""
        places = self.releases if kind == "missing_evidence" else self.deployments
        results = rows(self.home, "control_results", where=f"verdict = 'fail' and {FINDINGS[kind]}")
        return {places[one["subject_id"]] for one in results}


# What tells of which kind.
FINDINGS = {
    "late_approval": "control_id = 'change_authorised' and reason_code <> 'no_change_request'",
    "unauthorised": "control_id = 'change_authorised' and reason_code = 'no_change_request'",
    "self_approval": ("control_id = 'segregation_of_duties' and reason_code = 'unreviewed_change'"),
    "expired_exemption": "control_id = 'freeze_violations' and reason not like '%Night load%'",
    "freeze_at_dst": "control_id = 'freeze_violations' and reason like '%Night load%'",
    "rebuilt_artifact": "control_id = 'artifact_immutability'",
    "missing_evidence": "control_id = 'test_evidence'",
}
# Controls of which every failure must have been planted, and as what.
EXPLAINED = {
    "change_authorised": ("late_approval", "unauthorised"),
    "segregation_of_duties": ("self_approval", "late_approval", "unauthorised"),
    "freeze_violations": ("expired_exemption", "freeze_at_dst"),
}


def _start(place: Place) -> datetime:
    service, turn = place
    return STARTS.get(place, FIRST + timedelta(days=7 * turn, hours=service))


def _digest(text: str) -> str:
    return "sha256:" + text.encode().hex().rjust(64, "0")


def _release(world: World, people: People, place: Place) -> None:
    """Deploy one release with all that belongs to it, but for what is planted."""
    service, start = SERVICES[place[0]], _start(place)
    version, key = f"1.{place[1]}.0", f"{1000000 + place[0] * 100 + place[1]}"
    planted = {kind for kind, places in PLANTED.items() if place in places}
    reviewer = "ada" if "self_approval" in planted else "bob"
    sha = people.change(service, start - 6 * HOUR, authors=("ada",), reviews=(Review(reviewer),))
    digest = _digest(f"{service} {version}")
    people.estate.deploy(
        service, sha, start - 2 * HOUR, minutes=5, environment="staging", version=version,
        artifact_digest=digest,
    )  # fmt: skip
    told: dict[str, Any] = {"version": version, "artifact_digest": digest}
    if "rebuilt_artifact" in planted:
        told["artifact_digest"] = _digest(f"{service} {version} again")
    if "unauthorised" not in planted:
        told["change_request"] = f"CHG{key}"
        request(
            people.estate, key, service=service, window=(start - HOUR, start + HOUR),
            worked=(start, start + 5 * MINUTE), updated=start + timedelta(days=1),
            risk="4",
        )  # fmt: skip
        late = "late_approval" in planted
        approval(people.estate, key, start + (4 * MINUTE if late else -MINUTE), approver="carla")
    world.deployments[people.deploy(service, start + 5 * MINUTE, **told)] = place
    world.releases[f"{service}@{version}"] = place
    people.estate.row(
        "evidence_requirements", id=f"REQ-{key}", key="REQ-1", version=version, service=service,
        test="test_pays_once", result="passed", environment="staging", dataset="orders",
        disposition="none open", digest=told["artifact_digest"],
        approver=None if "missing_evidence" in planted else "grace@example.org",
        approved_at=start - HOUR,
    )  # fmt: skip


def _exempt(home: Home, service: str) -> None:
    granted = FROZEN_DAY + timedelta(hours=10)
    entry = append_details(
        home.lake, kind="exemption", subject=f"exemption:service:{service}", verdict="granted",
        who="grace", decided_at=granted,
        details={
            "control_ids": ["freeze_violations"], "subject_type": "service", "subject_id": service,
            "reason": "A repair that cannot wait",
            "expires_at": (granted + 4 * HOUR).isoformat(),
        },
    )  # fmt: skip
    append_details(
        home.lake, kind="exemption_approval", subject=f"exemption:{entry.decision_id}",
        verdict="approved", details={}, who="linus", decided_at=granted + 5 * MINUTE,
    )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    estate = Estate()
    world, people = World(Home(root=tmp_path_factory.mktemp("planted"))), People(estate)
    for name in SERVICES:
        people.service(name, team="fleet")
    for number in range(len(SERVICES)):
        for turn in sorted(range(TURNS), key=lambda turn: _start((number, turn))):
            _release(world, people, (number, turn))
    estate.policy("approvers", "cab", {"people": ["carla"]})
    estate.policy("calendar", "stocktaking", {
        "kind": "freeze", "title": "Stocktaking", "services": [SERVICES[7], SERVICES[8]],
        "starts_at": FROZEN_DAY.isoformat(),
        "ends_at": (FROZEN_DAY + timedelta(days=1)).isoformat(),
    })  # fmt: skip
    estate.policy("calendar", "night_load", {
        "kind": "freeze", "title": "Night load", "services": list(SERVICES[9:]),
        "recurrence": "0 23 * * 6", "recurrence_end": "30 3 * * 0", "zone": "Europe/Berlin",
    })  # fmt: skip
    estate.write(world.home.lake, read_at=NOW)
    for number in (7, 8):
        _exempt(world.home, SERVICES[number])
    build_models(world.home, "control_results", now=NOW)
    yield world


def test_the_estate_has_120_deployments_of_12_services(world: World) -> None:
    subjects = rows(world.home, "control_subjects")
    assert len(subjects) == len(world.deployments) == 120
    assert {one["subject_id"] for one in subjects} == set(world.deployments)
    assert {one["service_id"] for one in subjects} == set(SERVICES)


@pytest.mark.parametrize("kind", FINDINGS)
def test_every_planted_violation_is_found_and_nothing_else(world: World, kind: str) -> None:
    found, planted = world.found(kind), PLANTED[kind]
    precision = len(found & planted) / max(len(found), 1)
    recall = len(found & planted) / len(planted)
    assert (precision, recall) == (1.0, 1.0), f"{sorted(found ^ planted)}"


@pytest.mark.parametrize("control", EXPLAINED)
def test_a_control_fails_nothing_that_was_not_planted(world: World, control: str) -> None:
    failed = rows(
        world.home, "control_results", where=f"control_id = '{control}' and verdict = 'fail'"
    )
    planted = {place for kind in EXPLAINED[control] for place in PLANTED[kind]}
    assert {world.deployments[one["subject_id"]] for one in failed} <= planted


def test_what_an_exemption_lifts_is_exempt_and_its_failure_stays_beside(world: World) -> None:
    lifted = rows(
        world.home, "control_results",
        where="control_id = 'freeze_violations' and verdict = 'exempt'",
    )  # fmt: skip
    assert {world.deployments[one["subject_id"]] for one in lifted} == {(7, 6), (8, 6)}
    assert {one["underlying_verdict"] for one in lifted} == {"fail"}
