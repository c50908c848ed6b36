"""The drawn history: equal arguments give equal bytes, and the planted shares are there."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from data.sandbox import World, open_world
from data.sandbox.worktime import DAY, freeze_window

_REPAIRS = {"rollback", "redeploy"}


def _digest(world: World) -> str:
    total = hashlib.sha256()
    at = int(world.end.timestamp())
    for source, stream in sorted(world.streams):
        for record in world.every(source, stream):
            total.update(record.body_at(at) or b"-")
    return total.hexdigest()


def _production(world: World) -> list[Any]:
    return [d for d in world.history.deployments if d.environment == "production"]


def test_equal_arguments_give_equal_bytes(world: World) -> None:
    assert _digest(open_world()) == _digest(world)


def test_another_seed_gives_another_company(world: World) -> None:
    assert _digest(open_world(seed=11)) != _digest(world)


def test_the_company_ends_at_the_instant_that_is_asked_for() -> None:
    end = datetime(2027, 3, 1, 9, tzinfo=UTC)
    other = open_world(end=end)
    assert max(d.created_at for d in other.history.deployments) <= int(end.timestamp())
    assert other.steps()[-1] == end


def test_sizes_are_those_that_fit_the_request_budget(world: World) -> None:
    history = world.history
    merged = [p for p in history.pulls if p.merged_at and p.merged_at <= world.end.timestamp()]
    assert 900 <= len(merged) <= 1150
    assert 1100 <= len(history.deployments) <= 1350
    assert 630 <= len(_production(world)) <= 770
    assert 1100 <= len(history.runs) <= 1300
    assert 135 <= len(history.incidents) <= 185


def test_every_kind_of_deployment_and_outcome_occurs(world: World) -> None:
    kinds = {d.kind for d in _production(world)}
    assert kinds == {"forward", "rollback", "redeploy", "hotfix", "rework"}
    assert {d.outcome for d in _production(world)} == {"success", "failed", "partial", "error"}
    assert {d.environment for d in world.history.deployments} == {"production", "staging", "dev"}
    assert {d.strategy for d in _production(world)} == {"canary", "rolling"}


def test_about_a_tenth_of_changes_fail(world: World) -> None:
    changes = [d for d in _production(world) if d.reached and d.kind not in _REPAIRS]
    ratio = sum(d.is_failed for d in changes) / len(changes)
    assert 0.08 <= ratio <= 0.14


def test_a_third_of_incidents_has_no_deployment_as_cause(world: World) -> None:
    incidents = world.history.incidents
    ratio = sum(i.deployment is None for i in incidents) / len(incidents)
    assert 0.27 <= ratio <= 0.42


def test_seven_of_ten_caused_incidents_name_their_change(world: World) -> None:
    caused = [i for i in world.history.incidents if i.deployment is not None]
    assert 0.6 <= sum(i.is_linked for i in caused) / len(caused) <= 0.8


def test_incidents_of_every_awkward_kind_occur(world: World) -> None:
    incidents = world.history.incidents
    assert any(i.is_false_alarm for i in incidents)
    assert any(i.is_duplicate for i in incidents)
    assert any(i.parent is not None and not i.is_duplicate for i in incidents)
    assert any(i.reopened for i in incidents)
    assert sum(i.restored_at is None for i in incidents) >= 4
    assert {i.severity for i in incidents} == {1, 2, 3, 4, 5}
    assert any(i.in_servicenow and not i.in_pagerduty for i in incidents)
    assert any(i.in_pagerduty and not i.in_servicenow for i in incidents)


def test_incidents_overlap_on_one_service(world: World) -> None:
    spans = [
        (i.service.service_id, i.impact_started_at, i.restored_at)
        for i in world.history.incidents
        if i.restored_at and not i.is_duplicate
    ]
    assert any(
        a[0] == b[0] and a[1] < b[2] and b[1] < a[2] and a is not b for a in spans for b in spans
    )


def test_durations_run_forward(world: World) -> None:
    for incident in world.history.incidents:
        assert incident.impact_started_at <= incident.detected_at
        if incident.acknowledged_at is not None:
            assert incident.detected_at <= incident.acknowledged_at
        if incident.restored_at is not None:
            assert (incident.acknowledged_at or 0) <= incident.restored_at
    for pull in world.history.pulls:
        if pull.merged_at is not None:
            assert min(c.authored_at for c in pull.commits) <= pull.created_at <= pull.merged_at


def test_parents_of_listed_commits_are_listed(world: World) -> None:
    for commits in world.history.commits.values():
        listed = {c.sha: c for c in commits if c.listed_at is not None}
        for commit in listed.values():
            assert all(parent in listed for parent in commit.parents)


def test_deployed_commits_are_known_to_the_repository(world: World) -> None:
    shas = {c.sha for commits in world.history.commits.values() for c in commits}
    assert {d.sha for d in world.history.deployments} <= shas


def test_squashed_originals_live_only_in_their_pull_request(world: World) -> None:
    squashed = [
        pull
        for pull in world.history.pulls
        if pull.merged_at
        and any(c.sha == pull.merge_sha and len(c.parents) == 1 for c in _all(world))
    ][:20]
    assert squashed
    for pull in squashed:
        assert all(commit.listed_at is None for commit in pull.commits)


def _all(world: World) -> list[Any]:
    return [c for commits in world.history.commits.values() for c in commits]


def test_reverts_carry_the_trailer_of_a_real_commit(world: World) -> None:
    shas = {c.sha for c in _all(world)}
    trailers = [c.message for c in _all(world) if "This reverts commit" in c.message]
    assert trailers
    for message in trailers:
        assert message.split("This reverts commit ")[1].split(".")[0] in shas


def test_nothing_is_released_in_the_freeze(world: World) -> None:
    first, last = freeze_window(2025)
    frozen = [
        d
        for d in _production(world)
        if d.kind == "forward"
        and first < datetime.fromtimestamp(d.created_at, UTC).date() < last - timedelta(days=1)
    ]
    assert len(frozen) <= 2


def test_weekends_are_quiet(world: World) -> None:
    days = [datetime.fromtimestamp(d.created_at, UTC).weekday() for d in _production(world)]
    assert sum(day >= 5 for day in days) / len(days) < 0.08


def _lead_days(world: World, team_id: str, *, before: float, after: float) -> float:
    end = world.end.timestamp()
    values = [
        (d.finished_at - min(c.authored_at for c in pull.commits)) / DAY
        for d in _production(world)
        if d.outcome == "success" and before >= (end - d.finished_at) / DAY >= after
        for pull in d.pulls
        if pull.service.team_id == team_id
    ]
    return float(median(values))


def test_one_team_becomes_faster_and_one_recovers_more_slowly(world: World) -> None:
    assert _lead_days(world, "search", before=400, after=150) > 2.5 * _lead_days(
        world, "search", before=150, after=0
    )
    end = world.end.timestamp()
    spans: dict[bool, list[int]] = {True: [], False: []}
    for incident in world.history.incidents:
        if incident.service.team_id == "fulfilment" and incident.restored_at is not None:
            is_late = end - incident.detected_at < 130 * DAY
            spans[is_late].append(incident.restored_at - incident.impact_started_at)
    assert median(spans[True]) > 2 * median(spans[False])


def test_overall_lead_time_and_recovery_are_plausible(world: World) -> None:
    leads = [
        (d.finished_at - min(c.authored_at for c in pull.commits)) / DAY
        for d in _production(world)
        if d.outcome == "success"
        for pull in d.pulls
    ]
    assert 1 <= median(leads) <= 3
    recoveries = [
        (i.restored_at - i.impact_started_at) / 3600
        for i in world.history.incidents
        if i.restored_at and i.deployment
    ]
    assert 1 <= median(recoveries) <= 4


def test_records_differ_between_the_simulated_steps(world: World) -> None:
    first, *_, last = (int(step.timestamp()) for step in world.steps())
    for source, stream in (
        ("github", "deployments"),
        ("github", "pulls"),
        ("servicenow", "incident"),
        ("servicenow", "change_request"),
        ("pagerduty", "incidents"),
    ):
        records = list(world.every(source, stream))
        old = [r for r in records if r.body_at(first)]
        assert len(old) < len(records)
        assert any(r.body_at(first) != r.body_at(last) for r in old), stream


def test_a_severity_and_a_start_of_impact_are_corrected_later(world: World) -> None:
    item = next(
        i
        for i in world.history.incidents
        if i.in_servicenow and i.severity_corrected_at and i.impact_corrected_at and i.closed_at
    )
    key = item.servicenow_id
    opened = datetime.fromtimestamp(item.detected_at, UTC)
    before: Any = world.record_at("servicenow", "incident", key, opened)
    after: Any = world.record_at("servicenow", "incident", key, world.end)
    assert before["severity"] == str(item.first_severity) != after["severity"]
    assert before["u_impact_started_at"] == "" != after["u_impact_started_at"]
    assert before["sys_updated_on"] < after["sys_updated_on"]
    assert world.record_at("servicenow", "incident", key, opened - timedelta(1)) is None


def test_an_unknown_record_is_an_error(world: World) -> None:
    with pytest.raises(KeyError):
        world.record_at("servicenow", "incident", "nobody", world.end)


def test_some_deployment_is_under_way_at_the_last_step(world: World) -> None:
    end = int(world.end.timestamp())
    assert any(d.created_at <= end < d.finished_at for d in _production(world))


def test_truth_names_a_cause_for_every_incident(world: World) -> None:
    truths = world.truth()
    deployments = {f"github:{d.source_id}" for d in world.history.deployments}
    assert len(truths) == len(world.history.incidents)
    for row in truths:
        assert row["incident_ids"]
        assert (row["cause"] == "deployment") == (row["deployment_id"] in deployments)


def test_configuration_covers_services_repositories_and_one_change_of_owner(world: World) -> None:
    catalogue: dict[str, Any] = world.catalogue()
    assert len(catalogue["teams"]) == 12
    assert len(catalogue["services"]) == 40
    assert len({service["repositories"][0] for service in catalogue["services"]}) == 40
    assert [s["id"] for s in catalogue["services"] if "owners" in s] == ["gift-cards"]


def test_reports_of_a_run_keep_their_bytes_and_grow_in_number(world: World, tmp_path: Path) -> None:
    first, last = world.steps()[0], world.end
    count = world.write_junit_reports(tmp_path / "a", first)
    more = world.write_junit_reports(tmp_path / "b", last)
    assert 300 <= count < more <= 600
    for path in sorted((tmp_path / "a").rglob("*.xml")):
        later = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert later.read_bytes() == path.read_bytes()


def test_a_flaky_test_fails_first_and_passes_then(world: World, tmp_path: Path) -> None:
    world.write_junit_reports(tmp_path, world.end)
    second = next(iter(sorted(tmp_path.rglob("*attempt-2.xml"))))
    first = second.with_name(second.name.replace("attempt-2", "attempt-1"))
    assert "<failure" in first.read_text("utf-8")
    assert "<failure" not in second.read_text("utf-8")
