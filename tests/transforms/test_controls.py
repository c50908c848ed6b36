"""Controls judge every production deployment; the same text judges one that is still to come."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from orchestration.warehouse import warehouse
from tests.checkout import ROOT
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.rendering import TRANSFORMS, render
from transforms.decisions import append_details
from transforms.home import Home

DIGEST = "sha256:" + "a" * 64


@dataclass(frozen=True)
class World:
    """A home with the engine's tables, and its deployments by name."""

    home: Home
    ids: dict[str, str]

    def results(self, control: str = "deployment_identified") -> dict[str, dict[str, Any]]:
        """Return the results of a control by subject."""
        found = rows(self.home, "control_results", where=f"control_id = '{control}'")
        return {one["subject_id"]: one for one in found}

    def asked(self, service: str, digest: str, *, environment: str = "production") -> list[Any]:
        """Return what the control says of a deployment that has not happened."""
        with warehouse(self.home.warehouse_file) as connection:
            return connection.execute(
                "select subject_id, verdict, reason_code"
                " from v1.control_deployment_identified_at(?, ?, ?, ?)",
                [service, digest, environment, datetime(2026, 4, 1)],  # noqa: DTZ001
            ).fetchall()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    estate = Estate()
    pay = estate.service("pay", team="payments")
    estate.service("search", team="search")
    known = estate.commit(pay, at("2026-03-01 09:00"))
    ids = {
        "known": estate.deploy(pay, known, at("2026-03-02 10:00"), minutes=10),
        "digest": estate.deploy(
            pay, known, at("2026-03-03 10:00"), minutes=10, artifact_digest=DIGEST
        ),
        "unknown": estate.deploy(pay, "f" * 40, at("2026-03-04 10:00"), minutes=10),
        "exempt": estate.deploy(pay, "e" * 40, at("2026-03-05 10:00"), minutes=10),
        "too_late": estate.deploy(pay, "d" * 40, at("2026-03-05 15:00"), minutes=10),
    }
    estate.deploy(pay, "f" * 40, at("2026-03-04 09:00"), environment="staging")
    estate.policy("thresholds", "exemption_hours_max", {"value": 8, "reason": "Shorter shifts"})
    later = {"value": 99, "reason": "From next year on", "effective_from": "2027-01-01"}
    estate.policy("thresholds", "post_review_hours_max", later)
    estate.policy("approvers", "cab", {"people": ["ada"]})
    home = Home(root=tmp_path_factory.mktemp("controls"))
    estate.write(home.lake, read_at=at("2026-03-10 00:00"))
    granted = at("2026-03-05 08:00")
    exemption = append_details(
        home.lake,
        kind="exemption",
        subject="exemption:deployment_identified",
        verdict="granted",
        details={
            "control_ids": ["deployment_identified"],
            "subject_type": "service",
            "subject_id": "pay",
            "reason": "The repository is being moved",
            "expires_at": (granted + timedelta(hours=6)).isoformat(),
        },
        who="grace",
        decided_at=granted,
    )
    for who, minutes in (("linus", 5), ("ken", 300)):
        append_details(
            home.lake,
            kind="exemption_approval",
            subject=f"exemption:{exemption.decision_id}",
            verdict="approved",
            details={},
            who=who,
            decided_at=granted + timedelta(minutes=minutes),
        )
    build_models(home, "control_matrix", "thresholds", "approver_roles", "control_frameworks")
    yield World(home=home, ids=ids)


def test_only_production_deployments_are_judged(world: World) -> None:
    assert set(world.results()) == set(world.ids.values())


def test_a_deployment_without_a_digest_is_a_warning_and_with_an_unknown_commit_a_failure(
    world: World,
) -> None:
    results = world.results()
    said = {name: results[world.ids[name]]["verdict"] for name in ("known", "digest", "unknown")}
    assert said == {"known": "warn", "digest": "pass", "unknown": "fail"}


@pytest.mark.parametrize(("verdict", "wrong"), [("pass", 1), ("fail", 1), ("no_data", 0)])
def test_a_pass_or_fail_without_evidence_has_not_the_shape_of_a_control(
    verdict: str, wrong: int
) -> None:
    text = (TRANSFORMS / "tests/generic/control_shape.sql").read_text("utf-8")
    body = re.sub(r"{% (end)?test[^%]*%}", "", text).replace("{{ model }}", "control")
    with duckdb.connect() as connection:
        connection.execute(
            "create table control as select 'one' as subject_id, ? as verdict, 'code' as"
            " reason_code, 'Words.' as reason, []::varchar[] as evidence, now() as occurred_at",
            [verdict],
        )
        assert len(connection.execute(render(body)).fetchall()) == wrong


def test_an_exemption_lifts_a_failure_and_leaves_it_beside(world: World) -> None:
    lifted = world.results()[world.ids["exempt"]]
    assert (lifted["verdict"], lifted["underlying_verdict"]) == ("exempt", "fail")
    assert lifted["exemption_id"] == "exemption-1"


def test_an_exemption_holds_since_enough_people_approved_whoever_does_so_later(
    world: World,
) -> None:
    (exemption,) = rows(world.home, "exemptions")
    assert exemption["approver_count"] == 2
    assert exemption["approved_at"] == datetime(2026, 3, 5, 8, 5)  # noqa: DTZ001


def test_an_exemption_that_has_expired_lifts_nothing(world: World) -> None:
    assert world.results()[world.ids["too_late"]]["verdict"] == "fail"


def test_a_deployment_that_is_still_to_come_is_judged_by_the_same_text(world: World) -> None:
    assert world.asked("pay", DIGEST) == [("candidate", "pass", "identified")]
    assert world.asked("pay", "sha256:" + "b" * 64) == [("candidate", "fail", "unknown_commit")]
    assert world.asked("nowhere", DIGEST) == []


def test_the_matrix_counts_every_subject_once_and_bears_an_interval(world: World) -> None:
    found = rows(
        world.home,
        "control_matrix",
        where="control_id = 'deployment_identified' and grain = 'month' and scope = 'organisation'"
        " and period_start_date = '2026-03-01'",
    )
    month = found[0]
    assert month["subject_count"] == month["n"] == len(world.ids)
    assert (month["pass_count"], month["warn_count"]) == (1, 1)
    assert (month["fail_count"], month["exempt_count"]) == (2, 1)
    assert month["fail_ratio"] == pytest.approx(0.4)
    assert month["fail_ratio_low"] == pytest.approx(0.1176, abs=1e-4)
    assert month["fail_ratio_high"] == pytest.approx(0.7693, abs=1e-4)
    assert month["verdict"] == "fail"


def test_a_threshold_tells_where_it_comes_from_and_what_policy_made_of_it(world: World) -> None:
    found = {one["threshold_key"]: one for one in rows(world.home, "thresholds")}
    changed = found["exemption_hours_max"]
    assert (changed["value"], changed["default_value"]) == (8, 24)
    assert (changed["source_tag"], changed["source_ref"]) == ("policy", "Shorter shifts")
    assert found["exemption_approvers_min"]["source_tag"] == "house"


def test_a_threshold_does_not_hold_before_the_day_from_which_the_policy_wants_it(
    world: World,
) -> None:
    (found,) = rows(world.home, "thresholds", where="threshold_key = 'post_review_hours_max'")
    assert (found["value"], found["is_overridden"]) == (24, False)


def test_every_threshold_is_held_against_something() -> None:
    """One that nothing reads would promise that changing it changes a verdict."""
    rooms = ("transforms", "orchestration", "dashboards")
    texts = [
        file.read_text(encoding="utf-8")
        for room in rooms
        for pattern in ("*.py", "*.sql")
        for file in (ROOT / room).rglob(pattern)
    ]
    with (ROOT / "transforms/seeds/reference/threshold_defaults.csv").open(
        encoding="utf-8"
    ) as seed:
        keys = [row["threshold_key"] for row in csv.DictReader(seed)]
    read = "\n".join(texts)
    unread = [key for key in keys if key not in read]
    # Retention is looked up by the name of the framework.
    assert {key.rpartition("_months_")[0] for key in unread} <= {"retention"}


def test_approvers_are_known_by_their_pseudonym(world: World) -> None:
    roles = rows(world.home, "approver_roles")
    assert [one["role_name"] for one in roles] == ["cab"]
    assert all(re.fullmatch(r"[0-9a-f]{16,64}", str(one["person_id"])) for one in roles)


def test_each_control_speaks_to_requirements_of_frameworks(world: World) -> None:
    found = rows(world.home, "control_frameworks", where="control_id = 'deployment_identified'")
    assert ("NIST 800-53", "CM-8") in {(one["framework"], one["requirement_id"]) for one in found}
