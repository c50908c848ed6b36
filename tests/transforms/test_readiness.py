"""M4.3: whether a release was ready, and whether those who answer for it approved this artifact."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.rendering import create_model
from transforms.decisions import append_details
from transforms.home import Home

START = at("2026-04-10 10:00")
READ_AT = at("2026-04-20 00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = {"ops": ["grace"], "security": ["linus", "grace"], "business": ["ken", "ada"]}


def digest(name: str) -> str:
    return "sha256:" + name.encode().hex().ljust(64, "0")


@dataclass
class World:
    """Deployments by the case that each stands for; `said` are decisions to be kept."""

    home: Home
    estate: Estate = field(default_factory=Estate)
    ids: dict[str, str] = field(default_factory=dict)
    said: list[dict[str, Any]] = field(default_factory=list)

    def deploy(self, service: str, case: str, **payload: Any) -> None:
        """Add a deployment of one hour that begins at START, of an artifact of its own."""
        sha = self.estate.commit(service, START - 5 * DAY)
        self.ids[case] = self.estate.deploy(
            service, sha, START + HOUR, minutes=60, artifact_digest=digest(case), **payload
        )

    def sign(
        self, service: str, case: str, verdict: str, *, who: str, before: timedelta = HOUR,
        **details: str,
    ) -> None:  # fmt: skip
        """Sign an item or approve for a role, some time before the deployments begin."""
        told = {"service_id": service, "artifact_key": digest(case), **details}
        self.said.append(
            {"verdict": verdict, "details": told, "who": who, "decided_at": START - before}
        )

    def score(self, service: str, case: str, scores: Mapping[str, str]) -> None:
        """Sign items by somebody who is not their author."""
        for item, verdict in scores.items():
            self.sign(service, case, verdict, who="grace", item=item)

    def approve(self, service: str, case: str, roles: Mapping[str, str], **how: Any) -> None:
        """Approve for roles, each by a person."""
        for role, who in roles.items():
            self.sign(service, case, "approved", who=who, role=role, **how)

    def verdict(self, case: str) -> dict[str, Any]:
        """Return what the control says of a case."""
        where = f"subject_id = '{self.ids[case]}'"
        (found,) = rows(self.home, "control_readiness_review", where=where)
        return found

    def told(self, case: str) -> tuple[str, str, float | None]:
        """Return verdict, reason code and score of a case."""
        found = self.verdict(case)
        return found["verdict"], found["reason_code"], found["value"]

    def item(self, case: str, item: str) -> dict[str, Any]:
        """Return one item of a case."""
        where = f"deployment_id = '{self.ids[case]}' and item = '{item}'"
        (found,) = rows(self.home, "readiness_items", where=where)
        return found


def _scores(world: World) -> None:
    """Five equal items, asked of tier 1."""
    world.estate.service("five")
    world.estate.catalogue[-1]["tier"] = 1
    for item in "abcde":
        world.estate.policy(
            "readiness", item, {"title": item.upper(), "judged_by": "sign_off", "tiers": [1]}
        )
    told = {"a": "pass", "b": "pass", "c": "warn", "d": "pass"}
    cases = {
        "seventy": {**told, "e": "fail"},
        "ninety": {**told, "e": "pass"},
        "eighty": {**told, "d": "warn", "e": "pass"},
        "left_out": {"a": "pass", "b": "pass", "c": "pass", "d": "pass", "e": "not_applicable"},
        "silent": {"a": "pass", "b": "pass", "c": "pass", "d": "pass"},
    }
    for case, scores in cases.items():
        world.deploy("five", case)
        world.score("five", case, scores)
    world.deploy("five", "own")
    world.score("five", "own", {**told, "d": "pass"})
    world.sign("five", "own", "pass", who="ada", item="e")
    world.deploy("five", "own_shown")
    world.score("five", "own_shown", {**told})
    world.sign("five", "own_shown", "pass", who="ada", item="e", evidence="https://e.example/1")


def _vetoes(world: World) -> None:
    """One heavy item and a way back with a veto, asked of tier 3."""
    asked: dict[str, Any] = {"title": "Tests", "judged_by": "sign_off", "weight": 24, "tiers": [3]}
    world.estate.policy("readiness", "tests", asked)
    asked = {"title": "Way back", "judged_by": "rollback", "veto": True, "tiers": [3]}
    world.estate.policy("readiness", "way_back", asked)
    whole = {"rollback_plan": "https://w.example", "metric": "errors", "threshold": "1 %"}
    rehearsals = {
        "never": None,
        "rehearsed": (START - 80 * DAY, {**whole, "window": "10 min"}),
        "forgotten": (START - 100 * DAY, {**whole, "window": "10 min"}),
        "vague": (START - 5 * DAY, whole),
    }
    for case, rehearsal in rehearsals.items():
        service = world.estate.service(f"way-{case}")
        world.estate.catalogue[-1]["tier"] = 3
        world.deploy(service, case)
        world.score(service, case, {"tests": "pass"})
        if rehearsal:
            held_at, contents = rehearsal
            world.estate.row(
                "review_records", id=f"R-{case}", kind="readiness", subject_type="service",
                subject_id=service, service=service, held_at=held_at,
                contents=json.dumps(contents),
            )  # fmt: skip


def _records(world: World) -> None:
    """Items that a measure, evidence and a shift on call judge, asked of tier 4."""
    for item, how in (
        (
            "budget",
            {"judged_by": "measure", "measure": "error_budget", "urgent_work_passes": True},
        ),
        ("runbook", {"judged_by": "evidence"}),
        ("shift", {"judged_by": "on_call"}),
    ):
        asked = {"title": item.title(), "tiers": [4], **how}
        world.estate.policy("readiness", item, asked)
    for case, values in (("watched", (-0.5, 0.4)), ("spent", (0.3, -0.1))):
        service = world.estate.service(case)
        world.estate.catalogue[-1]["tier"] = 4
        world.deploy(service, case)
        for days, value in zip((9, 2), values, strict=True):
            world.estate.add(
                "reports",
                "quality_measures",
                {
                    "document_file": f"{case}.json", "document_digest": f"{case}{days}",
                    "tool": "sloth", "metric": "error_budget", "value": str(value),
                    "service_name": service, "created_at": (START - days * DAY).isoformat(),
                },
            )  # fmt: skip
    world.sign("watched", "watched", "pass", who="grace", item="runbook", evidence="https://e.org")
    world.sign("spent", "spent", "pass", who="grace", item="runbook")
    policy = {"id": "P1", "summary": "Watched"}
    world.estate.add(
        "pagerduty", "services", {"id": "S1", "name": "watched", "escalation_policy": policy}
    )
    world.estate.add(
        "pagerduty",
        "oncalls",
        {
            "escalation_policy": policy, "escalation_level": 1, "user": {"id": "U1"},
            "start": (START - DAY).isoformat(), "end": (START + DAY).isoformat(),
        },
    )  # fmt: skip


def _quorums(world: World) -> None:
    """Three roles and one item that a control judges, asked of tier 2."""
    for role, people in PEOPLE.items():
        world.estate.policy("approvers", role, {"people": people})
        world.estate.policy("readiness_roles", role, {"tiers": [2], "emergency": role == "ops"})
    asked: dict[str, Any] = {
        "title": "Known", "judged_by": "control", "control": "deployment_identified",
    }  # fmt: skip
    world.estate.policy("readiness", "known", {**asked, "tiers": [2], "emergency": True})
    asked = {"title": "Somebody on call", "judged_by": "on_call", "weight": 0.01, "tiers": [2]}
    world.estate.policy("readiness", "on_call", asked)
    world.estate.service("pay", team="payments")
    all_of_them = {"ops": "grace", "security": "linus", "business": "ken"}
    for case in ("approved", "rebuilt", "late", "by_author", "twice", "outsider", "withdrawn"):
        world.deploy("pay", case)
    world.approve("pay", "approved", all_of_them, before=10 * HOUR)
    world.approve("pay", "late", all_of_them, before=73 * HOUR)
    world.approve("pay", "by_author", {**all_of_them, "business": "ada"})
    world.approve("pay", "twice", {"ops": "grace", "business": "ken"}, before=2 * HOUR)
    world.approve("pay", "twice", {"security": "grace"})
    world.approve("pay", "outsider", {**all_of_them, "ops": "mallory"})
    world.approve("pay", "withdrawn", {**all_of_them})
    request = world.estate.change_request("pay", START, "")
    world.estate.streams["servicenow", "change_request"][-1][0]["type"] = "emergency"
    world.deploy("pay", "emergency", change_request=request.upper())
    world.approve("pay", "emergency", {"ops": "grace"})


def _unrated(world: World) -> None:
    """A service of which nobody says how much depends on it."""
    world.estate.service("unrated")
    world.estate.catalogue[-1]["tier"] = None
    world.deploy("unrated", "unrated")


def _urgent(world: World) -> None:
    """Releases of which all, or all but one change, are urgent or mend security."""
    for key, priority, labels in (
        ("PAY-1", "P0", []), ("PAY-2", "P3", ["Security"]), ("PAY-3", "P3", []),
    ):  # fmt: skip
        world.estate.row(
            "work_items", id=key, key=key, priority=priority, labels=labels, status="Done",
            status_category="done", created_at=START - 20 * DAY,
        )  # fmt: skip
    for case, titles in {
        "urgent": ("PAY-1 stop it", "PAY-2 close it"), "mixed": ("PAY-1 stop it", "PAY-3 nicer"),
        "both_in_one": ("PAY-1 and PAY-3",), "unnamed": ("PAY-1 stop it", "Nicer"),
    }.items():  # fmt: skip
        service = world.estate.service(case)
        world.estate.catalogue[-1]["tier"] = 4
        sha = world.estate.commit(service, START - 9 * DAY)
        world.estate.deploy(service, sha, START - 8 * DAY)
        for number, title in enumerate(titles):
            merged = START - (7 - number) * DAY
            sha = world.estate.commit(service, merged, parents=(sha,), title="Squashed")
            original = f"{world.estate.number():040x}"
            world.estate.pull(service, sha, merged, [(original, merged - HOUR, title)])
        world.ids[case] = world.estate.deploy(
            service, sha, START + HOUR, minutes=60, artifact_digest=digest(case)
        )


def _chain(world: World) -> None:
    """Two commits of different people since what was live before; the newer is ada's."""
    world.estate.service("chain")
    live = world.estate.commit("chain", START - 9 * DAY)
    world.estate.deploy("chain", live, START - 8 * DAY)
    older = world.estate.commit("chain", START - 7 * DAY, parents=(live,))
    record, _ = world.estate.streams["github", "commits"][-1]
    record["author"] = {"login": "ken", "type": "User"}
    record["commit"]["author"] |= {"name": "Ken", "email": "ken@example.org"}
    sha = world.estate.commit("chain", START - 6 * DAY, parents=(older,))
    world.ids["by_earlier_author"] = world.estate.deploy(
        "chain", sha, START + HOUR, minutes=60, artifact_digest=digest("by_earlier_author")
    )
    roles = {"ops": "grace", "security": "linus", "business": "ken"}
    world.approve("chain", "by_earlier_author", roles)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(home=Home(root=tmp_path_factory.mktemp("readiness")))
    _scores(world)
    _vetoes(world)
    _quorums(world)
    _records(world)
    _chain(world)
    _urgent(world)
    world.estate.service("unasked")
    world.estate.catalogue[-1]["tier"] = 5
    _unrated(world)
    world.deploy("unasked", "unasked")
    world.estate.write(world.home.lake, read_at=READ_AT)
    for one in sorted(world.said, key=lambda one: one["decided_at"]):
        case = one["details"]["artifact_key"]
        kept = append_details(world.home.lake, kind="sign_off", subject=f"artifact:{case}", **one)
        if case == digest("withdrawn") and one["details"].get("role") == "ops":
            append_details(
                world.home.lake, kind="sign_off", subject=f"artifact:{case}",
                verdict="withdrawn", details={"sign_off_id": kept.decision_id},
                who="grace", decided_at=START - HOUR / 2,
            )  # fmt: skip
    build_models(
        world.home, "control_readiness_review", "readiness_items", "readiness_validity", now=READ_AT
    )
    return world


def test_three_of_five_items_and_a_half_are_70_and_no_go(world: World) -> None:
    assert world.told("seventy") == ("fail", "no_go", 70.0)
    assert world.verdict("seventy")["reason"] == ("Readiness is 70.0 of 100: NO-GO; open: C, E.")


def test_four_items_and_a_half_are_90_and_go(world: World) -> None:
    assert world.told("ninety") == ("pass", "go", 90.0)


def test_between_75_and_90_the_decision_is_conditional(world: World) -> None:
    assert world.told("eighty") == ("warn", "conditional", 80.0)


def test_what_does_not_apply_is_left_out_and_what_is_silent_scores_nothing(world: World) -> None:
    assert world.told("left_out") == ("pass", "go", 100.0)
    assert world.told("silent") == ("warn", "conditional", 80.0)
    assert world.item("silent", "e")["reason"] == "Nothing is known of it."


def test_what_its_author_signs_counts_with_evidence_only(world: World) -> None:
    assert world.told("own") == ("fail", "no_go", 70.0)
    assert world.told("own_shown") == ("pass", "go", 90.0)


def test_a_failed_veto_is_no_go_whatever_the_score(world: World) -> None:
    assert world.told("never") == ("fail", "veto", 96.0)
    assert world.verdict("never")["reason"].endswith("without it nothing goes: Way back.")


def test_the_way_back_counts_when_it_was_rehearsed_in_the_last_90_days(world: World) -> None:
    assert world.told("rehearsed") == ("pass", "go", 100.0)
    assert world.told("forgotten") == ("fail", "veto", 96.0)


def test_a_rehearsal_names_metric_limit_and_window(world: World) -> None:
    assert world.told("vague") == ("fail", "veto", 96.0)
    assert world.item("vague", "way_back")["verdict"] == "fail"


def test_the_newest_measure_evidence_and_a_shift_on_call_count(world: World) -> None:
    assert world.told("watched") == ("pass", "go", 100.0)
    assert world.item("watched", "budget")["evidence"][0].startswith("quality_measures:reports:")


def test_a_spent_budget_a_word_without_evidence_and_nobody_on_call_do_not(world: World) -> None:
    assert world.told("spent") == ("fail", "no_go", 0.0)
    reasons = {item: world.item("spent", item)["reason"] for item in ("runbook", "shift", "budget")}
    assert reasons == {
        "runbook": "It names no evidence.",
        "shift": "Nothing is known of it.",
        "budget": "The newest measure of four weeks says fail.",
    }


def test_a_spent_budget_holds_up_no_release_of_nothing_but_urgent_work(world: World) -> None:
    passed = world.item("urgent", "budget")
    assert (passed["verdict"], passed["score"]) == ("pass", 1)
    assert passed["evidence"] == ["work_items:files:PAY-1", "work_items:files:PAY-2"]
    for case in ("mixed", "both_in_one", "unnamed"):
        assert world.item(case, "budget")["verdict"] == "no_data"


def test_every_role_approves_the_artifact(world: World) -> None:
    assert world.told("approved")[:2] == ("pass", "go")
    assert world.item("approved", "known")["score"] == 1


def test_approvals_of_another_digest_are_no_quorum(world: World) -> None:
    assert world.told("rebuilt")[:2] == ("fail", "no_quorum")
    reason = world.verdict("rebuilt")["reason"]
    assert "no approval of business, ops, security" in reason
    assert "given for another artifact" in reason


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        ("late", "business, ops, security"),
        ("by_author", "business"),
        ("twice", "ops"),
        ("outsider", "ops"),
        ("withdrawn", "ops"),
    ],
)
def test_an_approval_that_does_not_count_leaves_its_role_open(
    world: World, case: str, missing: str
) -> None:
    assert world.told(case)[:2] == ("fail", "no_quorum")
    assert f"no approval of {missing} (" in world.verdict(case)["reason"] + " ("


def test_who_wrote_any_part_of_a_release_cannot_approve_it(world: World) -> None:
    assert world.told("by_earlier_author")[:2] == ("fail", "no_quorum")
    assert "no approval of business." in world.verdict("by_earlier_author")["reason"]


def test_an_emergency_is_asked_less_and_what_was_not_asked_is_kept(world: World) -> None:
    assert world.told("emergency") == ("pass", "go", 100.0)
    assert "not asked of an emergency: Somebody on call" in world.verdict("emergency")["reason"]
    assert world.item("emergency", "on_call")["verdict"] == "not_asked"


def test_a_service_of_which_nothing_is_asked_is_not_judged(world: World) -> None:
    assert world.told("unasked") == ("not_applicable", "nothing_asked", None)


def test_a_service_of_no_stated_tier_is_asked_what_tier_1_is(world: World) -> None:
    assert world.told("unrated") == ("fail", "no_go", 0.0)


def test_a_release_that_is_still_to_come_is_judged_by_the_same_text(world: World) -> None:
    def asked(service: str, case: str, instant: datetime = START) -> tuple[Any, ...]:
        with warehouse(world.home.warehouse_file) as connection:
            found = connection.execute(
                "select verdict, reason_code from v1.control_readiness_review_at("
                "?, ?, 'production', ?)",
                [service, digest(case), instant.replace(tzinfo=None)],
            ).fetchall()
        return tuple(found)

    assert asked("five", "ninety") == (("pass", "go"),)
    assert asked("five", "seventy") == (("fail", "no_go"),)
    assert asked("pay", "approved") == (("pass", "go"),)
    assert asked("pay", "approved", START + 3 * DAY) == (("fail", "no_quorum"),)
    assert asked("pay", "unbuilt")[0] == ("fail", "no_go")


def test_told_what_the_other_controls_say_it_says_the_same_as_when_it_asks_them(
    world: World,
) -> None:
    asked = [("five", "ninety"), ("five", "seventy"), ("pay", "approved"), ("pay", "unbuilt")]
    with warehouse(world.home.warehouse_file) as connection:
        (names,) = connection.execute(
            "select list(function_name) from duckdb_functions()"
            " where function_name like 'control%_at'"
        ).fetchall()[0]
        for service, case in asked:
            values = [service, digest(case), START.replace(tzinfo=None)]
            said = [
                {"table_name": name.removesuffix("_at"), "verdict": verdict,
                 "reason": reason, "evidence": evidence}
                for name in names
                if name != "control_readiness_review_at"
                for verdict, reason, evidence in connection.execute(
                    "select verdict, reason, evidence"
                    f" from v1.{name}(?, ?, 'production', ?)", values
                ).fetchall()
            ]  # fmt: skip
            alone = connection.execute(
                "select * from v1.control_readiness_review_at(?, ?, 'production', ?)", values
            ).fetchall()
            told = connection.execute(
                "select * from v1.control_readiness_review_given(?, ?, 'production', ?, ?)",
                [*values, said],
            ).fetchall()
            assert said
            assert told == alone


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([60.0, 75.0, 90.0, 100.0]), st.booleans()), min_size=1))
def test_the_auc_is_the_chance_that_a_good_deployment_had_scored_higher(
    said: list[tuple[float, bool]],
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table readiness_scores as select 'd' || row_number() over () as deployment_id,"
            " score, is_failed, timestamp '2026-04-10' as started_at, 'go' as decision"
            " from (select unnest(?) as score, unnest(?) as is_failed)",
            [[score for score, _ in said], [is_failed for _, is_failed in said]],
        )
        connection.execute(
            "create table fct_deployments as select deployment_id, false as is_immature"
            " from readiness_scores"
        )
        create_model(connection, "governance/readiness_validity")
        found = connection.execute("select auc, failed_count from readiness_validity").fetchone()
    good = [score for score, is_failed in said if not is_failed]
    bad = [score for score, is_failed in said if is_failed]
    wins = [1.0 if one > other else 0.5 if one == other else 0.0 for one in good for other in bad]
    assert found is not None
    assert found[0] == (pytest.approx(sum(wins) / len(wins)) if wins else None)
    assert found[1] == len(bad)


def test_readiness_is_held_against_what_became_of_it(world: World) -> None:
    (quarter,) = rows(world.home, "readiness_validity")
    assert (quarter["deployment_count"], quarter["failed_count"]) == (32, 0)
    assert quarter["auc"] is None
