"""What people say about the cause of an incident changes the next build's links and failures."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.commands import verdict as command
from orchestration.commands.verdict import Cause
from orchestration.errors import ConfigurationError
from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from tests.transforms.estate import Estate, at
from transforms.decisions import (
    append_decision,
    attribution_subject,
    endings,
    read_decisions,
    verdict_subject,
)
from transforms.home import Home
from transforms.published import Published, open_build, open_published, read_build

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
GIVEN_AT = READ_AT + timedelta(hours=1)
SERVICES = ("plain", "confirmed", "moved", "rejected", "cleared", "both", "retracted", "folded")
FUZZED = ("one", "two", "three")
ROUNDS = 300


@dataclass
class World:
    """A published estate before and after what people said, and the ids by name."""

    context: Context
    ids: dict[str, str]
    before: Published
    after: Published
    earlier: Published


def _estate() -> tuple[Estate, dict[str, str]]:
    """Return services with three deployments each and one incident that names the second."""
    estate, ids = Estate(), {}
    for service in (*SERVICES, *FUZZED):
        estate.service(service)
        for day in (2, 3, 4):
            ids[f"{service}-{day}"] = estate.deploy(
                service,
                estate.commit(service, at(f"2026-02-0{day} 08:00")),
                at(f"2026-02-0{day} 10:00"),
                version=f"V{day}",
            )
        ids[service] = estate.incident(
            service,
            at("2026-02-04 12:00"),
            at("2026-02-04 13:00"),
            caused_by="" if service in ("confirmed", "folded", *FUZZED) else ids[f"{service}-3"],
        )
    ids["copy"] = estate.incident(
        "folded", at("2026-02-04 12:10"), at("2026-02-04 13:00"), parent=ids["folded"]
    )
    return estate, ids


def _opened(context: Context) -> Callable[[], Context]:
    return lambda: context


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return builds before and after, and as of before anything was said."""
    home = Home(root=tmp_path_factory.mktemp("attributions"))
    estate, ids = _estate()
    estate.write(home.lake, read_at=READ_AT)
    context = Context(home=home, environment=Environment(), clock=lambda: READ_AT)
    build_and_publish(context)
    before = open_published(home)
    context = replace(context, clock=lambda: GIVEN_AT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "open_context", _opened(context))
        _judge(ids)
    _judge_at_random(home, ids)
    build_and_publish(context)
    after = open_published(home)
    earlier = build_and_publish(context, as_of=GIVEN_AT - timedelta(seconds=1), moves_current=False)
    return World(
        context=context,
        ids=ids,
        before=before,
        after=after,
        earlier=open_build(read_build(earlier.path)),
    )


def _add(subject: str, reason: str = "Seen in the logs", **cause: str | bool) -> None:
    command.add(
        subject,
        cause=Cause(**cause),  # type: ignore[arg-type]
        reason=reason,
        who="ada@example.org",
        is_unchecked=False,
    )


def _judge(ids: dict[str, str]) -> None:
    _add(f"incident:{ids['confirmed']}", caused_by=f"deployment:{ids['confirmed-4']}")
    _add(f"incident:{ids['moved']}", caused_by=f"deployment:{ids['moved-4']}")
    _add(f"incident:{ids['rejected']}", not_caused_by=f"deployment:{ids['rejected-3']}")
    _add(f"incident:{ids['cleared']}", "The provider failed", is_no_deployment=True)
    for day in (3, 4):
        _add(f"incident:{ids['both']}", caused_by=f"deployment:{ids[f'both-{day}']}")
    _add(f"incident:{ids['retracted']}", is_no_deployment=True)
    command.withdraw("attribution-7", reason="It was one after all", who="Bob")
    _add(f"incident:{ids['copy']}", caused_by=f"deployment:{ids['folded-4']}")


def _judge_at_random(home: Home, ids: dict[str, str]) -> None:
    draw = random.Random(7)
    incidents = [ids[name] for name in FUZZED]
    deployments = [ids[f"{name}-{day}"] for name in FUZZED for day in (3, 4)]
    for _ in range(ROUNDS):
        incident, deployment = draw.choice(incidents), draw.choice(deployments)
        kind, subject, says = draw.choice(
            [
                ("verdict", verdict_subject(deployment), ("failed", "not_failed", "withdrawn")),
                *[
                    (
                        "attribution",
                        attribution_subject(incident, deployment),
                        ("confirmed", "rejected", "withdrawn"),
                    )
                ]
                * 3,
                (
                    "attribution",
                    attribution_subject(incident, None),
                    ("no_deployment", "no_deployment", "withdrawn"),
                ),
            ]
        )
        verdict = draw.choice(says)
        append_decision(
            home.lake,
            kind=kind,
            subject=subject,
            verdict=verdict,
            reason="x",
            who="Ada",
            # some at one instant: then the order in the file decides
            decided_at=GIVEN_AT - timedelta(seconds=draw.randrange(-60, 0)),
            incident_ids=draw.sample(incidents, draw.randrange(3)) if verdict == "failed" else (),
        )


def _failed(published: Published, service: str) -> list[str]:
    rows = published.rows(
        "fct_deployments", filters={"service_id": service, "is_failed": True}, order="started_at"
    )
    return rows["version"].to_list()


def _links(published: Published, incident: str) -> list[tuple[str, str, bool]]:
    rows = published.rows(
        "deployment_incidents", filters={"incident_id": incident}, order="deployment_id"
    )
    return [
        (row["deployment_id"], row["evidence"], row["is_confirmed"])
        for row in rows.iter_rows(named=True)
    ]


def test_without_judgements_the_records_decide(world: World) -> None:
    assert _failed(world.before, "confirmed") == []
    for service in ("plain", "moved", "rejected", "cleared", "both", "retracted"):
        assert _failed(world.before, service) == ["V3"]


def test_a_confirmed_cause_is_a_failure_by_a_persons_verdict(world: World) -> None:
    assert _failed(world.after, "confirmed") == ["V4"]
    fact = world.after.rows(
        "fct_deployments", filters={"deployment_id": world.ids["confirmed-4"]}
    ).row(0, named=True)
    assert (fact["failure_evidence"], fact["failure_evidence_strength"]) == ("verdict", 1)
    assert (fact["incident_count"], fact["recovery_seconds"]) == (1, 3 * 3600)


def test_a_confirmation_beats_a_record_that_names_another_deployment(world: World) -> None:
    assert _failed(world.after, "moved") == ["V4"]
    assert _links(world.after, world.ids["moved"]) == [
        (world.ids["moved-3"], "caused_by_change_request", False),
        (world.ids["moved-4"], "verdict", True),
    ]


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ("rejected", "; a person rejected it: Seen in the logs"),
        ("cleared", "; a person judged that no deployment caused it: The provider failed"),
    ],
)
def test_a_rejected_record_stays_with_the_reason_and_fails_nothing(
    world: World, service: str, told: str
) -> None:
    assert _failed(world.after, service) == []
    assert _links(world.after, world.ids[service]) == [
        (world.ids[f"{service}-3"], "caused_by_change_request", False)
    ]
    row = world.after.rows("deployment_incidents", filters={"incident_id": world.ids[service]})
    assert row["detail"][0].endswith(told)


def test_only_people_make_one_incident_the_failure_of_several_deployments(world: World) -> None:
    assert _failed(world.after, "both") == ["V3", "V4"]


def test_a_withdrawn_judgement_gives_the_record_its_word_back(world: World) -> None:
    assert _failed(world.after, "retracted") == ["V3"]
    states = world.after.rows(
        "attribution_verdicts", filters={"incident_id": world.ids["retracted"]}
    )["state"]
    assert states.to_list() == ["withdrawn"]


def test_a_judgement_on_a_second_record_counts_for_the_incident(world: World) -> None:
    assert _failed(world.after, "folded") == ["V4"]
    row = world.after.rows(
        "attribution_verdicts", filters={"named_incident_id": world.ids["copy"]}
    ).row(0, named=True)
    assert (row["incident_id"], row["change_event_id"]) == (
        world.ids["folded"],
        world.ids["folded-4"],
    )


def test_the_change_failure_rate_follows(world: World) -> None:
    rates = {
        name: published.metric(
            "change_failure_rate",
            grain="month",
            scope="service",
            since=date(2026, 2, 1),
            until=date(2026, 3, 1),
        )
        for name, published in (("before", world.before), ("after", world.after))
    }
    failed = {
        name: dict(zip(rows["scope_id"], rows["numerator"], strict=True))
        for name, rows in rates.items()
    }
    assert [failed["before"][one] for one in SERVICES] == [1, 0, 1, 1, 1, 1, 1, 0]
    assert [failed["after"][one] for one in SERVICES] == [1, 1, 1, 0, 0, 2, 1, 1]


def test_a_build_as_of_before_knows_nothing_of_it(world: World) -> None:
    assert world.earlier.rows("attribution_verdicts").is_empty()
    assert _failed(world.earlier, "rejected") == ["V3"]


def test_who_decided_is_published_as_a_pseudonym_only(world: World) -> None:
    people = set(world.after.rows("attribution_verdicts")["decided_by_id"])
    assert people
    assert all(re.fullmatch(r"[0-9a-f]{24}", one) for one in people)


def test_the_build_ends_decisions_by_the_same_rules_as_the_command(world: World) -> None:
    """Hundreds of contradicting decisions: SQL and transforms.decisions agree on each."""
    decisions = read_decisions(world.context.home.lake)
    ended = endings(decisions)
    expected = {}
    for one in decisions:
        by = ended.get(one.decision_id)
        state = "superseded" if by else "current"
        if one.verdict != "withdrawn":
            expected[one.decision_id] = "withdrawn" if by and by.verdict == "withdrawn" else state
    told = {}
    for table, kind in (("attribution_verdicts", "attribution"), ("verdicts", "verdict")):
        for row in world.after.rows(table).iter_rows(named=True):
            if row["verdict_id"].startswith(kind):
                told[row["verdict_id"]] = row["state"]
    assert len(told) > ROUNDS / 2
    assert set(told.values()) == {"current", "superseded", "withdrawn"}
    assert told == expected


def test_arguments_that_do_not_fit_an_incident_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_context", _opened(world.context))
    incident, known = f"incident:{world.ids['plain']}", f"deployment:{world.ids['plain-4']}"
    count = len(read_decisions(world.context.home.lake))
    with pytest.raises(ConfigurationError, match="no incident 'servicenow:0'"):
        _add("incident:servicenow:0", is_no_deployment=True)
    with pytest.raises(ConfigurationError, match="no deployment 'github:0'"):
        _add(incident, caused_by="deployment:github:0")
    with pytest.raises(ConfigurationError, match="write it as deployment:ID"):
        _add(incident, caused_by="github:0")
    with pytest.raises(ConfigurationError, match="Say one thing"):
        _add(incident)
    with pytest.raises(ConfigurationError, match="Say one thing"):
        _add(incident, caused_by=known, is_no_deployment=True)
    with pytest.raises(ConfigurationError, match="is no incident"):
        _add(known, is_no_deployment=True)
    with pytest.raises(ConfigurationError, match="judge a deployment"):
        command.add(incident, is_failed=True, reason="x", who=None, is_unchecked=False)
    with pytest.raises(ConfigurationError, match="--failed or --not-failed"):
        command.add(known, reason="x", who=None, is_unchecked=False)
    with pytest.raises(ConfigurationError, match="say in words why"):
        _add(incident, " ", caused_by=known)
    assert len(read_decisions(world.context.home.lake)) == count


def test_the_list_shows_judgements_of_both_kinds_with_their_state(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_context", _opened(world.context))
    shown: dict[str, str] = {}
    monkeypatch.setattr(
        command, "show_table", lambda _, rows: shown.update({row[0]: row[-1] for row in rows})
    )
    command.show()
    assert shown["attribution-1"] == "current"
    assert shown["attribution-7"] == "withdrawn"
    assert not [state for state in shown.values() if "pending" in state]
