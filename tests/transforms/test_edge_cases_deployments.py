"""The edge cases of deployments, failures and incidents by their numbers, with variants."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.transforms.conftest import METRICS, READ_AT, build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

MINUTE = 60.0
REGIONS = ("eu-1", "eu-2", "us-1", "us-2", "ap-1", "ap-2", "sa-1", "af-1")


def _deploy(estate: Estate, service: str, version: str, finished: str, **options: Any) -> str:
    """Deploy a version, which is its own digest; its commit is made when it is first deployed."""
    known = estate.__dict__.setdefault("versions", {})
    if (service, version) not in known:
        known[service, version] = estate.commit(service, at(finished) - timedelta(hours=2))
    digest = {"artifact_digest": f"{service}-{version}", "version": version}
    return estate.deploy(
        service, known[service, version], at(finished), **{**digest, "minutes": 10, **options}
    )


def _versions(estate: Estate, service: str, *versions: str, **last: Any) -> list[str]:
    """Deploy one version a day from 2 February on, at 10:00; `last` goes with the last of them."""
    estate.service(service)
    return [
        _deploy(
            estate,
            service,
            version,
            f"2026-02-{day:02d} 10:00",
            **(last if day == len(versions) + 1 else {}),
        )
        for day, version in enumerate(versions, start=2)
    ]


def _rollbacks(estate: Estate) -> None:
    _, _, third, _ = _versions(estate, "7-names-v3", "V1", "V2", "V3", "V1")
    estate.incident("7-names-v3", at("2026-02-04 11:00"), at("2026-02-05 10:00"), caused_by=third)
    _versions(estate, "7-twice", "V1", "V2", "V3", "V1", "V2")
    _versions(estate, "7-thrice", "V1", "V2", "V3", "V1", "V2", "V3")
    _versions(estate, "7-then-hotfix", "V1", "V2", "V3", "V1", "V4", task="deploy:hotfix")
    _versions(estate, "7-unknown-target", "V1", "V2", "V3", "V0", is_rollback=True)
    _versions(estate, "7-config", "V1", "V2", "V3", "V1", config_hash="b")
    service = "7-long-ago"
    estate.service(service)
    for version, day in (("V1", "2025-07-01"), ("V2", "2025-07-02"), ("V1", "2026-02-01")):
        _deploy(estate, service, version, f"{day} 10:00")


def _same_again(estate: Estate) -> None:
    estate.service("8-same-region")
    for moment in ("2026-02-02 10:00", "2026-02-02 12:00"):
        _deploy(estate, "8-same-region", "V1", moment, region="eu-1", run_id=estate.number())
    service = "9"
    estate.service(service)
    _deploy(estate, service, "V0", "2026-01-02 10:00", config_hash="a")
    _deploy(estate, service, "V1", "2026-02-02 10:00", config_hash="a")
    _deploy(estate, service, "V1", "2026-02-03 10:00", config_hash="b")
    _deploy(estate, service, "V1", "2026-02-04 10:00", config_hash="b")
    _deploy(estate, service, "V1", "2026-02-05 10:00", config_hash="a")


def _roll_outs(estate: Estate) -> None:
    def roll_out(service: str, version: str, moments: dict[str, str], **options: Any) -> None:
        for region, moment in moments.items():
            _deploy(
                estate, service, version, moment, region=region, run_id=estate.number(), **options
            )

    estate.service("c2")
    _deploy(estate, "c2", "V0", "2026-02-01 10:00")
    roll_out(
        "c2", "V1",
        {"eu-1": "2026-02-02 10:00", "us-1": "2026-02-02 16:00", "ap-1": "2026-02-03 09:00"},
    )  # fmt: skip
    roll_out("c2", "V1", {"sa-1": "2026-02-03 12:00"})
    estate.service("c2-crossing")
    roll_out("c2-crossing", "V1", {"eu-1": "2026-02-02 10:00"})
    roll_out("c2-crossing", "V2", {"eu-1": "2026-02-02 11:00"})
    roll_out("c2-crossing", "V1", {"us-1": "2026-02-02 12:00"})
    roll_out("c2-crossing", "V2", {"us-1": "2026-02-02 13:00"})
    estate.service("c2-back")
    for version, hour in (("V1", "08"), ("V2", "10"), ("V1", "12")):
        roll_out(
            "c2-back",
            version,
            {"eu-1": f"2026-02-02 {hour}:00", "us-1": f"2026-02-02 {hour}:30"},
        )
    estate.service("c2-retried")
    roll_out("c2-retried", "V1", {"eu-1": "2026-02-02 10:00"})
    roll_out("c2-retried", "V1", {"us-1": "2026-02-02 11:00"}, state="failure")
    roll_out("c2-retried", "V1", {"us-1": "2026-02-02 12:00"})
    for service, undone in (("11", False), ("11-undone", True)):
        estate.service(service)
        run = estate.number()
        for region in REGIONS:
            _deploy(estate, service, "V1", "2026-02-01 10:00", region=region, run_id=run)
        run = estate.number()
        for place, region in enumerate(REGIONS):
            state = "success" if place < 5 else "failure"
            moment = f"2026-02-02 1{place}:00"
            _deploy(estate, service, "V2", moment, region=region, run_id=run, state=state)
        if undone:
            roll_out(service, "V1", dict.fromkeys(REGIONS[:5], "2026-02-02 19:30"))
    estate.service("11-counted")
    roll_out("11-counted", "V1", dict.fromkeys(REGIONS[:5], "2026-02-02 10:00"), target_count=8)
    estate.service("11-flagged")
    _deploy(
        estate, "11-flagged", "V1", "2026-02-02 10:00",
        state="failure", description="partial: 5 of 8", is_failure=True,
    )  # fmt: skip
    estate.service("11-running")
    moment = f"{READ_AT - timedelta(hours=2):%Y-%m-%d %H:%M}"
    roll_out("11-running", "V1", {"eu-1": moment}, target_count=2)


def _jobs(estate: Estate) -> None:
    names = [estate.service(f"10-job-{place}", team="10-jobs") for place in range(3)]
    run = estate.number()
    for place, name in enumerate(names):
        _deploy(estate, name, "V1", "2026-02-02 10:00", run_id=run)
        conclusion = "failure" if place == 2 else "success"
        estate.job(
            names[0], run, f"deploy production ({name})", at("2026-02-02 10:00"),
            conclusion=conclusion,
        )  # fmt: skip
    estate.service("12-others")
    _deploy(estate, "12-others", "V1", "2026-02-02 10:00", state="failure", description="cancelled")
    _deploy(estate, "12-others", "V2", "2026-02-03 10:00", state="inactive")
    _deploy(estate, "12-others", "V3", "2026-02-04 10:00", state="queued")
    for service, jobs in {
        "13-again": [("deploy prod", "failure", 1, 0), ("deploy prod", "success", 2, 30)],
        "verified-badly": [("deploy prod", "success", 1, 0), ("smoke test", "failure", 1, 5)],
        "verified-again": [
            ("deploy prod", "success", 1, 0),
            ("smoke test", "failure", 1, 5),
            ("smoke test", "success", 2, 10),
        ],
        "verified-before": [("smoke test", "failure", 1, -20), ("deploy prod", "success", 1, 0)],
    }.items():
        estate.service(service)
        run = estate.number()
        _deploy(estate, service, "V1", "2026-02-02 10:00", run_id=run)
        for name, conclusion, attempt, minute in jobs:
            moment = at("2026-02-02 10:00") + timedelta(minutes=minute)
            estate.job(service, run, name, moment, conclusion=conclusion, attempt=attempt)


def _rework(estate: Estate) -> None:
    estate.service("late-hotfix")
    _deploy(estate, "late-hotfix", "V1", "2026-02-01 10:00")
    _deploy(estate, "late-hotfix", "V2", "2026-02-20 10:00", task="deploy:hotfix")
    service = "repairs-incident"
    first, _ = _versions(estate, service, "V1", "V2")
    incident = estate.incident(
        service, at("2026-02-02 11:00"), at("2026-02-04 12:00"), caused_by=first
    )
    _deploy(estate, service, "V3", "2026-02-04 10:00", fixes_incident=incident)
    _versions(estate, "nudge", "V1", "V2", planned=False, reason="other")
    _versions(estate, "unplanned", "V1", "V2", planned=False)


def _incidents(estate: Estate) -> None:
    service = "6-open-copy"
    (cause,) = _versions(estate, service, "V1")
    first = estate.incident(
        service, at("2026-02-02 10:30"), at("2026-02-02 11:30"), caused_by=cause
    )
    estate.incident(service, at("2026-02-02 10:31"), None, parent=first, caused_by=cause)
    service = "20"
    estate.service(service)
    incident = estate.incident(service, at("2026-02-02 10:00"), None)
    for moment, fields in (
        ("10:31", {"state": "6", "resolved_at": at("2026-02-02 10:30")}),
        ("11:00", {"state": "2", "resolved_at": "", "reopen_count": "1"}),
        ("11:16", {"state": "6", "resolved_at": at("2026-02-02 11:15")}),
    ):
        estate.incident_edit(incident, at(f"2026-02-02 {moment}"), **fields)
    estate.service("20-read-late")
    incident = estate.incident("20-read-late", at("2026-02-02 10:00"), at("2026-02-02 10:30"))
    reopened = {"reopen_count": "1", "reopened_time": at("2026-02-02 11:00")}
    estate.incident_edit(
        incident, at("2026-02-02 11:15"), resolved_at=at("2026-02-02 11:15"), **reopened
    )
    estate.service("20-unknown")
    incident = estate.incident("20-unknown", at("2026-02-02 10:00"), None)
    estate.incident_edit(
        incident, at("2026-02-02 11:15"), state="6", resolved_at=at("2026-02-02 11:15"), **reopened
    )
    estate.service("20-audit-log")
    for row, (state, updated) in enumerate(
        (("New", "10:00"), ("Resolved", "10:30"), ("Active", "11:00"), ("Resolved", "11:15"))
    ):
        estate.add(
            "servicenow",
            "incident_audit_log",
            {
                "number": "INC-LOG",
                "row_ordinal": str(row),
                "incident_state": state,
                "cmdb_ci": "20-audit-log",
                "priority": "1 - Critical",
                "reopen_count": "0" if row < 2 else "1",
                "opened_at": "02/02/2026 10:00",
                "resolved_at": "02/02/2026 11:15",
                "closed_at": "?",
                "sys_updated_at": f"02/02/2026 {updated}",
            },
        )
    for service, restored in (("35", None), ("35-later", at("2026-02-05 12:00"))):
        _, cause, _ = _versions(estate, service, "V1", "V2", "V1")
        estate.incident(
            service,
            at("2026-02-04 11:00"),
            restored,
            caused_by=cause,
        )
    _, cause, _ = _versions(estate, "35-not", "V1", "V2", "V1")
    estate.incident("35-not", at("2026-02-03 11:00"), None, caused_by=cause)


def _two_sources(estate: Estate) -> None:
    service = "34-tag"
    estate.service(service)
    sha = estate.commit(service, at("2026-02-01 10:00"))
    estate.tag(service, sha, at("2026-02-02 10:01"), "v1.0.0")
    estate.deploy(service, sha, at("2026-02-02 10:00"), minutes=5, version="one")
    service = "34-tag-before"
    estate.service(service)
    sha = estate.commit(service, at("2026-02-01 10:00"))
    estate.tag(service, sha, at("2026-02-02 07:00"), "v1.0.0")
    estate.deploy(service, sha, at("2026-02-02 10:00"), minutes=5, artifact_digest="34b")
    service = "34-run"
    _versions(estate, service, "V0")
    for source, moment, extra in (
        ("github", "2026-02-03 10:00", {}),
        ("github-copy", "2026-02-03 10:40", {"strategy": "canary", "change_request": "CHG7"}),
    ):
        _deploy(
            estate, service, "V1", moment, source=source, run_id=4711,
            **{"artifact_digest": None, **extra},
        )  # fmt: skip
    service = "34-request"
    estate.service(service)
    for source, moment in (("github", "2026-02-03 10:00"), ("github-copy", "2026-02-03 12:00")):
        _deploy(estate, service, "V1", moment, source=source, change_request="CHG8")
    service = "34-other-digest"
    estate.service(service)
    for source in ("github", "github-copy"):
        _deploy(estate, service, "V1", "2026-02-03 10:00", source=source, artifact_digest=source)
    service = "34-each-once"
    estate.service(service)
    for source in ("github", "github-copy"):
        for hour in (10, 13):
            _deploy(estate, service, "V1", f"2026-02-03 {hour}:00", source=source)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return one build that holds every case, each as a service of its own."""
    estate = Estate()
    for write in (
        _rollbacks, _same_again, _roll_outs, _jobs, _rework, _incidents, _two_sources
    ):  # fmt: skip
        write(estate)
    return build_estate(
        tmp_path_factory.mktemp("deployments"),
        estate,
        METRICS,
        "deployment_duplicates_to_review",
        "incident_segments",
        "deployment_failures",
        "incident_services",
    )


def _rows(published: Published, service: str) -> list[dict[str, Any]]:
    frame = published.rows("fct_deployments", filters={"service_id": service}, order="started_at")
    return frame.sort("started_at", "deployment_id").to_dicts()


def _column(published: Published, service: str, name: str) -> list[Any]:
    return [row[name] for row in _rows(published, service)]


def _failed(published: Published, service: str) -> list[str]:
    return [row["version"] for row in _rows(published, service) if row["is_failed"]]


def _number(published: Published, metric: str, *services: str) -> dict[str, Any]:
    since, until = date(2026, 2, 1), date(2026, 5, 1)
    return published.window(metric, since=since, until=until, service_ids=services).row(
        0, named=True
    )


def _incident(published: Published, service: str) -> dict[str, Any]:
    links = published.rows("incident_services", filters={"service_id": service})
    return published.rows("fct_incidents", filters={"incident_id": links["incident_id"][0]}).row(
        0, named=True
    )


def test_case_6_an_open_copy_of_an_incident_does_not_keep_a_recovery_open(
    published: Published,
) -> None:
    (row,) = _rows(published, "6-open-copy")
    assert (row["recovery_seconds"], row["incident_count"]) == (90 * MINUTE, 1)


def test_case_7_evidence_that_names_v3_makes_v2_collateral(published: Published) -> None:
    assert _failed(published, "7-names-v3") == ["V3"]
    rate = _number(published, "change_failure_rate", "7-names-v3")
    assert (rate["numerator"], rate["denominator"]) == (1, 3)
    _, second, third, _ = _rows(published, "7-names-v3")
    assert third["failure_evidence"] == "incident"
    pieces = published.rows(
        "deployment_failures", filters={"deployment_id": second["deployment_id"]}
    )
    assert pieces["is_collateral"].to_list() == [True]
    assert second["is_rolled_back"]
    assert second["rolled_back_at"] == third["rolled_back_at"]


def test_case_7_what_a_rollback_undid_is_not_undone_again_by_the_next(
    published: Published,
) -> None:
    kinds = ["forward", "forward", "forward", "rollback", "rollback"]
    assert _column(published, "7-twice", "kind") == kinds
    assert _failed(published, "7-twice") == ["V2"]
    rework = _number(published, "rework_rate", "7-twice")
    assert (rework["numerator"], rework["denominator"]) == (2, 5)
    assert _column(published, "7-thrice", "kind") == [*kinds, "rollback"]
    assert _failed(published, "7-thrice") == ["V2"]


def test_case_7_a_hotfix_after_a_rollback_blames_what_the_rollback_blamed(
    published: Published,
) -> None:
    assert _failed(published, "7-then-hotfix") == ["V2"]
    assert _column(published, "7-then-hotfix", "kind")[-1] == "rework"
    assert not _column(published, "7-then-hotfix", "is_unlinked_rework")[-1]


def test_case_7_a_rollback_to_something_never_seen_undoes_the_last_change(
    published: Published,
) -> None:
    assert _failed(published, "7-unknown-target") == ["V3"]


def test_case_7_a_rollback_is_known_by_its_artifact_whatever_its_configuration(
    published: Published,
) -> None:
    assert _column(published, "7-config", "kind")[-1] == "rollback"
    assert _failed(published, "7-config") == ["V2"]


def test_case_7_what_was_live_more_than_180_days_ago_is_no_rollback(published: Published) -> None:
    assert _column(published, "7-long-ago", "kind") == ["forward"] * 3


def test_case_8_the_same_artifact_again_in_its_region_is_a_redeployment(
    published: Published,
) -> None:
    assert _column(published, "8-same-region", "kind") == ["forward", "redeploy"]


def test_case_9_another_configuration_of_the_same_artifact_is_a_change_without_commits(
    published: Published,
) -> None:
    kinds = ["forward", "forward", "forward", "redeploy", "rollback"]
    assert _column(published, "9", "kind") == kinds
    assert _column(published, "9", "commit_count")[1:] == [1, 0, 0, 0]
    assert _number(published, "lead_time_for_changes", "9")["n"] == 1
    assert _number(published, "deployment_frequency", "9")["numerator"] == 2


def test_case_10_the_job_of_one_service_says_nothing_of_the_others(published: Published) -> None:
    states = [_column(published, f"10-job-{place}", "status") for place in range(3)]
    assert states == [["succeeded"], ["succeeded"], ["failed"]]


def test_regions_reached_within_a_day_are_one_deployment(published: Published) -> None:
    _, whole, late = _rows(published, "c2")
    assert (whole["started_at"], whole["first_exposed_at"], whole["finished_at"]) == (
        at("2026-02-02 09:50").replace(tzinfo=None),
        at("2026-02-02 10:00").replace(tzinfo=None),
        at("2026-02-03 09:00").replace(tzinfo=None),
    )
    assert (whole["status"], whole["kind"]) == ("succeeded", "forward")
    assert (whole["target_count"], whole["reached_target_count"]) == (3, 3)
    assert late["kind"] == "redeploy"


def test_roll_outs_of_two_versions_may_cross(published: Published) -> None:
    assert _column(published, "c2-crossing", "version") == ["V1", "V2"]
    assert _column(published, "c2-crossing", "kind") == ["forward", "forward"]
    assert _failed(published, "c2-crossing") == []


def test_going_back_region_by_region_is_one_rollback(published: Published) -> None:
    assert _column(published, "c2-back", "kind") == ["forward", "forward", "rollback"]
    assert _failed(published, "c2-back") == ["V2"]


def test_a_region_that_succeeded_the_second_time_belongs_to_its_roll_out(
    published: Published,
) -> None:
    (row,) = _rows(published, "c2-retried")
    assert (row["status"], row["target_count"], row["attempt_count"]) == ("succeeded", 2, 3)


def test_case_11_five_of_eight_regions_are_a_partial_deployment_that_counts(
    published: Published,
) -> None:
    _, row = _rows(published, "11")
    assert (row["status"], row["reached_production"], row["is_failed"]) == ("partial", True, False)
    assert (row["target_count"], row["reached_target_count"]) == (8, 5)
    rate = _number(published, "change_failure_rate", "11")
    assert (rate["numerator"], rate["denominator"]) == (0, 2)


def test_case_11_a_partial_deployment_that_was_remediated_or_flagged_failed(
    published: Published,
) -> None:
    assert _column(published, "11-undone", "kind") == ["forward", "forward", "rollback"]
    assert _failed(published, "11-undone") == ["V2"]
    (row,) = _rows(published, "11-flagged")
    assert (row["is_failed"], row["failure_evidence"]) == (True, "flagged")


def test_case_11_regions_that_never_came_make_a_deployment_partial_a_day_later(
    published: Published,
) -> None:
    assert _column(published, "11-counted", "status") == ["partial"]
    (running,) = _rows(published, "11-running")
    assert (running["status"], running["reached_production"]) == ("in_progress", False)
    assert running["first_exposed_at"] is not None


def test_case_12_cancelled_replaced_and_running_deployments_count_nowhere(
    published: Published,
) -> None:
    states = _column(published, "12-others", "status")
    assert states == ["cancelled", "superseded", "in_progress"]
    assert _number(published, "change_failure_rate", "12-others")["n"] == 0
    assert _number(published, "deployment_job_failure_rate", "12-others")["n"] == 0


def test_case_13_a_deploy_job_that_succeeded_the_second_time_is_no_failure(
    published: Published,
) -> None:
    assert _column(published, "13-again", "status") == ["succeeded"]


def test_a_verification_that_failed_after_the_deploy_job_is_evidence(
    published: Published,
) -> None:
    (row,) = _rows(published, "verified-badly")
    assert (row["failure_evidence"], row["failure_evidence_strength"]) == ("verification", 5)
    assert row["is_recovery_open"]
    assert _failed(published, "verified-again") == []
    assert _failed(published, "verified-before") == []


def test_a_hotfix_more_than_14_days_later_blames_nobody(published: Published) -> None:
    assert _failed(published, "late-hotfix") == []
    assert _column(published, "late-hotfix", "is_unlinked_rework") == [False, True]


def test_rework_that_names_its_incident_blames_the_cause_of_that_incident(
    published: Published,
) -> None:
    assert _failed(published, "repairs-incident") == ["V1"]
    first, _, fix = _rows(published, "repairs-incident")
    pieces = published.rows(
        "deployment_failures", filters={"deployment_id": first["deployment_id"]}
    )
    assert sorted(pieces["evidence"]) == ["incident", "linked_rework"]
    assert (fix["kind"], fix["is_unlinked_rework"]) == ("rework", False)


def test_an_unplanned_nudge_is_no_rework(published: Published) -> None:
    assert _column(published, "nudge", "kind") == ["forward", "forward"]
    assert _column(published, "unplanned", "kind") == ["forward", "rework"]
    assert _failed(published, "unplanned") == []


@pytest.mark.parametrize("service", ["20", "20-read-late", "20-audit-log"])
def test_case_20_a_reopened_incident_lasts_to_its_end_and_is_active_in_two_segments(
    published: Published, service: str
) -> None:
    row = _incident(published, service)
    assert (row["restore_seconds"], row["active_seconds"]) == (75 * MINUTE, 45 * MINUTE)
    segments = published.rows(
        "incident_segments", filters={"incident_id": row["incident_id"]}, order="segment_number"
    )
    assert segments["active_seconds"].to_list() == [30 * MINUTE, 15 * MINUTE]
    assert _number(published, "time_to_restore", service)["value"] == 75 * MINUTE


def test_case_20_where_a_reopening_is_not_fully_known_active_time_is_not_guessed(
    published: Published,
) -> None:
    row = _incident(published, "20-unknown")
    assert (row["restore_seconds"], row["active_seconds"]) == (75 * MINUTE, None)
    segments = published.rows("incident_segments", filters={"incident_id": row["incident_id"]})
    assert segments["is_complete"].to_list() == [False]
    assert segments["active_seconds"].to_list() == [75 * MINUTE]


def test_case_34_a_tag_made_as_a_deployment_ends_is_that_deployment(published: Published) -> None:
    (row,) = _rows(published, "34-tag")
    assert (row["sources"], row["source"], row["version"]) == ("git, github", "github", "one")
    assert row["duration_seconds"] == 5 * MINUTE


def test_case_34_a_tag_made_hours_before_is_another_deployment_and_listed_for_review(
    published: Published,
) -> None:
    assert _column(published, "34-tag-before", "sources") == ["git", "github"]
    review = published.rows(
        "deployment_duplicates_to_review",
        filters={"service_id": "34-tag-before"},
    )
    assert review["seconds_apart"].to_list() == [175 * MINUTE]
    assert review.select("source", "other_source").row(0) == ("git", "github")


def test_case_34_one_run_number_in_two_sources_is_one_deployment_with_the_fields_of_both(
    published: Published,
) -> None:
    _, row = _rows(published, "34-run")
    assert row["sources"] == "github, github-copy"
    assert (row["source"], row["strategy"]) == ("github-copy", "canary")
    assert row["artifact_key"] == row["commit_sha"]
    assert len(_rows(published, "34-request")) == 1


def test_case_34_records_of_one_source_are_never_taken_for_one(published: Published) -> None:
    assert len(_rows(published, "34-other-digest")) == 2
    assert _column(published, "34-each-once", "kind") == ["forward", "redeploy"]
    reviewed = set(published.rows("deployment_duplicates_to_review")["service_id"])
    assert reviewed == {"34-tag-before", "34-other-digest"}


def test_case_35_a_rollback_done_before_the_incident_was_opened_ends_the_recovery(
    published: Published,
) -> None:
    _, row, _ = _rows(published, "35")
    # Finished on the 3rd at 10:00, rolled back on the 4th at 10:00, incident opened at 11:00.
    assert (row["failure_evidence"], row["is_recovery_open"]) == ("incident", False)
    assert row["recovery_seconds"] == 24 * 60 * MINUTE
    later = _rows(published, "35-later")[1]
    assert later["recovery_seconds"] == 50 * 60 * MINUTE
    unknown = _rows(published, "35-not")[1]
    assert unknown["is_recovery_open"]
