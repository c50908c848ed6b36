"""The command risk: what it says of what waits, for people and for bots, and when it cannot."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.commands import risk as command
from orchestration.commands.risk import as_json, read_answer
from orchestration.errors import ConfigurationError, NothingToRead
from tests.dashboards.estate import make_estate, publish
from tests.orchestration.test_cli import leadline
from transforms.home import Home
from transforms.published import Published, open_published


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home whose build has a model, three open changes and three planned requests."""
    home = Home(root=tmp_path_factory.mktemp("risk"))
    publish(home.root, make_estate())
    return home


@pytest.fixture(scope="module")
def published(shown: Home) -> Published:
    return open_published(shown)


def of(published: Published, subject: str) -> dict[str, Any]:
    text = json.dumps(as_json(read_answer(published, subject)), default=command._text)
    answer: dict[str, Any] = json.loads(text)
    return answer


def changed(tmp_path: Path, sql: str) -> Published:
    """Return a build of which one statement changed the tables."""
    folder = publish(tmp_path, make_estate())
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(sql)
    return open_published(Home(root=tmp_path))


def test_a_person_sees_risk_probability_and_reasons(shown: Home) -> None:
    ended = leadline("risk", "change_request:CHG0001234", home=shown)
    assert (ended.returncode, ended.stderr.count("Traceback")) == (0, 0)
    flat = " ".join(ended.stdout.split())
    assert "payments-core" in flat
    assert "12 %" in flat
    assert "8 changes" in flat
    assert "odds 1.2 times the average" in flat
    told = " ".join(ended.stderr.split())
    assert "(planned change request, planned for 2026-11-24 09:00Z)" in told
    assert "held back 9 (39 %, likely 22 % to 59 %)." in told
    assert "1,000 deployments with a known outcome" in told
    assert "Association, not cause." in told
    assert "As of 2026-11-22 09:00Z" in told


def test_a_bot_reads_stable_keys(shown: Home) -> None:
    ended = leadline("risk", "change_request:servicenow:c1", "-f", "json", home=shown)
    assert ended.returncode == 0
    answer = json.loads(ended.stdout)
    assert list(answer) == [
        "schema_version", "build", "as_of", "subject_kind", "subject_id", "number", "title",
        "source_url", "planned_at", "risk", "services", "model",
    ]  # fmt: skip
    assert answer["planned_at"] == "2026-11-24T09:00:00Z"
    assert answer["as_of"] == "2026-11-22T09:00:00+00:00"
    (service,) = answer["services"]
    assert list(service) == [
        "service_id", "team_id", "risk", "likelihood", "impact", "likelihood_reason",
        "impact_reason", "probability", "percentile", "no_probability_reason", "why", "reasons",
    ]  # fmt: skip
    assert (service["probability"], service["no_probability_reason"]) == (0.12, None)
    assert service["reasons"][0]["feature"] == "batch_size"
    assert list(service["reasons"][0]) == [
        "feature", "title", "value", "unit", "contribution", "odds_ratio", "words",
    ]  # fmt: skip
    assert answer["model"]["is_used"] is True
    assert answer["model"]["evaluated_failed_count"] == 23
    assert answer["model"]["failed_count"] > 30


@pytest.mark.parametrize(
    "subject",
    ["change:github:acme/shop#7", "change:acme/shop#7", "acme/shop#7", "github:acme/shop#7"],
)
def test_an_id_and_a_number_mean_the_same(subject: str, published: Published) -> None:
    answer = of(published, subject)
    assert answer["subject_id"] == "github:acme/shop#7"
    assert [(one["service_id"], one["risk"]) for one in answer["services"]] == [
        ("web-shop", "high"),
        ("content", "moderate"),
    ]
    assert answer["risk"] == "high"


def test_reasons_are_those_of_the_service(published: Published) -> None:
    web, content = of(published, "change:acme/shop#7")["services"]
    values = {one["feature"]: one["value"] for one in content["reasons"]}
    assert values["pause"] is None
    assert "unknown, counted as average" in " ".join(one["words"] for one in content["reasons"])
    assert {one["feature"]: one["value"] for one in web["reasons"]}["failure_history"] == 0.31


def test_a_number_of_several_is_refused_with_the_choices(published: Published) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"give one of change_request:jira:c9, change_request:servicenow:c2\.",
    ):
        read_answer(published, "change_request:CHG0002000")
    assert of(published, "change_request:jira:c9")["services"][0]["service_id"] == "ledger"


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("change:acme/merged#1", "'acme/merged#1' was merged on 2026-11-22 09:00Z"),
        ("change:github:acme/closed#1", "was closed without a merge on"),
        ("acme/draft#1", "is a draft"),
        ("change:acme/alone#1", "belongs to no service"),
        ("change_request:CHG1", "is closed (successful)"),
        ("CHG2", "work started on 2026-11-22 09:00Z"),
        ("change_request:servicenow:CHG3", "names no service"),
        ("change_request:CHG4", "has no planned start"),
        ("change_request:CHG5", "has its planned start behind it"),
    ],
)
def test_what_waits_no_longer_says_why(subject: str, told: str, published: Published) -> None:
    with pytest.raises(NothingToRead, match=re.escape(told)):
        read_answer(published, subject)


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("change:nosuch", "There is no open change 'nosuch'"),
        ("change:acme/shop#x", "There is no open change"),
        ("change_request:acme/shop#7", "There is no planned change request"),
        ("nosuch", "no open change or planned change request 'nosuch'"),
        ("change:", "There is no open change"),
        ("deployment:github:login-1", "is deployed already"),
    ],
)
def test_an_unknown_subject_is_refused_with_a_remedy(
    subject: str, told: str, published: Published
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(told)) as refused:
        read_answer(published, subject)
    assert "leadline " in str(refused.value)


@pytest.mark.parametrize(("subject", "code"), [("change:nosuch", 2), ("acme/merged#1", 3)])
def test_the_exit_code_tells_unknown_from_done(subject: str, code: int, shown: Home) -> None:
    ended = leadline("risk", subject, home=shown)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert "Traceback" not in ended.stderr


def test_without_a_build_it_says_what_to_run(tmp_path: Path) -> None:
    ended = leadline("risk", "change:x", home=Home(root=tmp_path))
    assert ended.returncode == 3
    assert "run `leadline run` or `leadline demo`" in ended.stderr


def test_a_model_that_is_not_used_gives_no_probability(tmp_path: Path) -> None:
    published = changed(
        tmp_path, "update v1.risk_model_card set is_used = false, reason = 'no better; rules'"
    )
    answer = of(published, "CHG0001234")
    (service,) = answer["services"]
    assert (service["probability"], service["percentile"], service["reasons"]) == (None, None, [])
    assert service["no_probability_reason"] == "no better"
    assert answer["model"]["state"] == "fitted"
    assert service["risk"] == "high"
    assert service["why"] == "outside working hours; the service is of tier 1"


def test_a_build_from_before_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(tmp_path, "drop table v1.risk_scores")
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path))
    with pytest.raises(NothingToRead, match="run `leadline build`"):
        command.risk("change:x", output="table")
