"""What people say about the cause of an incident changes the next build's links and failures."""

import re
from datetime import date

import pytest

from orchestration.commands import verdict as command
from orchestration.errors import ConfigurationError
from tests.orchestration.judged import (
    ATTRIBUTED,
    ROUNDS,
    Judged,
    failed_versions,
    judge_incident,
    opened,
)
from transforms.decisions import endings, read_decisions
from transforms.published import Published


def _links(published: Published, incident: str) -> list[tuple[str, str, bool]]:
    rows = published.rows(
        "deployment_incidents", filters={"incident_id": incident}, order="deployment_id"
    )
    return [
        (row["deployment_id"], row["evidence"], row["is_confirmed"])
        for row in rows.iter_rows(named=True)
    ]


def test_without_judgements_the_records_decide(judged: Judged) -> None:
    assert failed_versions(judged.before, "confirmed") == []
    for service in ("plain", "moved", "rejected", "cleared", "both", "retracted"):
        assert failed_versions(judged.before, service) == ["V3"]


def test_a_confirmed_cause_is_a_failure_by_a_persons_verdict(judged: Judged) -> None:
    assert failed_versions(judged.after, "confirmed") == ["V4"]
    fact = judged.after.rows(
        "fct_deployments", filters={"deployment_id": judged.ids["confirmed-4"]}
    ).row(0, named=True)
    assert (fact["failure_evidence"], fact["failure_evidence_strength"]) == ("verdict", 1)
    assert (fact["incident_count"], fact["recovery_seconds"]) == (1, 3 * 3600)


def test_a_confirmation_beats_a_record_that_names_another_deployment(judged: Judged) -> None:
    assert failed_versions(judged.after, "moved") == ["V4"]
    assert _links(judged.after, judged.ids["moved"]) == [
        (judged.ids["moved-3"], "caused_by_change_request", False),
        (judged.ids["moved-4"], "verdict", True),
    ]


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ("rejected", "; a person rejected it: Seen in the logs"),
        ("cleared", "; a person judged that no deployment caused it: The provider failed"),
    ],
)
def test_a_rejected_record_stays_with_the_reason_and_fails_nothing(
    judged: Judged, service: str, told: str
) -> None:
    assert failed_versions(judged.after, service) == []
    assert _links(judged.after, judged.ids[service]) == [
        (judged.ids[f"{service}-3"], "caused_by_change_request", False)
    ]
    row = judged.after.rows("deployment_incidents", filters={"incident_id": judged.ids[service]})
    assert row["detail"][0].endswith(told)


def test_only_people_make_one_incident_the_failure_of_several_deployments(judged: Judged) -> None:
    assert failed_versions(judged.after, "both") == ["V3", "V4"]


def test_a_withdrawn_judgement_gives_the_record_its_word_back(judged: Judged) -> None:
    assert failed_versions(judged.after, "retracted") == ["V3"]
    states = judged.after.rows(
        "attribution_verdicts", filters={"incident_id": judged.ids["retracted"]}
    )["state"]
    assert states.to_list() == ["withdrawn"]


def test_a_judgement_on_a_second_record_counts_for_the_incident(judged: Judged) -> None:
    assert failed_versions(judged.after, "folded") == ["V4"]
    row = judged.after.rows(
        "attribution_verdicts", filters={"named_incident_id": judged.ids["copy"]}
    ).row(0, named=True)
    assert (row["incident_id"], row["change_event_id"]) == (
        judged.ids["folded"],
        judged.ids["folded-4"],
    )


def test_the_change_failure_rate_follows(judged: Judged) -> None:
    rates = {
        name: published.metric(
            "change_failure_rate",
            grain="month",
            scope="service",
            since=date(2026, 2, 1),
            until=date(2026, 3, 1),
        )
        for name, published in (("before", judged.before), ("after", judged.after))
    }
    failed = {
        name: dict(zip(rows["scope_id"], rows["numerator"], strict=True))
        for name, rows in rates.items()
    }
    assert [failed["before"][one] for one in ATTRIBUTED] == [1, 0, 1, 1, 1, 1, 1, 0]
    assert [failed["after"][one] for one in ATTRIBUTED] == [1, 1, 1, 0, 0, 2, 1, 1]


def test_a_build_as_of_before_knows_nothing_of_it(judged: Judged) -> None:
    assert judged.earlier.rows("attribution_verdicts").is_empty()
    assert failed_versions(judged.earlier, "rejected") == ["V3"]


def test_who_decided_is_published_as_a_pseudonym_only(judged: Judged) -> None:
    people = set(judged.after.rows("attribution_verdicts")["decided_by_id"])
    assert people
    assert all(re.fullmatch(r"[0-9a-f]{24}", one) for one in people)


def test_the_build_ends_decisions_by_the_same_rules_as_the_command(judged: Judged) -> None:
    """Hundreds of contradicting decisions: SQL and transforms.decisions agree on each."""
    decisions = read_decisions(judged.context.home.lake)
    ended = endings(decisions)
    expected = {}
    for one in decisions:
        by = ended.get(one.decision_id)
        state = "superseded" if by else "current"
        if one.verdict != "withdrawn":
            expected[one.decision_id] = "withdrawn" if by and by.verdict == "withdrawn" else state
    told = {}
    for table, kind in (("attribution_verdicts", "attribution"), ("verdicts", "verdict")):
        for row in judged.after.rows(table).iter_rows(named=True):
            if row["verdict_id"].startswith(kind):
                told[row["verdict_id"]] = row["state"]
    assert len(told) > ROUNDS / 2
    assert set(told.values()) == {"current", "superseded", "withdrawn"}
    assert told == expected


def test_arguments_that_do_not_fit_an_incident_are_refused(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_context", opened(judged.context))
    incident, known = f"incident:{judged.ids['plain']}", f"deployment:{judged.ids['plain-4']}"
    count = len(read_decisions(judged.context.home.lake))
    with pytest.raises(ConfigurationError, match="no incident 'servicenow:0'"):
        judge_incident("incident:servicenow:0", is_no_deployment=True)
    with pytest.raises(ConfigurationError, match="no deployment 'github:0'"):
        judge_incident(incident, caused_by="deployment:github:0")
    with pytest.raises(ConfigurationError, match="write it as deployment:ID"):
        judge_incident(incident, caused_by="github:0")
    with pytest.raises(ConfigurationError, match="Say one thing"):
        judge_incident(incident)
    with pytest.raises(ConfigurationError, match="Say one thing"):
        judge_incident(incident, caused_by=known, is_no_deployment=True)
    with pytest.raises(ConfigurationError, match="is no incident"):
        judge_incident(known, is_no_deployment=True)
    with pytest.raises(ConfigurationError, match="judge a deployment"):
        command.add(incident, is_failed=True, reason="x", who=None, is_unchecked=False)
    with pytest.raises(ConfigurationError, match="--failed or --not-failed"):
        command.add(known, reason="x", who=None, is_unchecked=False)
    with pytest.raises(ConfigurationError, match="say in words why"):
        judge_incident(incident, " ", caused_by=known)
    assert len(read_decisions(judged.context.home.lake)) == count


def test_the_list_shows_judgements_of_both_kinds_with_their_state(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_context", opened(judged.context))
    shown: dict[str, str] = {}
    monkeypatch.setattr(
        command, "show_table", lambda _, rows: shown.update({row[0]: row[-1] for row in rows})
    )
    command.show()
    assert shown["verdict-1"] == "current"
    assert shown["attribution-11"] == "current, pending until the next build"
    assert shown["attribution-17"] == "withdrawn, pending until the next build"
