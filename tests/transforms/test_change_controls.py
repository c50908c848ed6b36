"""Deployments are held against their change requests as those stood when they began."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.rendering import create_model
from tests.transforms.requests import HOUR, MINUTE, approval, request
from transforms.home import Home

DAY = timedelta(days=1)
START = at("2026-04-01 10:00")
CONTROLS = (
    "change_authorised", "change_window", "change_state", "change_closed", "change_truth",
    "phantom_changes",
)  # fmt: skip
Verdicts = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class World:
    """A home with judged deployments, and their keys by name."""

    home: Home
    ids: dict[str, str]

    def of(self, control: str, name: str) -> tuple[str, str]:
        """Return the verdict and its reason's code for a deployment or request by its name."""
        found = rows(
            self.home,
            "control_results",
            where=f"control_id = '{control}' and subject_id = '{self.ids.get(name, name)}'",
        )
        return (found[0]["verdict"], found[0]["reason_code"]) if found else ("", "")


def _deploy(estate: Estate, service: str, started: datetime, **fields: Any) -> str:
    sha = fields.pop("sha", None) or estate.commit(service, started - DAY)
    return estate.deploy(service, sha, started + 10 * MINUTE, minutes=10, **fields)


def _population(estate: Estate) -> dict[str, str]:
    """Fifty deployments: 45 named, 3 by planned time, 1 approved late, 1 with nothing."""
    found: dict[str, str] = {}
    key = 0
    for number in range(5):
        service = estate.service(f"pop-{number}", team="fleet")
        shas: list[str] = []
        for turn in range(10):
            started, key = START + turn * DAY, key + 1
            name = f"{service}-{turn}"
            is_rollback = number < 2 and turn == 5
            sha = shas[3] if is_rollback else estate.commit(
                service, started - DAY, parents=tuple(shas[-1:])
            )  # fmt: skip
            shas.append(sha)
            kind = (
                "none" if (number, turn) == (4, 9)
                else "late" if (number, turn) == (4, 8)
                else "window" if number == 4 and turn in (5, 6, 7)
                else "named"
            )  # fmt: skip
            fields: dict[str, Any] = {"is_rollback": True} if is_rollback else {}
            if kind in ("named", "late"):
                fields["change_request"] = f"CHG{key:07}"
            found[name] = _deploy(estate, service, started, sha=sha, **fields)
            if kind == "none":
                continue
            request(
                estate, f"{key:07}", service=service, window=(started - HOUR, started + HOUR),
                worked=(started, started + 10 * MINUTE), updated=started + DAY,
                close_code="unsuccessful" if kind == "late" else "successful",
            )  # fmt: skip
            late = 4 * MINUTE if kind == "late" else -3 * HOUR
            approval(estate, f"{key:07}", started + late)
    return found


def _cases(estate: Estate) -> dict[str, str]:
    found: dict[str, str] = {}

    def case(name: str, key: str, *, started: datetime = START, **fields: Any) -> None:
        service = estate.service(name)
        found[name] = _deploy(estate, service, started, change_request=f"CHG{key}")
        told = {"window": (START - HOUR, START + HOUR), "worked": (START, START + HOUR)}
        request(estate, key, service=service, **{**told, "updated": START + DAY, **fields})

    case("standard", "1000001", type="standard", approval="not requested")
    case("standard-late", "1000002", type="standard", updated=START + 4 * DAY)
    case("told-approved", "1000003", approval="approved")
    case("nobody-asked", "1000004", approval="not requested")
    case("taken-back", "1000005", updated=START - HOUR, state="-2", approval="approved")
    approval(estate, "1000005", START - 2 * HOUR)
    case("taken-back-before", "1000006", updated=START - 2 * DAY, state="-2")
    approval(estate, "1000006", START - 2 * DAY)
    approval(estate, "1000006", START - DAY, state="rejected")
    case("two-voices", "1000007", updated=START - DAY, state="-1")
    approval(estate, "1000007", START - 2 * HOUR)
    approval(estate, "1000007", START + HOUR, approver="linus")
    case("moved-plan", "1000008", updated=START - DAY, window=(START + DAY, START + 2 * DAY))
    case("long-open", "1000009", updated=START - HOUR, state="-1", close_code="")
    case("no-result", "1000010", close_code="")
    case("audited", "1000011", updated=START + DAY)
    for number, (instant, old, new) in enumerate(
        ((START - HOUR, "-2", "-1"), (START + HOUR, "-1", "0"), (START + 2 * HOUR, "0", "3"))
    ):
        estate.add("servicenow", "sys_audit", {
            "sys_id": f"audit-{number}", "tablename": "change_request",
            "documentkey": "chg-1000011", "fieldname": "state", "oldvalue": old, "newvalue": new,
            "sys_created_on": instant.strftime("%Y-%m-%d %H:%M:%S"),
        })  # fmt: skip
    case("assessed", "1000012", updated=START - DAY, state="-4", close_code="")
    case("retyped", "1000014", updated=START - DAY, state="-2", close_code="")
    refused: dict[str, Any] = {"type": "standard", "approval": "rejected", "updated": START - DAY}
    case("standard-refused", "1000015", **refused)
    case("young", "1000016", started=at("2026-04-28 10:00"), state="0", close_code="")
    case("reopened", "1000017", updated=START + 3 * DAY, state="-1", close_code="")
    for number, (instant, old, new) in enumerate(
        ((START + HOUR, "-1", "3"), (START + 2 * DAY, "3", "-1"))
    ):
        estate.add("servicenow", "sys_audit", {
            "sys_id": f"reopened-{number}", "tablename": "change_request",
            "documentkey": "chg-1000017", "fieldname": "state", "oldvalue": old, "newvalue": new,
            "sys_created_on": instant.strftime("%Y-%m-%d %H:%M:%S"),
        })  # fmt: skip
    case("reopened-later", "1000019")
    case("odd", "1000018", updated=START - DAY, state="")
    case("called-off", "1000013", updated=START - DAY, state="4", close_code="")
    return found


def _phantoms(estate: Estate) -> None:
    service = estate.service("haunted")
    _deploy(estate, service, START - 30 * DAY)
    worked = (START, START + HOUR)
    request(estate, "2000001", service=service, worked=worked, updated=START + DAY)
    request(estate, "2000002", worked=worked, updated=START + DAY)
    request(estate, "2000003", service=service, updated=START + DAY, state="4", close_code="")
    early = (START - 60 * DAY, START - 60 * DAY + HOUR)
    request(estate, "2000004", service=service, worked=early, updated=START - 59 * DAY)
    underway = (START + DAY, None)
    request(estate, "2000006", service=service, worked=underway, updated=START + DAY, state="-1",
            close_code="")  # fmt: skip
    request(estate, "2000005", service=service, updated=START, state="-2", close_code="")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home, estate = Home(root=tmp_path_factory.mktemp("changes")), Estate()
    ids = _population(estate) | _cases(estate)
    _phantoms(estate)
    # The desk is read before the deployments, and once more, with them, a month later.
    later = {key: kept for key, kept in estate.streams.items() if key[0] == "github"}
    for key in later:
        del estate.streams[key]
    estate.write(home.lake, read_at=START - 30 * MINUTE)
    estate.streams.update(later)
    request(estate, "1000005", service="taken-back", window=(START - HOUR, START + HOUR),
            updated=START + DAY, approval="rejected")  # fmt: skip
    approval(estate, "1000005", START + DAY, state="rejected")
    approval(estate, "1000006", START - DAY, state="rejected")
    request(estate, "1000008", service="moved-plan", window=(START - HOUR, START + HOUR),
            updated=START + DAY, approval="approved")  # fmt: skip
    request(estate, "1000014", service="retyped", window=(START - HOUR, START + HOUR),
            updated=START + DAY, type="standard", state="3")  # fmt: skip
    request(estate, "1000019", service="reopened-later", updated=START + 10 * DAY, state="-1",
            close_code="")  # fmt: skip
    request(estate, "1000009", service="long-open", window=(START - HOUR, START + HOUR),
            updated=START + 10 * DAY, state="-1", close_code="")  # fmt: skip
    estate.write(home.lake, read_at=at("2026-05-01 00:00"))
    build_models(home, "control_results", "change_reconciliation", "control_matrix")
    yield World(home, ids)


def _fleet(world: World, control: str) -> list[dict[str, Any]]:
    where = f"control_id = '{control}' and service_id like 'pop-%'"
    return rows(world.home, "control_results", where=where)


def test_of_fifty_deployments_two_are_unauthorised_and_both_are_listed(world: World) -> None:
    judged = _fleet(world, "change_authorised")
    failed = {row["subject_id"]: row for row in judged if row["verdict"] == "fail"}
    assert (len(failed), len(judged)) == (2, 50)
    late, none = world.ids["pop-4-8"], world.ids["pop-4-9"]
    assert {key: row["reason_code"] for key, row in failed.items()} == {
        late: "approved_after_start", none: "no_change_request",
    }  # fmt: skip
    assert failed[late]["value"] == 4
    assert failed[late]["reason"] == "CHG0000049 was approved 4 min after the start."
    (cell,) = rows(
        world.home,
        "control_matrix",
        where="control_id = 'change_authorised' and scope_id = 'fleet' and grain = 'month'",
    )
    assert (cell["verdict"], cell["fail_count"], cell["n"]) == ("fail", 2, 50)
    assert cell["fail_ratio"] == pytest.approx(0.04)


def test_of_48_changes_called_successful_two_were_rolled_back(world: World) -> None:
    counts = Counter(row["verdict"] for row in _fleet(world, "change_truth"))
    assert counts == {"fail": 2, "pass": 46, "not_applicable": 1}
    failed = {r["subject_id"] for r in _fleet(world, "change_truth") if r["verdict"] == "fail"}
    assert failed == {"servicenow:chg-0000005", "servicenow:chg-0000015"}


def test_a_link_by_planned_time_authorises_and_says_so(world: World) -> None:
    by_time = [
        row for row in _fleet(world, "change_authorised")
        if row["subject_id"] in {world.ids[f"pop-4-{turn}"] for turn in (5, 6, 7)}
    ]  # fmt: skip
    assert {row["verdict"] for row in by_time} == {"pass"}
    assert all("by service and planned time alone" in row["reason"] for row in by_time)


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("standard", "pass", "standard_change"),
        ("standard-late", "fail", "created_after_start"),
        ("told-approved", "inconclusive", "approval_time_unknown"),
        ("nobody-asked", "fail", "not_approved"),
        ("taken-back", "pass", "approved_before_start"),
        ("taken-back-before", "fail", "rejected"),
        ("two-voices", "fail", "approved_after_start"),
        ("called-off", "fail", "cancelled"),
        ("retyped", "fail", "not_approved"),
        ("standard-refused", "fail", "rejected"),
    ],
)
def test_an_approval_counts_as_it_stood_at_the_start(
    world: World, name: str, verdict: str, code: str
) -> None:
    assert world.of("change_authorised", name) == (verdict, code)


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("standard", "pass", "inside"),
        ("moved-plan", "fail", "too_early"),
        ("pop-4-9", "fail", "no_change_request"),
    ],
)
def test_a_plan_counts_as_it_stood_at_the_start(
    world: World, name: str, verdict: str, code: str
) -> None:
    assert world.of("change_window", name) == (verdict, code)


def test_how_far_from_its_plan_it_began_is_said_in_the_words_of_the_pages(world: World) -> None:
    where = f"control_id = 'change_window' and subject_id = '{world.ids['moved-plan']}'"
    (found,) = rows(world.home, "control_results", where=where)
    assert found["reason"] == "It began 1.0 d before the planned start of CHG1000008."


def test_whatever_passes_or_fails_names_evidence(world: World) -> None:
    judged = "underlying_verdict in ('pass', 'fail')"
    assert rows(world.home, "control_results", where=judged)
    assert rows(world.home, "control_results", where=f"{judged} and len(evidence) = 0") == []


def test_a_deployment_without_a_change_request_names_itself(world: World) -> None:
    where = f"control_id = 'change_state' and subject_id = '{world.ids['pop-4-9']}'"
    (found,) = rows(world.home, "control_results", where=where)
    assert found["evidence"] == [f"fct_deployments:{world.ids['pop-4-9']}"]


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("two-voices", "pass", "ready"),
        ("audited", "pass", "ready"),
        ("assessed", "fail", "not_ready"),
        ("standard", "inconclusive", "state_unknown"),
        ("odd", "inconclusive", "state_not_understood"),
    ],
)
def test_the_state_is_that_of_the_version_that_stood_at_the_start(
    world: World, name: str, verdict: str, code: str
) -> None:
    assert world.of("change_state", name) == (verdict, code)


@pytest.mark.parametrize(
    ("key", "verdict", "code"),
    [
        ("0000001", "pass", "closed_in_time"),
        ("1000009", "fail", "still_open"),
        ("1000010", "fail", "no_close_code"),
        ("1000016", "not_applicable", "not_due"),
        ("1000017", "fail", "still_open"),
        ("1000019", "pass", "closed_in_time"),
        ("1000013", "fail", "called_off"),
    ],
)
def test_a_change_is_closed_with_a_result_within_five_days(
    world: World, key: str, verdict: str, code: str
) -> None:
    assert world.of("change_closed", f"servicenow:chg-{key}") == (verdict, code)


@pytest.mark.parametrize(
    ("key", "verdict", "code"),
    [
        ("0000001", "pass", "deployed"),
        ("2000001", "fail", "phantom"),
        ("2000002", "inconclusive", "no_service"),
        ("2000004", "inconclusive", "before_deployments"),
        ("2000003", "", ""),
        ("2000006", "", ""),
    ],
)
def test_a_change_that_was_implemented_has_left_a_trace(
    world: World, key: str, verdict: str, code: str
) -> None:
    assert world.of("phantom_changes", f"servicenow:chg-{key}") == (verdict, code)


def test_the_path_is_that_of_the_type_that_stood_at_the_start(world: World) -> None:
    assert world.of("approval_path", "retyped") == ("fail", "no_group_approval")


def test_both_directions_of_the_reconciliation_add_up_to_their_populations(world: World) -> None:
    table = rows(world.home, "change_reconciliation")
    for direction, population in (
        ("deployments", rows(world.home, "control_subjects")),
        ("change_requests", rows(world.home, "change_requests", where="is_current")),
    ):
        listed = [row for row in table if row["direction"] == direction]
        assert sum(row["item_count"] for row in listed) == len(population)
    fleet = Counter[str]()
    for row in table:
        if (row["service_id"] or "").startswith("pop-") and row["direction"] == "deployments":
            fleet[row["outcome"]] += row["item_count"]
    assert fleet == {"named": 46, "planned_window": 3, "none": 1}
    requests = Counter[str]()
    for row in table:
        if row["service_id"] == "haunted" and row["direction"] == "change_requests":
            requests[row["outcome"]] += row["item_count"]
    assert requests == {
        "phantom": 1, "called_off": 1, "before_deployments": 1, "not_implemented": 2
    }  # fmt: skip


def _asked(world: World, control: str, service: str, instant: datetime) -> tuple[Any, ...]:
    with warehouse(world.home.warehouse_file) as connection:
        (found,) = connection.execute(
            f"select subject_id, verdict, reason_code from v1.control_{control}_at(?, ?, ?, ?)",
            [service, "0" * 40, "production", instant.replace(tzinfo=None)],
        ).fetchall()
    return tuple(found)


def test_a_deployment_to_come_is_judged_by_the_request_planned_for_that_time(
    world: World,
) -> None:
    inside, outside = START + 5 * DAY + 30 * MINUTE, START + 40 * DAY
    assert _asked(world, "change_authorised", "pop-4", inside) == (
        "candidate", "pass", "approved_before_start",
    )  # fmt: skip
    assert _asked(world, "change_authorised", "pop-4", outside) == (
        "candidate", "fail", "no_change_request",
    )  # fmt: skip
    assert _asked(world, "change_window", "pop-4", inside)[1:] == ("pass", "inside")
    assert _asked(world, "change_state", "two-voices", START + 30 * MINUTE)[1:] == (
        "pass", "ready",
    )  # fmt: skip


def test_a_decision_whose_time_nobody_states_does_not_count_from_when_it_was_asked_for() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table build_information as select timestamp '2026-05-01' as as_of"
        )
        connection.execute(
            "create table stg_servicenow__approvals as select '' as source, '' as sys_id,"
            " '' as subject_sys_id, '' as state, timestamp '2026-01-01' as created_at,"
            " timestamp '2026-01-01' as source_updated_at, timestamp '2026-01-01' as read_at"
            " limit 0"
        )
        connection.execute(
            "create table approvals as select state as approval_id, 'jira:1' as change_request_id,"
            " split_part(state, ' ', 1) as state, timestamp '2026-03-01' as created_at,"
            " case when state = 'approved then' then timestamp '2026-03-02' end as decided_at,"
            " timestamp '2026-04-01' as read_at"
            " from (select unnest(['approved', 'approved then', 'requested']) as state)"
        )
        create_model(connection, "facts/approval_states")
        found = connection.execute(
            "select approval_id, known_from::varchar from approval_states order by all"
        ).fetchall()
    assert found == [
        ("approved then", "2026-03-02 00:00:00"), ("requested", "2026-03-01 00:00:00"),
    ]  # fmt: skip
