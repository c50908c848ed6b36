"""A freeze opens for what is of low risk and approved by two people, where the policy says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.requests import request
from transforms.decisions import append_details
from transforms.home import Home

AS_OF = at("2026-12-01 06:00")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# By name: tier of the service, start, and who approves half an hour before it.
DEPLOYMENTS = {
    "calm": (3, "2026-11-19 10:00", ("x", "y")),
    "lonely": (3, "2026-11-19 10:00", ("x",)),
    "critical": (1, "2026-11-19 10:00", ("x", "y")),
    "forgotten": (3, "2026-04-02 10:00", ("x", "y")),
    "overrun": (3, "2026-11-19 10:00", ("x", "y")),
}


@dataclass
class World:
    """A home whose policy lets freezes be opened, and its deployments by name."""

    home: Home
    ids: dict[str, str] = field(default_factory=dict)

    def result(self, name: str) -> dict[str, Any]:
        """Return what the control says of a deployment."""
        where = f"subject_id = '{self.ids[name]}'"
        (row,) = rows(self.home, "control_freeze_violations", where=where)
        return row

    def said(self, name: str) -> tuple[str, str]:
        """Return its verdict and reason code."""
        row = self.result(name)
        return row["verdict"], row["reason_code"]

    def asked(self, service: str, moment: str) -> tuple[str, str, str]:
        """Return verdict, reason code and reason of a deployment that has not happened."""
        with warehouse(self.home.warehouse_file) as connection:
            (row,) = connection.execute(
                "select verdict, reason_code, reason"
                " from v1.control_freeze_violations_at(?, ?, 'production', ?)",
                [service, "f" * 40, datetime.fromisoformat(moment)],
            ).fetchall()
        return row

    @contextmanager
    def changed(self, *statements: str) -> Iterator[None]:
        """Change published tables for a while."""
        tables = ("thresholds", "risk_model_card", "risk_scores")
        with duckdb.connect(str(self.home.warehouse_file)) as connection:
            for name in tables:
                connection.execute(f"create temp table kept_{name} as from v1.{name}")
            for sql in statements:
                connection.execute(sql)
            connection.execute("checkpoint")
            copies = {name: connection.execute(f"from kept_{name}").fetchall() for name in tables}
        try:
            yield
        finally:
            with duckdb.connect(str(self.home.warehouse_file)) as connection:
                for name, kept in copies.items():
                    connection.execute(f"delete from v1.{name}")
                    for row in kept:
                        marks = ", ".join("?" * len(row))
                        connection.execute(f"insert into v1.{name} values ({marks})", row)


def _approve(home: Home, service: str, who: str, moment: datetime) -> None:
    append_details(
        home.lake, kind="override_approval", verdict="approved", who=who, decided_at=moment,
        subject=f"service:{service} environment:production",
        details={"service_id": service, "environment_id": "production", "reason": "Fire",
                 "link": "https://example.org/INC1"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the company, built once."""
    found, estate = World(Home(root=tmp_path_factory.mktemp("unfreeze"))), Estate()
    estate.policy("approvers", "override", {"people": ["x", "y"]})
    estate.policy("thresholds", "freeze_low_risk_allowed", {"value": 1, "reason": "Board of May"})
    for key, starts, ends in (
        ("spring", "2026-04-01", "2026-04-10"), ("autumn", "2026-11-16", "2026-12-20"),
    ):  # fmt: skip
        estate.policy("calendar", key, {
            "kind": "freeze", "title": key.title(), "starts_at": f"{starts}T00:00:00Z",
            "ends_at": f"{ends}T00:00:00Z",
        })  # fmt: skip
    estate.policy("calendar", "night", {
        "kind": "freeze", "title": "Night", "starts_at": "2026-11-19T10:30:00Z",
        "ends_at": "2026-11-19T12:00:00Z", "services": ["overrun"],
    })  # fmt: skip
    heads: dict[str, str] = {}
    for name, (tier, started, people) in DEPLOYMENTS.items():
        begins = at(started)
        estate.service(name)
        next(one for one in estate.catalogue if one.get("service_id") == name)["tier"] = tier
        first = estate.commit(name, begins - 40 * DAY)
        estate.deploy(name, first, begins - 39 * DAY)
        sha = estate.commit(name, begins - DAY, parents=(first,))
        heads[name] = sha
        minutes = 60 if name == "overrun" else 5
        found.ids[name] = estate.deploy(name, sha, begins + minutes * MINUTE, minutes=minutes)
        for number, who in enumerate(people):
            _approve(found.home, name, who, begins - HOUR / 2 + number * MINUTE)
    # What is to come: a planned change request with one merged change that waits.
    estate.squash(
        "calm", [at("2026-11-25 08:00")], at("2026-11-25 09:00"), parents=(heads["calm"],)
    )
    planned = at("2026-12-03 10:00")
    request(estate, "0000001", service="calm", window=(planned, planned + HOUR),
            updated=at("2026-11-25 10:00"), state="-2", close_code="")  # fmt: skip
    for who in ("x", "y"):
        _approve(found.home, "calm", who, planned - HOUR / 2)
    estate.write(found.home.lake, read_at=AS_OF)
    build_models(found.home, "control_freeze_violations", now=AS_OF)
    return found


def test_low_risk_with_two_approvals_may_begin_in_a_freeze(world: World) -> None:
    row = world.result("calm")
    assert (row["verdict"], row["reason_code"], row["value"]) == ("pass", "low_risk_unfrozen", 0)
    assert row["reason"] == (
        'It begins inside "Autumn", and may: its risk is low and 2 people approved that before.'
    )
    tables = [key.split(":")[0] for key in row["evidence"]]
    assert tables == [
        "fct_deployments", "window_occurrences", "risk_scores", *["override_approvals"] * 2,
    ]  # fmt: skip


def test_one_approval_opens_nothing_and_what_is_missing_is_told(world: World) -> None:
    assert world.said("lonely") == ("fail", "blackout")
    assert world.result("lonely")["reason"].endswith(
        "Its risk is low; with the approvals of an override it might."
    )


def test_a_risk_that_is_not_low_stays_outside(world: World) -> None:
    assert world.said("critical") == ("fail", "blackout")
    assert "risk" not in world.result("critical")["reason"]


def test_a_risk_that_nobody_knows_any_more_is_neither_pass_nor_fail(world: World) -> None:
    assert world.said("forgotten") == ("inconclusive", "risk_unknown")


def test_what_may_begin_may_still_not_run_into_the_next_freeze(world: World) -> None:
    assert world.said("overrun") == ("fail", "blackout_overrun")


def test_before_a_deployment_the_risk_of_its_change_request_counts(world: World) -> None:
    moment = "2026-12-03 10:00"
    assert world.asked("calm", moment)[:2] == ("pass", "low_risk_unfrozen")


def test_it_is_off_unless_the_policy_says_otherwise(world: World) -> None:
    (shipped,) = rows(world.home, "thresholds", where="threshold_key = 'freeze_low_risk_allowed'")
    assert shipped["default_value"] == 0
    off = "update v1.thresholds set value = 0 where threshold_key = 'freeze_low_risk_allowed'"
    with world.changed(off):
        assert world.asked("calm", "2026-12-03 10:00") == (
            "fail", "blackout", 'It begins inside "Autumn".',
        )  # fmt: skip


@pytest.mark.parametrize(
    ("percentile", "told"), [(0.1, "low_risk_unfrozen"), (0.11, "blackout"), (None, "risk_unknown")]
)
def test_where_the_model_is_used_its_lowest_tenth_is_low_and_the_rules_are_not_asked(
    world: World, percentile: float | None, told: str
) -> None:
    value = "null" if percentile is None else str(percentile)
    with world.changed(
        "update v1.risk_model_card set is_used = true",
        f"update v1.risk_scores set percentile = {value} where subject_kind = 'change_request'",
    ):
        assert world.asked("calm", "2026-12-03 10:00")[1] == told
