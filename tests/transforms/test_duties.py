"""Separate duties, the way to an approval and emergencies: who did what, and who should have."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.people_estate import People, Review, desk
from transforms.decisions import append_details
from transforms.home import Home
from transforms.statistics.intervals import wilson

FIRST, MERGED, LIVE = (
    at("2026-03-02 08:00"), at("2026-03-09 10:00"), at("2026-03-09 12:00"),
)  # fmt: skip
READ = at("2026-05-20 00:00")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SHA2 = (Review("bob", on=0),)


@dataclass
class World:
    """A home that was built, and its deployments by name."""

    home: Home
    ids: dict[str, str] = field(default_factory=dict)

    def duty(self, name: str) -> tuple[str, str]:
        """Return verdict and reason code of the control of duties."""
        return self.verdict("segregation_of_duties", name)

    def verdict(self, control: str, name: str) -> tuple[str, str]:
        """Return verdict and reason code of a control on a deployment."""
        found = rows(self.home, f"control_{control}", where=f"subject_id = '{self.ids[name]}'")
        assert len(found) == 1, name
        return found[0]["verdict"], found[0]["reason_code"]

    def violations(self, name: str) -> list[str]:
        """Return the violations of a deployment, in their order."""
        found = rows(self.home, "duty_violations", where=f"deployment_id = '{self.ids[name]}'")
        return [one["violation"] for one in sorted(found, key=lambda one: one["violation_order"])]

    def use(self, name: str) -> dict[str, Any]:
        """Return the entry of a deployment in the register of emergencies."""
        (found,) = rows(
            self.home, "emergency_register", where=f"deployment_id = '{self.ids[name]}'"
        )
        return found


def _duties(people: People, ids: dict[str, str]) -> None:
    def once(name: str, *, tier: int | None = 2, actor: str = "deploy[bot]", **change: Any) -> str:
        people.service(name, tier=tier)
        people.first(name, FIRST)
        people.change(name, MERGED, **change)
        ids[name] = people.deploy(name, LIVE, actor=actor)
        return ids[name]

    once("clean")
    stale = once("stale", authors=("ada", "ada"), reviews=SHA2)
    people.approval(people.request("stale", stale, FIRST, type="standard"), "ada", LIVE - HOUR)
    once("alias", authors=("ada",), opener="dan", reviews=(Review("ada"),), is_by_address=True)
    once("squashed", authors=("cid",), opener="dan", reviews=(Review("cid"),))
    once("co_author", message="Work\n\nCo-authored-by: Bob <bob@example.org>")
    once("dismissed", reviews=(Review("bob"), Review("bob", state="DISMISSED", after=-MINUTE)))
    once("self_deployed", tier=1, actor="ada")
    once("self_deployed_low", tier=2, actor="ada")
    once("self_deployed_unrated", tier=None, actor="ada")
    once("trusted_bot", authors=("renovate[bot]",), reviews=())
    once("other_bot", authors=("strange[bot]",), reviews=())
    once("reviewed_by_bot", reviews=(Review("strange[bot]"),))
    once("reviewed_after", reviews=(Review("bob", after=5 * HOUR),))
    once("reviewed_too_late", reviews=(Review("bob", after=27 * HOUR),))
    people.service("direct", tier=2)
    people.first("direct", FIRST)
    people.last["direct"] = people.estate.commit("direct", MERGED, parents=(people.last["direct"],))
    ids["direct"] = people.deploy("direct", LIVE)
    people.change("direct", LIVE + HOUR)
    people.deploy("direct", LIVE + 2 * HOUR, environment="staging")
    ids["candidate"] = people.last["direct"]
    people.change("direct", LIVE + 3 * HOUR, reviews=())
    people.deploy("direct", LIVE + 4 * HOUR, environment="staging")
    ids["unreviewed_candidate"] = people.last["direct"]
    people.service("young", tier=2)
    ids["first"] = people.first("young", FIRST)
    people.change("young", READ - 3 * HOUR, reviews=())
    ids["review_due"] = people.deploy("young", READ - 2 * HOUR)

    normal = {"type": "normal", "risk": "4"}
    unapproved = once("unapproved")
    people.request("unapproved", unapproved, FIRST, **normal)
    by_cab = once("by_cab", tier=1)
    people.approval(people.request("by_cab", by_cab, FIRST, **normal), "carla", LIVE - HOUR)
    by_nobody = once("without_authority", tier=1)
    request = people.request("without_authority", by_nobody, FIRST, **normal)
    people.approval(request, "olga", LIVE - HOUR)
    stranger = once("stranger")
    people.approval(people.request("stranger", stranger, FIRST, **normal), "u-1", LIVE - HOUR)
    once("toxic", authors=("tom",))
    people.estate.row(
        "access_grants", id="g-tom", person="tom", role="deployer", environment="production",
        granted_at=at("2026-01-01 00:00"),
    )  # fmt: skip
    people.estate.row(
        "access_grants", id="g-tim", person="cid", role="deployer", environment="production",
        granted_at=at("2026-05-10 00:00"),
    )  # fmt: skip
    protections: dict[str, dict[str, Any]] = {
        "guarded": {}, "own_word": {"prevents_self": False}, "open": {"is_reviewed": False},
        "bypassed": {"can_bypass": True}, "bypass_unstated": {"can_bypass": None},
    }  # fmt: skip
    for name, rules in protections.items():
        once(name)
        people.protection(name, **rules)


def _many(people: People, ids: dict[str, str]) -> None:
    """Deploy 200 changes by four authors, three of them merged without a review."""
    people.service("many")
    people.first("many", at("2026-03-20 08:00"))
    authors = ("ada", "cid", "dan", "eva")
    for place in range(200):
        when = at("2026-04-01 01:00") + place * 3 * HOUR
        reviews = () if place in (50, 100, 150) else (Review("bob"),)
        people.change("many", when, authors=(authors[place % 4],), reviews=reviews)
        ids[f"many-{place}"] = people.deploy("many", when + HOUR)


def _paths(people: People, ids: dict[str, str]) -> None:
    def path(name: str, *, tier: int, approvers: tuple[str, ...] = (), **fields: Any) -> str:
        people.service(name, tier=tier)
        people.first(name, FIRST)
        people.change(name, MERGED, reviews=() if name == "path_unreviewed" else (Review("bob"),))
        ids[name] = people.deploy(name, LIVE)
        request = people.request(name, ids[name], FIRST, **{"type": "normal", **fields})
        for approver in approvers:
            people.approval(request, approver, LIVE - HOUR)
        return request

    high: dict[str, Any]
    low: dict[str, Any]
    high, low = {"risk": "2"}, {"risk": "4"}
    path("path_executive", tier=1, approvers=("carla", "eve"), **high)
    path("path_no_executive", tier=1, approvers=("carla",), **high)
    path("path_no_board", tier=3, approvers=("olga",), **high)
    path("path_board", tier=2, approvers=("carla",), **high)
    own: dict[str, Any] = {"requested_by": {"value": "carla"}, **high}
    path("path_own_board", tier=2, approvers=("carla", "olga"), **own)
    people.service("path_unknown")
    people.first("path_unknown", FIRST)
    people.last["path_unknown"] = "f" * 40
    ids["path_unknown"] = people.deploy("path_unknown", LIVE)
    request = people.request("path_unknown", ids["path_unknown"], FIRST, type="normal", **low)
    people.approval(request, "olga", LIVE - HOUR)
    path("path_low", tier=4, approvers=("olga",), **low)
    path("path_no_group", tier=4, approvers=("ruth",), requested_by={"value": "ruth"}, **low)
    path("path_unreviewed", tier=4, approvers=("olga",), **low)
    restart: dict[str, Any] = {
        "std_change_producer_version": {"value": "tpl-1", "display_value": "Restart"}
    }
    path("path_standard", tier=4, type="standard", **low, **restart)
    path("path_standard_high", tier=4, type="standard", **high, **restart)
    resize: dict[str, Any] = {
        "std_change_producer_version": {"value": "tpl-2", "display_value": "Resize"}
    }
    path("path_unlisted", tier=4, type="standard", **low, **resize)
    path("path_unnamed", tier=4, type="standard", **low)
    patch: dict[str, Any] = {
        "std_change_producer_version": {"value": "tpl-3", "display_value": "Patch"}
    }
    path("path_failed", tier=4, type="standard", **low, **patch)
    for place in range(11):
        ended = LIVE - timedelta(days=1 + place)
        people.request(
            "clean", f"nothing-{place}", FIRST, type="standard",
            work_end=desk(ended), end_date=desk(ended),
            close_code="unsuccessful" if place in (9, 10) else "successful", **patch,
        )  # fmt: skip


def _emergencies(people: People, ids: dict[str, str]) -> None:
    night = at("2026-03-11 00:00")

    def hour(text: str) -> datetime:
        return night + timedelta(hours=int(text[:2]), minutes=int(text[3:]))

    def emergency(name: str, started: datetime, *, service: str = "urgent") -> str:
        people.change(service, started - HOUR / 2)
        ids[name] = people.deploy(
            service, started + 5 * MINUTE, artifact_digest="sha256:" + f"{len(ids):064x}"
        )
        return people.request(service, ids[name], started - HOUR, type="emergency")

    people.service("urgent", tier=1)
    people.first("urgent", FIRST)
    incident = people.estate.incident("urgent", hour("09:30"), hour("16:00"))
    people.estate.row(
        "exemptions", id="EX-1", controls=["*"], subject_type="service", subject_id="urgent",
        reason="Payments are down", person="ed", approver="carla",
        granted_at=hour("10:00"), expires_at=hour("14:00"), incident=incident,
    )  # fmt: skip
    good = emergency("used", hour("10:30"))
    people.approval(good, "carla", hour("10:35") + 24 * HOUR)
    people.estate.row(
        "review_records", id="PIR-1", kind="post_implementation", subject_type="deployment",
        subject_id=ids["used"], held_at=hour("10:35") + 72 * HOUR,
    )  # fmt: skip
    late = emergency("expired", hour("14:00"))
    people.approval(late, "carla", hour("14:05") + 24 * HOUR + MINUTE)
    people.estate.row(
        "review_records", id="PIR-2", kind="post_mortem", subject_type="change_request",
        subject_id=late.upper(), held_at=hour("14:05") + 72 * HOUR + MINUTE,
    )  # fmt: skip
    emergency("in_grace", hour("16:59"))
    emergency("after_grace", hour("17:00"))

    people.service("self_granted", tier=1)
    people.first("self_granted", FIRST)
    people.estate.row(
        "exemptions", id="EX-2", controls=["*"], subject_type="service", subject_id="self_granted",
        reason="Own work", person="ada", granted_at=hour("10:00"),
        expires_at=hour("10:00") + 25 * HOUR,
    )  # fmt: skip
    emergency("self_granted", hour("11:00"), service="self_granted")
    people.service("renewed", tier=1)
    people.first("renewed", FIRST)
    people.estate.row(
        "exemptions", id="EX-3", controls=["*"], subject_type="service", subject_id="renewed",
        reason="Long over", person="eve", approver="carla",
        granted_at=hour("10:00") - 30 * 24 * HOUR, expires_at=hour("14:00") - 30 * 24 * HOUR,
    )  # fmt: skip
    renewed = emergency("renewed", hour("11:00"), service="renewed")
    people.approval(renewed, "ed", hour("10:30"))
    people.estate.row(
        "review_records", id="PIR-3", kind="post_mortem", subject_type="change_request",
        subject_id=renewed.upper(), held_at=hour("10:45"),
    )  # fmt: skip
    people.estate.row(
        "exemptions", id="EX-4", controls=["lock_contention"], subject_type="service",
        subject_id="renewed", reason="One person", person="ada", approver="ada@example.org",
        granted_at=hour("10:00"), expires_at=hour("11:00"),
    )  # fmt: skip
    people.service("recent", tier=1)
    people.first("recent", FIRST)
    recent = emergency("recent", READ - 3 * HOUR, service="recent")
    people.estate.row(
        "review_records", id="PIR-4", kind="post_mortem", subject_type="change_request",
        subject_id=recent.upper(), held_at=READ + 24 * HOUR,
    )  # fmt: skip


NIGHT = at("2026-03-10 22:00")


def _nights(people: People, ids: dict[str, str]) -> None:
    """Deploy at night, where two people who took no part have to approve it before."""
    for name, authors in (("night_squashed", ("ada", "cid")), ("night_withdrawn", ("ada",))):
        people.service(name)
        people.first(name, FIRST)
        people.change(name, MERGED, authors=authors, opener="dan")
        ids[name] = people.deploy(name, NIGHT + 5 * MINUTE)


def _overrides(home: Home) -> None:
    """Keep who approved that: an author of a squashed change, and two who took it back twice."""

    def say(service: str, who: str, before: timedelta, verdict: str = "approved") -> None:
        append_details(
            home.lake,
            kind="override_approval",
            subject=f"service:{service} environment:production",
            verdict=verdict,
            details={
                "service_id": service, "environment_id": "production",
                "reason": "It burns", "link": "https://example.org/1",
            },
            who=who,
            decided_at=NIGHT - before,
        )  # fmt: skip

    for who in ("cid", "bob"):
        say("night_squashed", who, HOUR)
    for hours in (3, 2):
        for who in ("cid", "bob"):
            say("night_withdrawn", who, hours * HOUR)
        say("night_withdrawn", "bob", hours * HOUR - 30 * MINUTE, verdict="withdrawn")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    estate = Estate()
    people = People(estate)
    ids: dict[str, str] = {}
    estate.commit("elsewhere", FIRST)
    for login in ("ada", "bob"):
        people.service(f"tie-{login}")
        people.change(f"tie-{login}", FIRST, authors=(login,))
    for role, names in {
        "cab": ["carla"], "executive": ["eve"], "ecab": ["ed"], "ops": ["olga"],
        "override": ["cid", "bob"],
        "trusted_robot": ["renovate[bot]"],
    }.items():  # fmt: skip
        estate.policy("approvers", role, {"people": names})
    for name in ("Restart", "Patch"):
        estate.policy("standard_changes", name, {"title": name})
    _duties(people, ids)
    _many(people, ids)
    _paths(people, ids)
    _emergencies(people, ids)
    _nights(people, ids)
    home = Home(root=tmp_path_factory.mktemp("duties"))
    estate.write(home.lake, read_at=READ)
    _overrides(home)
    build_models(
        home, "control_matrix", "duty_violations", "approval_levels_vs_failures",
        "emergency_failures", "emergency_ratio",
    )  # fmt: skip
    yield World(home=home, ids=ids)


def test_a_change_that_somebody_else_approved_and_a_robot_deployed_keeps_duties_apart(
    world: World,
) -> None:
    assert world.duty("clean") == ("pass", "duties_separate")
    assert world.violations("clean") == []


def test_an_approval_of_an_earlier_revision_and_by_the_author_are_two_violations(
    world: World,
) -> None:
    assert world.violations("stale") == ["no_independent_approval", "changed_after_approval"]
    assert world.duty("stale") == ("fail", "no_independent_approval")


def test_an_approval_under_another_name_of_the_author_is_none(world: World) -> None:
    assert world.violations("alias") == ["unreviewed_change"]


def test_a_squashed_merge_keeps_the_authors_of_its_commits(world: World) -> None:
    assert world.violations("squashed") == ["unreviewed_change"]


def test_a_co_author_cannot_review(world: World) -> None:
    assert world.violations("co_author") == ["unreviewed_change"]


def test_an_approval_that_was_taken_back_is_none(world: World) -> None:
    assert world.violations("dismissed") == ["unreviewed_change"]


def test_a_commit_that_went_round_review_is_unreviewed(world: World) -> None:
    assert world.violations("direct") == ["unreviewed_change"]


def test_an_author_may_not_start_a_deployment_of_tier_1(world: World) -> None:
    assert world.violations("self_deployed") == ["author_deployed"]
    assert world.duty("self_deployed_low") == ("pass", "duties_separate")


def test_an_author_who_starts_a_deployment_of_no_stated_tier_is_in_doubt(world: World) -> None:
    assert world.duty("self_deployed_unrated") == ("inconclusive", "author_deployed")


def test_an_author_of_any_commit_cannot_override_the_hours(world: World) -> None:
    assert world.verdict("authorised_hours", "night_squashed") == ("fail", "override_incomplete")


def test_an_override_that_was_taken_back_twice_is_none(world: World) -> None:
    assert world.verdict("authorised_hours", "night_withdrawn") == ("fail", "off_hours")


def test_only_a_robot_that_the_policy_trusts_needs_no_review(world: World) -> None:
    assert world.duty("trusted_bot") == ("pass", "duties_separate")
    assert world.violations("other_bot") == ["unreviewed_change"]


def test_a_review_by_a_robot_that_nobody_trusts_is_none(world: World) -> None:
    assert world.violations("reviewed_by_bot") == ["unreviewed_change"]


def test_a_small_team_may_review_within_a_day_after_it(world: World) -> None:
    assert world.duty("reviewed_after") == ("pass", "reviewed_after")
    assert world.duty("reviewed_too_late") == ("fail", "unreviewed_change")
    assert world.duty("review_due") == ("warn", "review_due")


def test_what_a_first_deployment_changed_cannot_be_told(world: World) -> None:
    assert world.duty("first") == ("inconclusive", "first_deployment")


def test_a_normal_change_without_approval_is_a_violation(world: World) -> None:
    assert world.violations("unapproved") == ["no_independent_approval"]


def test_an_environment_that_asks_for_an_approval_needs_one(world: World) -> None:
    assert world.violations("guarded") == ["no_independent_approval"]
    assert world.violations("open") == []


def test_an_approver_needs_a_role_that_may_approve_the_tier(world: World) -> None:
    assert world.duty("by_cab") == ("pass", "duties_separate")
    assert world.violations("without_authority") == ["approver_without_authority"]


def test_an_approver_whom_one_source_alone_knows_may_be_an_author(world: World) -> None:
    (found,) = rows(
        world.home,
        "control_segregation_of_duties",
        where=f"subject_id = '{world.ids['stranger']}'",
    )
    assert found["verdict"] == "fail"
    assert found["reason_code"] == "approver_without_authority"


def test_who_writes_code_and_may_deploy_by_hand_holds_a_toxic_pair(world: World) -> None:
    assert world.violations("toxic") == ["toxic_pair"]
    held = rows(world.home, "toxic_holders", where="pair = 'author_and_deployer'")
    assert len(held) == 2
    # the other one got the right only after his deployment
    assert "toxic_pair" not in world.violations("squashed")


def test_three_of_two_hundred_deployments_are_1_5_percent_between_0_5_and_4_3(
    world: World,
) -> None:
    (april,) = rows(
        world.home,
        "control_matrix",
        where="control_id = 'segregation_of_duties' and scope = 'service' and scope_id = 'many'"
        " and grain = 'month' and period_start_date = date '2026-04-01'",
    )
    assert (april["fail_count"], april["subject_count"]) == (3, 200)
    found = [april[name] for name in ("fail_ratio", "fail_ratio_low", "fail_ratio_high")]
    assert [round(100 * one, 1) for one in found] == [1.5, 0.5, 4.3]
    low, high = wilson(3, 200)
    assert found[1:] == pytest.approx([float(low), float(high)])


def test_a_violation_names_who_is_concerned_and_its_evidence(world: World) -> None:
    (found,) = rows(
        world.home, "duty_violations", where=f"deployment_id = '{world.ids['self_deployed']}'"
    )
    assert len(found["person_ids"]) == 1
    assert found["evidence"] == [f"deployments:{world.ids['self_deployed']}"]


@pytest.mark.parametrize(
    ("service", "verdict"),
    [
        ("guarded", ("pass", "protected")),
        ("own_word", ("fail", "self_approval_allowed")),
        ("open", ("fail", "no_approval_required")),
        ("bypassed", ("warn", "bypass_allowed")),
        ("bypass_unstated", ("inconclusive", "bypass_unknown")),
        ("clean", ("no_data", "protection_unknown")),
    ],
)
def test_a_protected_environment_asks_somebody_else_and_cannot_be_bypassed(
    world: World, service: str, verdict: tuple[str, str]
) -> None:
    (found,) = rows(
        world.home,
        "control_deployment_protections",
        where=f"subject_id = '{service}@production'",
    )
    assert (found["verdict"], found["reason_code"]) == verdict


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("candidate", ("pass", "duties_separate")),
        ("unreviewed_candidate", ("fail", "unreviewed_change")),
    ],
)
def test_a_deployment_still_to_come_is_judged_by_what_is_merged_and_not_live(
    world: World, name: str, verdict: tuple[str, str]
) -> None:
    with warehouse(world.home.warehouse_file) as connection:
        asked = connection.execute(
            "select verdict, reason_code from v1.control_segregation_of_duties_at(?, ?, ?, ?)",
            ["direct", world.ids[name], "production", datetime(2026, 3, 9, 20)],  # noqa: DTZ001
        ).fetchall()
    assert asked == [verdict]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("path_executive", ("pass", "normal_path")),
        ("path_no_executive", ("fail", "no_executive_approval")),
        ("path_no_board", ("fail", "no_board_approval")),
        ("path_board", ("pass", "normal_path")),
        ("path_low", ("pass", "normal_path")),
        ("path_own_board", ("fail", "no_board_approval")),
        ("path_unknown", ("no_data", "changes_unknown")),
        ("path_no_group", ("fail", "no_group_approval")),
        ("path_unreviewed", ("fail", "no_peer_review")),
        ("path_standard", ("pass", "standard_path")),
        ("path_standard_high", ("fail", "standard_of_high_risk")),
        ("path_unlisted", ("fail", "template_unknown")),
        ("path_unnamed", ("no_data", "template_unstated")),
        ("path_failed", ("fail", "template_failed")),
        ("clean", ("no_data", "no_change_request")),
    ],
)
def test_each_type_and_risk_of_change_has_its_way_to_an_approval(
    world: World, name: str, verdict: tuple[str, str]
) -> None:
    assert world.verdict("approval_path", name) == verdict


def test_only_the_last_ten_uses_of_a_template_are_looked_at(world: World) -> None:
    (found,) = rows(
        world.home, "control_approval_path", where=f"subject_id = '{world.ids['path_failed']}'"
    )
    assert found["value"] == 1


def test_high_impact_and_moderate_likelihood_are_high_risk(world: World) -> None:
    cells = rows(world.home, "risk_rules", where="kind = 'lookup'")
    found = {(one["impact"], one["likelihood"]): one["level"] for one in cells}
    assert len(found) == 9
    assert found["high", "moderate"] == "high"


def test_the_highest_engine_decides_the_risk_of_a_change_request(world: World) -> None:
    found = rows(world.home, "change_risk_classes")
    order = {None: 0, "low": 1, "moderate": 2, "high": 3}
    assert found
    for one in found:
        engines = (one["stated_risk"], one["lookup_risk"], one["model_risk"])
        assert order[one["risk"]] == max(order[each] for each in engines)
    misclassified = {one["number"] for one in found if one["is_misclassified"]}
    assert misclassified


def test_a_use_at_the_instant_at_which_the_grant_ends_is_an_expired_use(world: World) -> None:
    assert (world.use("used")["grant_check"], world.use("used")["grant_verdict"]) == (
        "within_grant", "pass",
    )  # fmt: skip
    assert (world.use("expired")["grant_check"], world.use("expired")["grant_verdict"]) == (
        "expired_use", "fail",
    )  # fmt: skip


def test_an_approval_afterwards_is_late_one_minute_after_a_day(world: World) -> None:
    assert world.use("used")["approval_check"] == "approved_after"
    assert world.use("expired")["approval_check"] == "approval_late"


def test_a_review_is_late_one_minute_after_three_days(world: World) -> None:
    assert world.use("used")["review_check"] == "reviewed"
    assert world.use("expired")["review_check"] == "review_late"


def test_an_incident_counts_as_open_for_an_hour_after_its_end(world: World) -> None:
    assert world.use("in_grace")["incident_check"] == "incident_open"
    assert world.use("after_grace")["incident_check"] == "no_incident"


def test_a_granter_has_a_role_for_it_and_took_no_part(world: World) -> None:
    assert world.use("used")["granter_check"] == "granter_authorised"
    assert world.use("self_granted")["granter_check"] == "granter_took_part"


def test_a_grant_holds_a_day_at_most(world: World) -> None:
    assert world.use("self_granted")["grant_check"] == "grant_too_long"


def test_without_a_grant_beforehand_an_emergency_fails(world: World) -> None:
    assert world.use("recent")["grant_check"] == "no_grant"


def test_an_approval_that_holds_is_a_grant_whatever_has_expired_before(world: World) -> None:
    use = world.use("renewed")
    assert (use["grant_check"], use["granter_check"]) == ("within_grant", "granter_authorised")


def test_an_approver_under_another_name_of_the_granter_is_none(world: World) -> None:
    (found,) = rows(world.home, "exemptions", where="exemption_id = 'files:EX-4'")
    assert (found["approver_ids"], found["state"]) == ([], "expired")


def test_a_review_that_is_planned_was_not_held(world: World) -> None:
    assert world.use("recent")["review_check"] == "review_due"


def test_a_review_from_before_an_emergency_is_none_of_it(world: World) -> None:
    assert world.use("renewed")["review_check"] == "review_missing"


def test_what_can_still_come_in_time_is_due_and_not_missing(world: World) -> None:
    found = world.use("recent")
    assert [found[f"{check}_check"] for check in ("approval", "review", "debt")] == [
        "approval_due", "review_due", "debt_due",
    ]  # fmt: skip


def test_each_deployment_under_one_exemption_is_a_use_of_its_own_and_chained(
    world: World,
) -> None:
    uses = rows(world.home, "emergency_register", where="service_id = 'urgent'")
    assert len(uses) == 4
    assert [one["is_chained"] for one in sorted(uses, key=lambda one: one["started_at"])] == [
        False, True, True, True,
    ]  # fmt: skip


def test_tests_that_nobody_knows_of_are_no_pass(world: World) -> None:
    assert world.use("used")["debt_verdict"] == "no_data"
    assert world.verdict("emergency_changes", "used") == ("no_data", "tests_unknown")


def test_the_first_failing_check_of_an_emergency_is_its_reason(world: World) -> None:
    assert world.verdict("emergency_changes", "expired") == ("fail", "expired_use")
    assert world.verdict("emergency_changes", "after_grace") == ("fail", "no_incident")


def test_the_share_of_emergencies_is_of_deployments_under_a_change_request(
    world: World,
) -> None:
    (march,) = rows(
        world.home,
        "emergency_ratio",
        where="scope = 'service' and scope_id = 'urgent' and grain = 'month'"
        " and period_start_date = date '2026-03-01'",
    )
    assert (march["numerator"], march["n"]) == (4, 4)


def test_failures_by_level_of_approval_are_counted(world: World) -> None:
    found = rows(world.home, "approval_levels_vs_failures", where="factor = 'approval_level'")
    levels = {one["level"] for one in found}
    assert {"peer review alone", "a group approval", "approval by the board"} <= levels
    (emergencies,) = rows(world.home, "emergency_failures")
    assert emergencies["n"] > 0
