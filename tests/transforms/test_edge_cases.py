"""The edge cases of the metric definitions, by their numbers, from raw pages to published rows."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.transforms.conftest import METRICS, READ_AT, build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

HOUR = 3600.0
WHOLE = (date(2026, 1, 1), date(2026, 5, 2))


def _baseline(estate: Estate, service: str, moment: str = "2026-01-02 09:00") -> str:
    """Give a service a first deployment, so that later changes have a baseline."""
    sha = estate.commit(service, at(moment) - timedelta(hours=1))
    estate.deploy(service, sha, at(moment), artifact_digest=f"{service}-0")
    return sha


def _chain(estate: Estate, service: str, leads: list[tuple[str, float]], parent: str) -> str:
    """Deploy one commit after the other, each with its lead time in hours; return the last."""
    for finished, hours in leads:
        moment = at(finished)
        parent = estate.commit(service, moment - timedelta(hours=hours), parents=(parent,))
        estate.deploy(service, parent, moment)
    return parent


def _lead_times(estate: Estate) -> None:
    service = estate.service("case-1")
    _chain(
        estate,
        service,
        [("2026-02-03 12:00", 2), ("2026-02-04 12:00", 10)],
        _baseline(estate, service),
    )
    for name, leads in (
        ("case-4a", [(f"2026-02-{day:02d} 12:00", 1.0) for day in (3, 4, 5)]),
        ("case-4b", [("2026-02-20 12:00", 100.0)]),
    ):
        service = estate.service(name, team="case-4")
        _chain(estate, service, leads, _baseline(estate, service))
    service = estate.service("case-14")
    old = estate.commit(service, at("2016-01-04 10:00"))
    new = estate.commit(service, at("2026-02-01 10:00"), parents=(old,))
    estate.deploy(service, new, at("2026-02-02 10:00"))
    service = estate.service("case-15")
    base = _baseline(estate, service)
    authored = [at(f"2026-02-0{day} 10:00") for day in (2, 3, 4, 5, 6)]
    merge = estate.squash(service, authored, at("2026-02-07 10:00"), parents=(base,))
    estate.deploy(service, merge, at("2026-02-09 10:00"))


def _frequencies(estate: Estate) -> None:
    service = estate.service("case-2")
    base = _baseline(estate, service, "2026-02-03 09:00")
    _chain(estate, service, [("2026-02-10 12:00", 1), ("2026-04-07 12:00", 1)], base)
    service = estate.service("case-22")
    _baseline(estate, service)
    sha = estate.commit(service, at("2026-03-28 20:00"))
    estate.deploy(service, sha, at("2026-03-28 23:30"))
    service = estate.service("case-24")
    _baseline(estate, service, "2025-12-02 09:00")
    for day in ("2026-01-05", "2026-01-06", "2026-01-20", "2026-01-27"):
        estate.deploy(service, estate.commit(service, at(f"{day} 08:00")), at(f"{day} 10:00"))


def _failures(estate: Estate) -> None:
    service = estate.service("case-5a", team="case-5")
    sha = estate.commit(service, at("2026-02-03 08:00"))
    failed = estate.deploy(service, sha, at("2026-02-03 09:00"))
    estate.incident(service, at("2026-02-03 10:00"), at("2026-02-03 11:00"), caused_by=failed)
    service = estate.service("case-5b", team="case-5")
    for number in range(99):
        moment = at("2026-02-03 09:00") + timedelta(hours=number)
        estate.deploy(service, estate.commit(service, moment - timedelta(hours=1)), moment)
    service = estate.service("case-6")
    _baseline(estate, service)
    sha = estate.commit(service, at("2026-02-03 08:00"))
    cause = estate.deploy(service, sha, at("2026-02-03 10:00"), minutes=10)
    first = estate.incident(
        service, at("2026-02-03 10:30"), at("2026-02-03 11:30"), caused_by=cause
    )
    estate.incident(service, at("2026-02-03 10:40"), at("2026-02-03 13:00"), caused_by=cause)
    estate.incident(
        service, at("2026-02-03 10:31"), at("2026-02-03 15:00"), parent=first, caused_by=cause
    )
    service = estate.service("case-7")
    shas = [estate.commit(service, at(f"2026-02-0{day} 08:00")) for day in (2, 3, 4)]
    for version, day in (("v1", 2), ("v2", 3), ("v3", 4), ("v1", 5)):
        sha = shas[int(version[1]) - 1]
        moment = at(f"2026-02-0{day} 10:00")
        estate.deploy(service, sha, moment, artifact_digest=version, version=version)
    service = estate.service("case-8")
    sha = _baseline(estate, service)
    estate.deploy(service, sha, at("2026-02-03 10:00"), artifact_digest="case-8-0")
    later = estate.commit(service, at("2026-02-04 09:00"), parents=(sha,))
    estate.deploy(service, later, at("2026-02-04 10:00"), artifact_digest="case-8-1")
    service = estate.service("case-12")
    base = _baseline(estate, service)
    sha = estate.commit(service, at("2026-02-03 08:00"), parents=(base,))
    estate.deploy(service, sha, at("2026-02-03 10:00"), state="failure")
    service = estate.service("case-13")
    base = _baseline(estate, service)
    sha = estate.commit(service, at("2026-02-03 08:00"), parents=(base,))
    run = estate.run_with_jobs(service, {"build": "success", "deploy production": "failure"})
    estate.deploy(service, sha, at("2026-02-03 10:00"), run_id=run)


def _release_of_twelve(estate: Estate) -> None:
    names = [estate.service(f"case-10-{number}", team="case-10") for number in range(12)]
    run = 77001
    for name in names:
        _baseline(estate, name)
    for name in names:
        sha = estate.commit(name, at("2026-02-03 08:00"))
        estate.deploy(name, sha, at("2026-02-03 10:00"), run_id=run, artifact_digest=f"{name}-1")
    estate.deploy(
        names[-1],
        estate.commit(names[-1], at("2026-02-03 08:01")),
        at("2026-02-03 10:20"),
        run_id=run,
        artifact_digest=f"{names[-1]}-0",
        is_rollback=True,
    )


def _recoveries(estate: Estate) -> None:
    service = estate.service("case-19")
    estate.incident(service, at("2026-02-03 10:00"), at("2026-02-03 12:00"))
    estate.incident(service, at("2026-02-03 11:00"), at("2026-02-03 13:00"))
    service = estate.service("case-21")
    estate.incident(service, at("2026-03-10 10:00"), at("2026-03-10 11:00"))
    estate.incident(service, at("2026-03-20 10:00"), at("2026-03-20 13:00"))
    estate.incident(service, at("2026-03-31 20:00"), None)
    service = estate.service("survival")
    for day, minutes in enumerate((30, 45, 60, 90, 120, 240), start=1):
        began = at(f"2026-03-{day:02d} 10:00")
        estate.incident(service, began, began + timedelta(minutes=minutes))
    estate.incident(service, READ_AT - timedelta(minutes=120), None)
    estate.incident(service, READ_AT - timedelta(minutes=300), None)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return one build that holds every case, each as a service of its own."""
    estate = Estate()
    _lead_times(estate)
    _frequencies(estate)
    _failures(estate)
    _release_of_twelve(estate)
    _recoveries(estate)
    return build_estate(tmp_path_factory.mktemp("cases"), estate, METRICS, "coverage")


def _number(
    published: Published,
    metric: str,
    *services: str,
    days: tuple[date, date] = WHOLE,
    team: str | None = None,
) -> dict[str, Any]:
    frame = published.window(
        metric,
        since=days[0],
        until=days[1],
        service_ids=services or None,
        team_ids=[team] if team else None,
    )
    return frame.row(0, named=True)


def test_case_1_the_median_of_two_lead_times_lies_between_them(published: Published) -> None:
    found = _number(published, "lead_time_for_changes", "case-1")
    assert (found["value"], found["n"]) == (6 * HOUR, 2)


def test_case_2_a_month_without_deployments_has_frequency_zero_and_no_other_number(
    published: Published,
) -> None:
    march = (date(2026, 3, 1), date(2026, 4, 1))
    frequency = _number(published, "deployment_frequency", "case-2", days=march)
    assert (frequency["value"], frequency["coverage"]) == (0, 1)
    for metric in (
        "lead_time_for_changes",
        "change_failure_rate",
        "failed_deployment_recovery_time",
        "rework_rate",
    ):
        found = _number(published, metric, "case-2", days=march)
        assert (found["value"], found["state"]) == (None, "no_data")


def test_case_4_the_median_of_a_team_comes_from_its_changes_not_from_medians(
    published: Published,
) -> None:
    found = _number(published, "lead_time_for_changes", team="case-4")
    assert (found["value"], found["n"]) == (1 * HOUR, 4)


def test_case_5_a_rate_divides_sums(published: Published) -> None:
    found = _number(published, "change_failure_rate", team="case-5")
    assert (found["value"], found["numerator"], found["denominator"]) == (0.01, 1, 100)


def test_case_6_a_deployment_fails_once_and_recovers_with_its_last_incident(
    published: Published,
) -> None:
    rate = _number(published, "change_failure_rate", "case-6")
    assert (rate["numerator"], rate["denominator"]) == (1, 2)
    recovery = _number(published, "failed_deployment_recovery_time", "case-6")
    # The failure begins when the deployment is done, 10:00, and ends with the last incident.
    assert (recovery["value"], recovery["n"]) == (3 * HOUR, 1)
    restored = _number(published, "time_to_restore", "case-6")
    assert (restored["n"], restored["excluded_count"]) == (2, 1)


def test_case_7_a_rollback_blames_the_first_deployment_after_its_target(
    published: Published,
) -> None:
    frequency = _number(published, "deployment_frequency", "case-7")
    failures = _number(published, "change_failure_rate", "case-7")
    rework = _number(published, "rework_rate", "case-7")
    assert frequency["numerator"] == 3
    assert (failures["numerator"], failures["denominator"]) == (1, 3)
    assert (rework["numerator"], rework["denominator"]) == (1, 4)
    rows = published.rows("fct_deployments", filters={"service_id": "case-7"}, order="finished_at")
    assert rows["kind"].to_list() == ["forward", "forward", "forward", "rollback"]
    assert rows["is_failed"].to_list() == [False, True, False, False]


def test_case_8_the_same_digest_again_is_a_redeployment_and_keeps_the_baseline(
    published: Published,
) -> None:
    january = (date(2026, 1, 1), date(2026, 2, 4))
    assert _number(published, "deployment_frequency", "case-8", days=january)["numerator"] == 1
    rows = published.rows("fct_deployments", filters={"service_id": "case-8"}, order="finished_at")
    assert rows["kind"].to_list() == ["forward", "redeploy", "forward"]
    assert rows["commit_count"].to_list() == [1, 0, 1]


def test_case_10_twelve_services_in_one_run_are_twelve_deployments_and_one_release(
    published: Published,
) -> None:
    day = (date(2026, 2, 3), date(2026, 2, 4))
    assert _number(published, "deployment_frequency", team="case-10", days=day)["numerator"] == 12
    assert _number(published, "release_frequency", team="case-10", days=day)["numerator"] == 1
    services = _number(published, "change_failure_rate", team="case-10", days=day)
    releases = _number(published, "release_failure_rate", team="case-10", days=day)
    assert (services["numerator"], services["denominator"]) == (1, 12)
    assert (releases["numerator"], releases["denominator"]) == (1, 1)


def test_case_12_a_deployment_that_never_touched_production_is_a_failed_job_only(
    published: Published,
) -> None:
    february = (date(2026, 2, 1), date(2026, 3, 1))
    assert _number(published, "deployment_frequency", "case-12", days=february)["numerator"] == 0
    assert _number(published, "change_failure_rate", "case-12", days=february)["n"] == 0
    jobs = _number(published, "deployment_job_failure_rate", "case-12", days=february)
    assert (jobs["numerator"], jobs["denominator"]) == (1, 1)


def test_case_13_a_failed_deploy_job_in_a_green_pipeline_is_a_failed_deployment(
    published: Published,
) -> None:
    rows = published.rows("fct_deployments", filters={"service_id": "case-13"}, order="finished_at")
    assert rows["status"].to_list() == ["succeeded", "failed"]


def test_case_14_the_first_deployment_has_no_lead_time(published: Published) -> None:
    lead = _number(published, "lead_time_for_changes", "case-14")
    assert (lead["value"], lead["n"], lead["excluded_count"]) == (None, 0, 2)
    changes = published.rows("fct_changes", filters={"service_id": "case-14"})
    assert set(changes["exclusion_reason"]) == {"no_baseline"}
    assert _number(published, "deployment_frequency", "case-14")["numerator"] == 1


def test_case_15_a_squashed_change_starts_with_its_earliest_original_commit(
    published: Published,
) -> None:
    lead = _number(published, "lead_time_for_changes", "case-15")
    assert (lead["value"], lead["n"]) == (7 * 24 * HOUR, 1)
    assert _number(published, "commit_lead_time", "case-15")["n"] == 5


def test_case_19_overlapping_incidents_keep_their_own_time_and_share_downtime(
    published: Published,
) -> None:
    restored = _number(published, "time_to_restore", "case-19")
    assert (restored["value"], restored["mean"]) == (2 * HOUR, 2 * HOUR)
    assert _number(published, "downtime", "case-19")["value"] == 3 * HOUR


def test_case_21_an_open_incident_is_censored_and_never_shortens_recovery(
    published: Published,
) -> None:
    march = (date(2026, 3, 1), date(2026, 4, 1))
    found = _number(published, "time_to_restore", "case-21", days=march)
    assert (found["n"], found["open_count"], found["value"]) == (3, 1, 3 * HOUR)


def test_case_22_a_deployment_belongs_to_the_local_day_of_the_report_zone(
    published: Published,
) -> None:
    rows = published.observations(
        "deployment_frequency", since=date(2026, 3, 1), service_ids=["case-22"]
    )
    assert rows["anchor_date"].to_list() == [date(2026, 3, 29)]
    weeks = published.metric(
        "deployment_frequency", grain="week", scope="service", scope_id="case-22"
    )
    assert weeks.filter(weeks["n"] > 0)["period_start_date"].to_list()[-1] == date(2026, 3, 23)


def test_case_24_a_weekly_median_uses_the_complete_weeks_of_the_range_with_empty_ones(
    published: Published,
) -> None:
    january = (date(2026, 1, 1), date(2026, 2, 1))
    found = _number(published, "deployment_days_per_week", "case-24", days=january)
    # Weeks of 5, 12 and 19 January: two days, none, one; the week of 26 January is not complete.
    assert (found["n"], found["value"]) == (3, 1)


def test_the_median_with_open_incidents_lies_between_the_half_and_the_next_event(
    published: Published,
) -> None:
    # Minutes 30, 45, 60, 90, 120, 120+, 240, 300+: S(90) is one half, the next event is at 120.
    found = _number(published, "time_to_restore", "survival")
    assert (found["value"], found["n"], found["open_count"]) == (105 * 60, 8, 2)
    # The six that are over have a naive median of 75 minutes, which is what peers show.
    assert found["mean"] == pytest.approx(97.5 * 60)
