"""M2.1: which required gates had passed before a deployment, and how others were gone around."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from tests.transforms.gates import GATES, HOUR, STARTS, digest, run, six_deployments
from tests.transforms.models import build_models, rows
from transforms.decisions import append_details
from transforms.home import Home

NO_RUN: Mapping[str, tuple[str, float]] = {}
READ_AT = at("2026-04-20 00:00")


@dataclass(frozen=True)
class World:
    """Two services: `pay`, whose six deployments are the example, and `cases`, one a rule."""

    home: Home
    pay: dict[int, str]
    cases: dict[str, str]

    def gates(self, case: str) -> dict[str, dict[str, Any]]:
        """Return the rows of deployment_gates of a case by gate."""
        where = f"deployment_id = '{self.cases[case]}'"
        return {one["gate"]: one for one in rows(self.home, "deployment_gates", where=where)}

    def verdict(self, deployment: str) -> dict[str, Any]:
        """Return what gate_coverage says of a deployment."""
        (found,) = rows(self.home, "control_gate_coverage", where=f"subject_id = '{deployment}'")
        return found

    def asked(self, service: str, artifact: str, instant: datetime) -> dict[str, Any]:
        """Return what gate_coverage says of a deployment that has not happened."""
        with warehouse(self.home.warehouse_file) as connection:
            found = connection.execute(
                "select * from v1.control_gate_coverage_at(?, ?, 'production', ?)",
                [service, artifact, instant.replace(tzinfo=None)],
            )
            columns = [column[0] for column in found.description or ()]
            (row,) = found.fetchall()
        return dict(zip(columns, row, strict=True))


def _cases(estate: Estate) -> dict[str, str]:
    """Add a service and, a day apart, a deployment for each way to treat its gates."""
    estate.service("cases", team="cases")
    estate.policy(
        "required_gates",
        "licences",
        {"jobs": "licen[cs]e.*", "evidence": "dependencies", "tiers": [2, 3, 4]},
    )
    made: dict[str, str] = {}
    days = iter(range(3, 30))

    def deploy(name: str, jobs: Mapping[str, tuple[str, float]], *, fails: bool = False) -> str:
        start = at(f"2026-04-{next(days):02d} 10:00")
        sha = estate.commit("cases", start - 9 * HOUR)
        ran: dict[str, tuple[str, float]] = dict.fromkeys(GATES, ("success", 1))
        ran |= {"Licences (npm)": ("success", 1), "licenses (pip)": ("success", 1), **jobs}
        instants = {job: (how, start - hours * HOUR) for job, (how, hours) in ran.items()}
        if jobs is not NO_RUN:
            run(estate, "cases", sha, instants, conclusion="failure" if fails else "success")
        made[name] = estate.deploy(
            "cases", sha, start + HOUR, minutes=60, artifact_digest=f"{digest('c')}-{name}"
        )
        return sha

    deploy("failed", {"e2e": ("failure", 1)}, fails=True)
    deploy("overridden", {"e2e": ("failure", 1)}, fails=True)
    deploy("skipped", {"e2e": ("skipped", 1)})
    deploy("old", {"unit": ("success", 24 * 8), "licenses (pip)": ("success", 25)})
    sha = deploy("rerun", {"e2e": ("failure", 3)}, fails=True)
    run(estate, "cases", sha, {"e2e": ("success", at("2026-04-07 08:00"))}, attempt=2)
    sha = deploy("relapsed", {})
    run(estate, "cases", sha, {"e2e": ("failure", at("2026-04-08 09:30"))}, conclusion="failure")
    deploy("matrix", {"licenses (pip)": ("failure", 1)}, fails=True)
    deploy("rebuilt", NO_RUN)
    built = estate.commit("cases", at("2026-04-10 12:00"))
    jobs = {job: ("success", at("2026-04-10 22:00")) for job in (*GATES, "licences")}
    run(estate, "cases", built, jobs)
    estate.row(
        "artifacts", id="a1", name="cases", digest=f"{digest('c')}-promoted", commit=built,
        service="cases",
    )  # fmt: skip
    deploy("promoted", NO_RUN)
    stopped = estate.commit("cases", at("2026-04-12 12:00"))
    run(
        estate, "cases", stopped, {"e2e": ("failure", at("2026-04-12 13:00"))}, conclusion="failure"
    )
    _without_gates(estate, made)
    return made


def _without_gates(estate: Estate, made: dict[str, str]) -> None:
    """Add services none of whose gates ever ran: one of tier 2, one of a tier that needs few."""
    for service, tier in (("silent", 2), ("minor", 4), ("unrated", None)):
        estate.service(service)
        estate.catalogue[-1]["tier"] = tier
        sha = estate.commit(service, at("2026-04-02 08:00"))
        made[service] = estate.deploy(service, sha, at("2026-04-03 08:00"))
    estate.service("minor_failed")
    estate.catalogue[-1]["tier"] = 4
    sha = estate.commit("minor_failed", at("2026-04-02 08:00"))
    failed = {"licences": ("failure", at("2026-04-02 23:00"))}
    run(estate, "minor_failed", sha, failed, conclusion="failure")
    made["minor_failed"] = estate.deploy("minor_failed", sha, at("2026-04-03 08:00"))
    suites = estate.service("suites")
    sha = estate.commit(suites, at("2026-04-02 08:00"))
    estate.policy("required_gates", "contract", {"suites": "contract", "environments": ["eu"]})
    estate.catalogue.append({"record_type": "environment", "name": "eu", "tier": "production"})
    for number, (status, attempt) in enumerate((("failed", 1), ("passed", 2))):
        estate.row(
            "test_results", id=f"t{number}", report="r1", suite="contract", name="test_a",
            status=status, attempt=attempt, service=suites, commit=sha,
            started_at=at("2026-04-03 07:00"), duration_seconds=60,
        )  # fmt: skip
    made["suites"] = estate.deploy(suites, sha, at("2026-04-03 08:00"), environment="eu")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    home = Home(root=tmp_path_factory.mktemp("gates"))
    estate = Estate()
    pay, cases = six_deployments(estate), _cases(estate)
    estate.write(home.lake, read_at=READ_AT)
    exemption = append_details(
        home.lake,
        kind="exemption",
        subject="exemption:gate_coverage",
        verdict="granted",
        details={
            "control_ids": ["gate_coverage"],
            "subject_type": "deployment",
            "subject_id": cases["overridden"],
            "reason": "The runner is broken",
            "expires_at": "2026-04-04T18:00:00Z",
        },
        who="grace",
        decided_at=at("2026-04-04 08:00"),
    )
    append_details(
        home.lake,
        kind="exemption_approval",
        subject=f"exemption:{exemption.decision_id}",
        verdict="approved",
        details={},
        who="linus",
        decided_at=at("2026-04-04 09:00"),
    )
    build_models(
        home,
        "control_gate_coverage",
        "gate_bypasses",
        "gate_consistency",
        "gate_efficacy",
        now=READ_AT,
    )
    return World(home=home, pay=pay, cases=cases)


def test_28_of_30_gates_of_the_six_deployments_are_covered(world: World) -> None:
    found = rows(world.home, "deployment_gates", where="service_id = 'pay'")
    covered = [one for one in found if one["outcome"] == "covered"]
    assert (len(covered), len(found)) == (28, 30)
    assert len(covered) / len(found) == pytest.approx(0.933, abs=5e-4)


def test_one_gate_failed_softly_and_one_ended_after_the_fact(world: World) -> None:
    found = rows(world.home, "gate_bypasses", where="service_id = 'pay'")
    assert sorted((one["kind"], one["gate"]) for one in found) == [
        ("after_the_fact", "e2e"),
        ("soft_fail", "sast"),
    ]


def test_two_of_the_six_deployments_fail(world: World) -> None:
    verdicts = {number: world.verdict(key)["verdict"] for number, key in world.pay.items()}
    failed = {number for number, verdict in verdicts.items() if verdict == "fail"}
    assert failed == {2, 5}
    assert set(verdicts.values()) == {"pass", "fail"}


def test_a_failure_names_the_gate_and_how_it_was_gone_around(world: World) -> None:
    soft, late = world.verdict(world.pay[2]), world.verdict(world.pay[5])
    assert soft["reason_code"] == "soft_fail"
    assert soft["reason"] == (
        "4 of 5 required gates passed before the start: sast failed but was allowed to."
    )
    assert late["reason"].endswith("e2e ended after the start.")
    assert (soft["value"], soft["threshold"]) == (0.8, 1)
    assert all(key.startswith("pipeline_jobs:github:") for key in soft["evidence"])


def test_a_deployment_that_is_still_to_come_is_judged_as_it_would_have_been(world: World) -> None:
    asked = {
        number: world.asked("pay", digest(str(number)), start)["verdict"]
        for number, start in STARTS.items()
    }
    assert {number for number, verdict in asked.items() if verdict == "fail"} == {2, 5}


def test_a_gate_that_ended_after_one_instant_counts_at_a_later_one(world: World) -> None:
    assert world.asked("pay", digest("5"), STARTS[5] + HOUR)["verdict"] == "pass"


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("failed", "failed"),
        ("overridden", "manual_override"),
        ("skipped", "skipped"),
        ("relapsed", "failed"),
        ("rebuilt", "wrong_digest"),
        ("silent", "missing"),
        ("rerun", "covered"),
        ("promoted", "covered"),
    ],
)
def test_how_a_gate_was_treated_is_told(world: World, case: str, outcome: str) -> None:
    assert world.gates(case)["e2e"]["outcome"] == outcome


def test_of_several_attempts_the_last_decides_and_the_first_failure_is_kept(world: World) -> None:
    again = world.gates("rerun")["e2e"]
    assert again["outcome"] == "covered"
    assert again["first_failed_at"] == datetime(2026, 4, 7, 7)  # noqa: DTZ001
    assert world.gates("failed")["unit"]["first_failed_at"] is None


def test_a_result_counts_for_a_week_and_a_scan_of_dependencies_for_a_day(world: World) -> None:
    old = world.gates("old")
    assert {gate for gate, one in old.items() if one["outcome"] == "expired"} == {
        "unit",
        "licences",
    }


def test_a_gate_of_several_jobs_passes_when_each_of_them_does(world: World) -> None:
    assert world.gates("matrix")["licences"]["outcome"] == "failed"
    assert world.gates("failed")["licences"]["outcome"] == "covered"


def test_a_gate_of_which_nothing_is_known_is_no_pass(world: World) -> None:
    silent = world.verdict(world.cases["silent"])
    assert (silent["verdict"], silent["reason_code"], silent["value"]) == ("no_data", "missing", 0)


def test_a_service_of_no_stated_tier_is_bound_by_the_gates_of_tier_1(world: World) -> None:
    assert world.gates("unrated").keys() == set(GATES)
    assert world.verdict(world.cases["unrated"])["verdict"] == "no_data"


def test_gates_bind_the_tiers_and_environments_that_the_policy_names(world: World) -> None:
    assert set(world.gates("minor")) == {"licences"}
    assert set(world.gates("suites")) == {*GATES, "licences", "contract"}
    assert "contract" not in world.gates("silent")


def test_a_service_of_a_low_tier_is_warned_where_others_fail(world: World) -> None:
    said = world.verdict(world.cases["minor_failed"])
    assert (said["verdict"], said["reason_code"]) == ("warn", "failed")


def test_a_gate_that_never_ran_is_no_data_for_a_low_tier_too(world: World) -> None:
    said = world.verdict(world.cases["minor"])
    assert (said["verdict"], said["reason_code"]) == ("no_data", "missing")


def test_a_suite_whose_last_attempt_passed_is_a_gate_that_passed(world: World) -> None:
    suite = world.gates("suites")["contract"]
    assert suite["outcome"] == "covered"
    assert suite["first_failed_at"] is not None


def test_environments_are_compared_by_the_gates_that_really_ran(world: World) -> None:
    (pair,) = rows(world.home, "gate_consistency", where="team_id = 'payments'")
    assert (pair["first_environment_id"], pair["second_environment_id"]) == (
        "production",
        "staging",
    )
    assert pair["consistency_ratio"] == pytest.approx(2 / 5)
    assert pair["only_in_first_gates"] == ["e2e", "image-sign", "sca"]


def test_a_gate_is_told_what_it_stopped_for_nothing_and_what_got_past_it(world: World) -> None:
    found = {one["gate"]: one for one in rows(world.home, "gate_efficacy")}
    e2e, sast = found["e2e"], found["sast"]
    assert (e2e["block_count"], e2e["caught_count"], e2e["false_block_count"]) == (4, 1, 3)
    assert e2e["false_block_ratio"] == 0.75
    assert sast["block_count"] == 0
    assert (e2e["judged_failure_count"], e2e["escape_count"]) == (1, 1)
    assert (found["licences"]["escape_count"], e2e["latency_p50_seconds"]) == (0, 60)
