"""Who may decide is who might decide then: a policy that changes does not change the past."""

from collections import Counter
from datetime import datetime

import pytest

from tests.transforms.calendar_world import World
from tests.transforms.estate import at
from tests.transforms.models import build_models, rows
from transforms.home import Home

FIRST, SECOND = at("2026-03-01 06:00"), at("2026-04-01 06:00")
READ_AT = at("2026-05-01 06:00")
DAYTIME = {
    "kind": "allow", "recurrence": "0 9 * * *", "recurrence_end": "0 16 * * *", "zone": "UTC",
}  # fmt: skip
EVENINGS = {"march": "2026-03-10 20:00", "april": "2026-04-10 20:00"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Until April Ada might approve and Mary stood in for Grace; since then Linus may."""
    root = tmp_path_factory.mktemp("holdings")
    made = World(home=Home(root=root / "home"))
    made.service("shop", team="front")
    made.service("pay", team="front")
    for name, moment in EVENINGS.items():
        made.deploy(name, "shop", moment)
        made.deploy(f"{name}-pay", "pay", moment)
    _policy(made, override=["ada-l", "grace", "mary"], delegates=["mary"], read_at=FIRST)
    _policy(made, override=["linus", "grace", "mary"], delegates=[], read_at=SECOND)
    for moment in EVENINGS.values():
        day = moment.split()[0]
        for service, pair in (("shop", ("ada-l", "grace")), ("pay", ("grace", "mary"))):
            for who, minute in zip(pair, (10, 20), strict=True):
                made.approve(service, who, f"{day} 19:{minute}")
    made.estate.write(made.home.lake, read_at=READ_AT)
    build_models(made.home, "control_authorised_hours", "approver_roles", "delegates", now=READ_AT)
    return made


def _policy(world: World, *, override: list[str], delegates: list[str], read_at: datetime) -> None:
    estate = world.estate
    estate.catalogue[:] = [one for one in estate.catalogue if one["record_type"] != "policy"]
    estate.policy("calendar", "daytime", DAYTIME)
    estate.policy("approvers", "override", {"people": override})
    if delegates:
        estate.policy("delegates", "grace", {"people": delegates})
    streams = dict(estate.streams)
    estate.streams.clear()
    estate.write(world.home.lake, read_at=read_at)
    estate.streams.update(streams)


def _said(world: World, name: str) -> tuple[str, str]:
    subject = f"subject_id = '{world.ids[name]}'"
    (found,) = rows(world.home, "control_authorised_hours", where=subject)
    return found["verdict"], found["reason_code"]


def test_a_person_has_a_role_from_the_policy_that_names_him_to_the_one_that_does_not(
    world: World,
) -> None:
    held = rows(world.home, "approver_roles", where="role_name = 'override'")
    by_person: dict[str, set[tuple[object, object]]] = {}
    for one in held:
        by_person.setdefault(one["person_id"], set()).add((one["held_from_at"], one["held_to_at"]))
    changed = SECOND.replace(tzinfo=None)
    before, since = (None, changed), (changed, None)
    told = Counter(frozenset(spans) for spans in by_person.values())
    assert told == {frozenset({before}): 1, frozenset({since}): 1, frozenset({before, since}): 2}


@pytest.mark.parametrize(
    ("name", "verdict", "reason_code"),
    [
        ("march", "pass", "overridden"),
        ("april", "fail", "override_incomplete"),
    ],
)
def test_an_approval_counts_by_the_role_that_its_giver_had_then(
    world: World, name: str, verdict: str, reason_code: str
) -> None:
    assert _said(world, name) == (verdict, reason_code)


@pytest.mark.parametrize(
    ("name", "verdict", "reason_code"),
    [
        ("march-pay", "fail", "override_incomplete"),
        ("april-pay", "pass", "overridden"),
    ],
)
def test_who_stood_in_for_another_then_is_no_second_approver_and_who_no_longer_does_is_one(
    world: World, name: str, verdict: str, reason_code: str
) -> None:
    assert _said(world, name) == (verdict, reason_code)
