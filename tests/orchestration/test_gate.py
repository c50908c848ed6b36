"""The gate answers pipelines: one verdict, kept as it is, and never open by default."""

import json
import os
import re
import resource
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._test_formats import decode_report
from orchestration.commands import gate as command
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from orchestration.gate.formats import COMMENT_LIMIT, as_junit, as_markdown, as_sarif
from orchestration.gate.retained import build_at
from tests.checkout import ROOT
from tests.orchestration.gated import (
    LIFTED,
    READ_AT,
    SILENT,
    point_at,
    publish_as,
    write_manifest,
)
from tests.transforms.estate import at
from tests.transforms.gates import STARTS, digest
from transforms.decisions import decisions_file, read_decisions
from transforms.home import Home
from transforms.judgements import (
    WORST_FIRST,
    Candidate,
    Judgement,
    LateSource,
    Limit,
    Rule,
    lateness,
    together,
)
from transforms.judging import judge
from transforms.published import Build, Published, open_published

NOW = READ_AT + timedelta(hours=1)
INSTANT = datetime(2026, 4, 8, 1)  # noqa: DTZ001


@pytest.fixture(scope="session")
def home(gated: Home) -> Home:
    return gated


def ask(home: Home, service: str = "pay", artifact: str = digest("6"), **how: Any) -> int:
    """Ask the gate an hour after the sources were read."""
    settings = {"environment": "production", "now": NOW, "who": "ci", **how}
    return command.gate(service=service, digest=artifact, home=home, **settings)


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the JSON that was written last."""
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def rule(control: str = "tests", verdict: str = "pass", **fields: Any) -> Rule:
    """Return a required rule with a verdict."""
    values: dict[str, Any] = {
        "control_id": control, "title": control.title(), "gate": "required", "severity": "high",
        "verdict": verdict, "underlying_verdict": verdict, "reason_code": "why",
        "reason": "It is so.", "evidence": ("pipeline_jobs:github:1",), "value": 0.5,
        "threshold": 1.0, "limits": (), "exemption_id": None, "data_read_at": INSTANT,
    }  # fmt: skip
    return Rule(**values | fields)


def judgement(*rules: Rule, late: tuple[LateSource, ...] = ()) -> Judgement:
    """Return a judgement of rules on one candidate."""
    return Judgement(
        candidate=Candidate("pay", digest("1"), "production", INSTANT, "c" * 40, "1.4.2", 1),
        build_id="b1",
        build_as_of=READ_AT,
        rules=rules,
        late_sources=late,
    )


def test_the_gate_is_open_when_every_required_rule_passes(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(home) == 0
    said = capsys.readouterr().out
    assert said.startswith("The gate is open for pay")
    assert "Gate coverage: pass" in said


@pytest.mark.parametrize("number", [2, 5])
def test_the_gate_was_shut_for_the_two_that_went_around_it(
    home: Home, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    code = ask(home, artifact=digest(str(number)), at=STARTS[number], output="json")
    assert code == 1
    document = told(capsys)
    assert document["verdict"] == "fail"
    assert [one["control_id"] for one in document["rules"] if one["verdict"] == "fail"] == [
        "gate_coverage"
    ]


@pytest.mark.parametrize("number", [1, 3, 4, 6])
def test_the_gate_was_open_for_the_four_others(home: Home, number: int) -> None:
    assert ask(home, artifact=digest(str(number)), at=STARTS[number]) == 0


def test_each_rule_says_why_on_what_and_who_set_its_limits(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(home, artifact=digest("2"), output="json")
    document = told(capsys)
    (coverage,) = (one for one in document["rules"] if one["control_id"] == "gate_coverage")
    assert coverage["reason"].startswith("4 of 5 required gates passed before the start: sast")
    assert coverage["evidence"]
    assert (coverage["value"], coverage["threshold"]) == (0.8, 1)
    limits = {one["key"]: one for one in coverage["limits"]}
    assert limits["gate_coverage_ratio_min"]["source_tag"] == "house"
    assert coverage["data_read_at"] == "2026-04-08T00:00:00Z"
    assert coverage["data_age_seconds"] == 3600


def test_a_required_rule_without_data_keeps_the_gate_shut(home: Home) -> None:
    assert ask(home, "silent", SILENT) == 3


def test_an_exemption_opens_the_gate_and_leaves_the_verdict_beside(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(home, "lifted", LIFTED, output="json") == 0
    document = told(capsys)
    (coverage,) = (one for one in document["rules"] if one["control_id"] == "gate_coverage")
    assert (coverage["verdict"], coverage["underlying_verdict"]) == ("exempt", "fail")
    assert coverage["exemption_id"] == "exemption-3"


def test_an_exemption_that_has_expired_opens_nothing(home: Home) -> None:
    assert ask(home, "lifted", LIFTED, now=READ_AT + timedelta(hours=19)) == 1


def test_old_source_data_keeps_the_gate_shut_whatever_the_rules_say(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    late = READ_AT + timedelta(days=3)
    assert ask(home, now=late, output="json") == 4
    document = told(capsys)
    assert [one["source"] for one in document["late_sources"]] == ["files", "github", "servicenow"]
    assert any("leadline sync" in note for note in document["notes"])


def test_an_artifact_that_nobody_knows_is_not_let_through(home: Home) -> None:
    assert ask(home, artifact=digest("0")) != 0


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"service": "nothing"}, "No service is called 'nothing'; known are: "),
        ({"environment": "moon"}, "No environment is called 'moon'; known are: "),
        ({"artifact": "latest"}, "is no digest"),
    ],
)
def test_what_names_nothing_is_wrong_use(home: Home, asked: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(says)) as caught:
        ask(home, **asked)
    assert caught.value.exit_code == 2


def test_without_a_published_build_there_is_nothing_to_judge_by(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead) as caught:
        ask(Home(root=tmp_path))
    assert caught.value.exit_code == 3


def test_a_dry_run_ends_with_0_and_keeps_the_true_verdict(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(home, artifact=digest("2"), is_dry_run=True) == 0
    assert "would end with 1" in capsys.readouterr().err
    kept = read_decisions(home.lake)[-1]
    details = json.loads(kept.reason)
    assert (kept.kind, kept.verdict, kept.who) == ("gate", "fail", "ci")
    assert (details["exit_code"], details["is_dry_run"]) == (1, True)
    assert details["failing_controls"] == ["gate_coverage"]


def test_the_history_shows_the_newest_verdict_first(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(home, artifact=digest("2"))
    ask(home, artifact=digest("6"))
    capsys.readouterr()
    command.history(service="pay", limit=2, is_json=True, home=home)
    found = json.loads(capsys.readouterr().out)
    assert [one["verdict"] for one in found] == ["pass", "fail"]
    assert [one["artifact_key"] for one in found] == [digest("6"), digest("2")]


def test_a_build_publishes_what_the_gate_had_said(home: Home) -> None:
    (row,) = open_published(home).rows("gate_verdicts").iter_rows(named=True)
    assert (row["service_id"], row["verdict"], row["exit_code"]) == ("silent", "no_data", 3)
    assert (row["is_dry_run"], row["failing_controls"]) == (True, ["gate_coverage"])
    assert row["asked_by_id"] != "ci"


def test_a_verdict_that_cannot_be_kept_is_not_given(home: Home, tmp_path: Path) -> None:
    altered = Home(root=tmp_path)
    publish_as(altered, "b1", of=home, built_at=READ_AT)
    decisions_file(altered.lake).parent.mkdir(parents=True)
    decisions_file(altered.lake).write_text("{}\n", encoding="utf-8")
    with pytest.raises(LeadlineError, match="not what was written"):
        ask(altered)


def _builds(root: Path, *instants: str, hidden: str = "") -> Home:
    home = Home(root=root)
    for instant in (*instants, hidden):
        if instant:
            folder = home.builds / re.sub(r"\D", "", instant)
            folder.mkdir(parents=True)
            write_manifest(folder, built_at=at(instant), moves_current=instant != hidden)
    point_at(home, re.sub(r"\D", "", instants[-1]))
    return home


def test_an_instant_is_judged_by_the_build_that_readers_saw_then(tmp_path: Path) -> None:
    days = ("2026-04-01 00:00", "2026-04-02 00:00", "2026-04-03 00:00")
    home = _builds(tmp_path, *days, hidden="2026-04-02 12:00")
    chosen = {text: build_at(home, at(text)) for text in ("2026-04-02 18:00", "2026-03-01 00:00")}
    build, is_later = chosen["2026-04-02 18:00"]
    assert (build.built_at, is_later) == (at("2026-04-02 00:00"), False)
    build, is_later = chosen["2026-03-01 00:00"]
    assert (build.built_at, is_later) == (at("2026-04-01 00:00"), True)
    assert build_at(home, None)[0].built_at == at("2026-04-03 00:00")


def test_a_judgement_by_a_later_build_says_so(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(home, at=STARTS[6], output="json")
    assert any("No build of that time is retained" in note for note in told(capsys)["notes"])


@given(
    st.lists(st.tuples(st.sampled_from([*WORST_FIRST, "unheard_of"]), st.booleans()), max_size=6)
)
def test_the_gate_never_opens_while_a_required_rule_fails_or_cannot_tell(
    said: list[tuple[str, bool]],
) -> None:
    rules = [
        rule(f"c{at}", verdict, gate="required" if is_required else "advisory")
        for at, (verdict, is_required) in enumerate(said)
    ]
    code = judgement(*rules).exit_code
    required = [one.verdict for one in rules if one.is_required]
    lets = {"pass", "warn", "exempt", "not_applicable"}
    has_pass = bool(set(required) & {"pass", "warn", "exempt"})
    assert (code == 0) == (has_pass and set(required) <= lets)


def test_an_advisory_rule_warns_and_never_shuts() -> None:
    assert together([rule(), rule("advice", "fail", gate="advisory")]) == "warn"
    assert together([rule("advice", "pass", gate="advisory")]) == "no_data"


def test_a_source_that_was_never_read_whole_is_late() -> None:
    rows: list[dict[str, object]] = [
        {"source": "jira", "last_success_at": None, "expected_lag_seconds": 3600.0},
        {"source": "git", "last_success_at": INSTANT, "expected_lag_seconds": 3600.0},
    ]
    assert [one.source for one in lateness(rows, at=INSTANT)] == ["jira"]


def test_the_junit_report_is_read_by_our_own_connector() -> None:
    text = as_junit(
        judgement(
            rule("good"), rule("bad", "fail"), rule("silent", "no_data"), rule("off", "exempt"),
            rule("advice", "fail", gate="advisory"),
            late=(LateSource("jira", None, 26),),
        )
    )  # fmt: skip
    report = decode_report(text.encode(), report_file="gate.xml")
    statuses = {case["name"]: case["status"] for case in report.cases}
    assert statuses == {
        "jira": "error", "good": "passed", "bad": "failed", "silent": "error", "off": "skipped",
        "advice": "skipped",
    }  # fmt: skip
    assert report.cases[0]["properties"]["commit_sha"] == "c" * 40


def test_control_characters_of_sources_leave_the_junit_report_well_formed() -> None:
    text = as_junit(judgement(rule("bad", "fail", reason="CHG1 \x1b[31m\x00 is \x08 late.")))
    report = decode_report(text.encode(), report_file="gate.xml")
    assert [case["status"] for case in report.cases] == ["failed"]


def silent_build() -> Published:
    """Return a build whose two controls answer nothing."""
    connection = duckdb.connect()
    connection.execute(
        """
        create schema v1;
        create table v1.control_definitions as
        select
            gate as control_id, gate as title, gate, 'control_' || gate as table_name,
            'high' as severity, []::varchar[] as threshold_keys, 'deployment' as subject_type
        from (values ('required'), ('advisory')) as told(gate);
        create table v1.thresholds (threshold_key varchar);
        create table v1.exemptions (granted_at timestamp);
        create table v1.source_health (
            kind varchar, source varchar, last_success_at timestamp, expected_lag_seconds double
        );
        """
    )
    for name in ("required", "advisory"):
        connection.execute(
            f"create macro v1.control_{name}_at(service, digest, environment, instant) as table "
            "select null as verdict where false"
        )
    build = SimpleNamespace(build_id="b1", as_of=NOW, sample_data=False)
    return Published(build=cast(Build, build), connection=connection)


def test_a_required_control_that_answers_nothing_keeps_the_gate_shut() -> None:
    asked = Candidate(service_id="pay", digest="x", environment_id="production", at=INSTANT)
    said = judge(silent_build(), asked)
    verdicts = {one.control_id: one.verdict for one in said.rules}
    assert verdicts == {"required": "no_data", "advisory": "not_applicable"}
    assert said.exit_code == 3


def test_where_the_machine_has_no_name_for_its_user_the_gate_asks_for_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", unknown)
    with pytest.raises(ConfigurationError, match="give --by NAME"):
        ask(home, who=None)


def test_sarif_levels_are_those_that_the_format_allows() -> None:
    limit = Limit("a_min", 1, "ratio", "A", "house", "Leadline's default", "team:release")
    document = json.loads(
        as_sarif(
            judgement(
                rule("good"), rule("bad", "fail", limits=(limit,)), rule("silent", "no_data"),
                rule("off", "exempt", exemption_id="exemption-1"),
            )
        )
    )  # fmt: skip
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    for at_, result in enumerate(run["results"]):
        assert result["ruleIndex"] == at_
        assert run["tool"]["driver"]["rules"][at_]["id"] == result["ruleId"]
        assert (result["kind"] == "fail") == (result["level"] != "none")
        assert result["message"]["text"]
    kinds = {one["ruleId"]: one["kind"] for one in run["results"]}
    assert kinds == {"good": "pass", "bad": "fail", "silent": "open", "off": "fail"}
    assert run["results"][3]["suppressions"][0]["justification"] == "exemption-1"
    assert run["invocations"][0]["exitCode"] == 1


def test_sarif_is_valid_by_models_made_from_the_schema_of_the_format() -> None:
    reason = "pydantic-sarif is not installed"
    schema = pytest.importorskip("pydantic_sarif.model", reason=reason)
    limit = Limit("a_min", 1, "ratio", "A", "house", "Leadline's default", "team:release")
    text = as_sarif(
        judgement(
            rule(), rule("bad", "fail", limits=(limit,)), rule("off", "exempt", exemption_id="e-1"),
            rule("silent", "no_data", data_read_at=None),
            late=(LateSource("jira", None, 26),),
        )
    )  # fmt: skip
    whole = schema.StaticAnalysisResultsFormatSarifVersion210JsonSchema
    whole.model_validate(json.loads(text))
    with pytest.raises(ValueError, match="level"):
        whole.model_validate(json.loads(text.replace('"level": "error"', '"level": "shout"')))


def test_markdown_shows_text_of_sources_as_text_and_fits_a_comment() -> None:
    hostile = "<img src=x> @everyone | `x` [a](javascript:1) " * 40
    rules = [rule(f"c{at}", "fail", reason=hostile) for at in range(300)]
    text = as_markdown(judgement(*rules))
    assert len(text) <= COMMENT_LIMIT
    body = text.split("\n", 1)[1]
    assert "<img" not in body
    assert "@everyone" not in body
    assert "](javascript" not in body
    table = [line for line in text.splitlines() if line.startswith("| ✗")]
    assert {line.count("|") for line in table} == {7}


def test_what_keeps_the_gate_shut_stands_first_and_says_since_when_it_is_known() -> None:
    later = INSTANT + timedelta(hours=1)
    rules = (rule("a", "exempt"), rule("b", "no_data", data_read_at=later), rule("c", "fail"))
    table = [line for line in as_markdown(judgement(*rules)).splitlines() if line[:3] != "| |"]
    cells = [line.split(" | ") for line in table if line.startswith("| ") and "Rule" not in line]
    assert [line[1] for line in cells] == ["C", "B", "A"]
    assert [line[5].strip(" |") for line in cells] == ["0.0 h old", "read afterwards", "0.0 h old"]


def test_asking_imports_nothing_that_a_pipeline_would_wait_for() -> None:
    heavy = {"dagster", "dbt", "pandas", "streamlit", "great_expectations", "plotly", "rich",
             "polars", "pyarrow"}  # fmt: skip
    code = (
        "import sys; import orchestration.cli, orchestration.commands.gate;"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_pipeline_waits_for_less_than_a_second_and_a_half(home: Home) -> None:
    """Counted in seconds of the processor, which do not depend on what else it does."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "gate", "--service", "pay", "--digest",
         digest("6"), "--dry-run"],
        cwd=ROOT, env={**os.environ, "LEADLINE_HOME": str(home.root)}, check=True,
        capture_output=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.5
