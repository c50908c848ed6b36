"""Exemptions on the command line: a reason, an end, and a second person who is no author."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.commands import audit_log
from orchestration.commands import exemption as command
from orchestration.decision_heads import verify_log
from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.exemptions import exemptions_of
from orchestration.keys import pseudonym, pseudonym_key
from orchestration.run import Context
from orchestration.settings import Environment
from transforms.decisions import read_decisions
from transforms.home import Home

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUILD = "20261122T090000Z-0000aaaa"


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A published build with one deployment that ada wrote, and approvers of exemptions."""
    home = Home(root=tmp_path)
    context = Context(home=home, environment=Environment(), clock=lambda: NOON)
    key = pseudonym_key(home, environment=context.environment)
    people = {name: pseudonym(name, key=key) for name in
              ("ada", "ada@example.org", "grace", "linus", "mary")}  # fmt: skip
    folder = home.published / "builds" / BUILD
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create schema v1")
        for name, columns, rows in (
            ("services", "service_id varchar", [["checkout"]]),
            ("fct_deployments", "deployment_id varchar, actor_id varchar, commit_sha varchar",
             [["github:1", people["linus"], "abc"]]),
            ("fct_commits", "deployment_id varchar, commit_sha varchar", [["github:1", "abc"]]),
            ("change_requests", "change_request_id varchar, requester_id varchar",
             [["servicenow:chg-1", people["linus"]]]),
            ("commits", "commit_sha varchar, author_id varchar", [["abc", people["ada"]]]),
            ("identity_aliases", "alias_id varchar, person_id varchar",
             [[people["ada@example.org"], people["ada"]]]),
            ("approver_roles", "role_name varchar, person_id varchar, held_to_at timestamp",
             [["exemption", people[name], None] for name in ("grace", "mary", "ada", "linus")]),
            ("thresholds", "threshold_key varchar, value double",
             [["exemption_hours_max", 8], ["exemption_approvers_min", 1]]),
        ):  # fmt: skip
            connection.execute(f"create table v1.{name} ({columns})")
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into v1.{name} values ({marks})", rows)
    manifest = {
        "build_id": BUILD, "built_at": "2026-11-22T09:02:00.000000Z",
        "as_of": "2026-11-22T09:00:00.000000Z", "sample_data": False, "code_version": "0.1.0",
        "definition_version": "1.0.0", "report_timezone": "UTC", "fingerprint": "0000",
        "tables": {}, "audit": {"passed": 1, "warned": 0, "blocked": 0}, "previous_build": None,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "audit.json").write_text("[]")
    (home.published / "current").symlink_to(Path("builds") / BUILD)
    _use(context, monkeypatch)
    return context


def _use(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: Callable[[], Context] = lambda: context  # noqa: E731
    monkeypatch.setattr(command, "open_context", opened)
    monkeypatch.setattr(audit_log, "open_context", opened)


def _add(subject: str = "deployment:github:1", **changed: object) -> None:
    given: dict[str, object] = {
        "controls": ["freeze_violations"], "hours": 4.0, "until": None,
        "reason": "A hole is being closed", "incident": "INC0042", "who": "grace",
        "is_unchecked": False,
    }  # fmt: skip
    command.add(subject, **(given | changed))  # type: ignore[arg-type]


def _only(context: Context) -> str:
    [one] = exemptions_of(read_decisions(context.home.lake))
    return one.state(NOON, approvers_needed=1)


def test_an_exemption_lifts_nothing_before_a_second_person_has_approved_it(
    context: Context,
) -> None:
    _add()
    assert _only(context) == "pending"
    command.approve("exemption-1", who="mary", is_unchecked=False)
    assert _only(context) == "live"
    [granted] = exemptions_of(read_decisions(context.home.lake))
    assert granted.expires_at == NOON + timedelta(hours=4)
    assert (granted.control_ids, granted.subject) == (("freeze_violations",), "deployment:github:1")
    assert (granted.incident_id, granted.approvers) == ("INC0042", ("mary",))


def test_who_granted_cannot_approve(context: Context) -> None:
    _add()
    with pytest.raises(ConfigurationError, match="granted exemption-1 and cannot approve"):
        command.approve("exemption-1", who="grace", is_unchecked=False)
    assert _only(context) == "pending"


def test_one_person_approves_once(context: Context) -> None:
    _add()
    command.approve("exemption-1", who="mary", is_unchecked=False)
    with pytest.raises(ConfigurationError, match="has approved exemption-1 already"):
        command.approve("exemption-1", who="mary", is_unchecked=False)


@pytest.mark.parametrize("author", ["ada", "ada@example.org", "linus"])
def test_who_wrote_or_made_a_deployment_neither_grants_nor_approves(
    context: Context, author: str
) -> None:
    with pytest.raises(ConfigurationError, match="cannot grant an exemption"):
        _add(who=author)
    _add()
    with pytest.raises(ConfigurationError, match="cannot approve an exemption"):
        command.approve("exemption-1", who=author, is_unchecked=False)
    assert _only(context) == "pending"


def test_who_asked_for_a_change_request_does_not_exempt_it(context: Context) -> None:
    with pytest.raises(ConfigurationError, match="cannot grant an exemption"):
        _add("change_request:servicenow:chg-1", who="linus")
    _add("change_request:servicenow:chg-1")
    with pytest.raises(ConfigurationError, match="cannot approve an exemption"):
        command.approve("exemption-1", who="linus", is_unchecked=False)


def test_who_is_not_among_the_approvers_of_the_policy_approves_nothing(context: Context) -> None:
    _add()
    with pytest.raises(ConfigurationError, match="not among the approvers"):
        command.approve("exemption-1", who="stranger", is_unchecked=False)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hours": None}, "either --hours or --until"),
        ({"until": NOON + timedelta(hours=1)}, "either --hours or --until"),
        ({"hours": 0.0}, "ends in the future"),
        ({"hours": None, "until": NOON}, "ends in the future"),
        ({"hours": 8.01}, "holds 8 hours at most"),
        ({"hours": float("inf")}, "holds 8 hours at most"),
        ({"hours": float("nan")}, "ends in the future"),
        ({"reason": "  "}, "--reason is empty"),
        ({"controls": []}, "at least one --control"),
        (
            {"controls": ["freeze_violation"]},
            "'freeze_violation'; nearest is freeze_viol",
        ),
        ({"controls": ["zzz"]}, "no control 'zzz'; known are: approval_path, artifact_"),
        ({"controls": ["zzz"], "is_unchecked": True}, "There is no control 'zzz'"),
    ],
)
def test_what_an_exemption_needs_is_refused_without_it(
    context: Context, changed: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        _add(**changed)  # type: ignore[arg-type]
    assert read_decisions(context.home.lake) == []


@pytest.mark.parametrize("subject", ["checkout", "person:ada", "deployment:", "deployment:other",
                                     "service:other"])  # fmt: skip
def test_a_subject_that_is_not_known_is_refused(context: Context, subject: str) -> None:
    with pytest.raises(ConfigurationError):
        _add(subject)


def test_one_may_lift_every_control_of_a_service_and_subjects_may_be_kept_unchecked(
    context: Context,
) -> None:
    _add("service:checkout", controls=["all"])
    _add("service:not-built-yet", controls=["supply_chain"], is_unchecked=True)
    first, second = exemptions_of(read_decisions(context.home.lake))
    assert (first.control_ids, first.subject) == (("*",), "service:checkout")
    assert (second.control_ids, second.subject) == (("supply_chain",), "service:not-built-yet")


def test_a_revoked_exemption_ends_now_and_is_neither_approved_nor_revoked_again(
    context: Context,
) -> None:
    _add()
    command.revoke("exemption-1", reason="The freeze is over", who="mary")
    assert _only(context) == "withdrawn"
    with pytest.raises(ConfigurationError, match="is withdrawn"):
        command.approve("exemption-1", who="mary", is_unchecked=False)
    with pytest.raises(ConfigurationError, match="is withdrawn"):
        command.revoke("exemption-1", reason="Again", who="mary")


def test_an_expired_exemption_is_not_approved(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add()
    later = NOON + timedelta(hours=4)
    _use(replace(context, clock=lambda: later), monkeypatch)
    with pytest.raises(ConfigurationError, match="is expired"):
        command.approve("exemption-1", who="mary", is_unchecked=False)


def test_an_id_that_nobody_granted_is_told(context: Context) -> None:
    with pytest.raises(ConfigurationError, match="There is no exemption 'exemption-9'"):
        command.revoke("exemption-9", reason="Because", who="mary")


def test_the_list_says_what_the_next_build_must_know(
    context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    command.show()
    assert "No exemption was granted yet" in capsys.readouterr().err
    _add()
    command.show()
    told = " ".join(capsys.readouterr().out.split())
    assert "exemption-1" in told
    assert "A hole is being closed" in told
    assert "not built in yet" in told


def test_the_audit_log_shows_and_proves_grants_and_approvals(
    context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    _add()
    command.approve("exemption-1", who="mary", is_unchecked=False)
    capsys.readouterr()
    audit_log.show(kind="exemption_approval", limit=10, is_json=True)
    [entry] = json.loads(capsys.readouterr().out)
    assert (entry["who"], entry["what"]) == ("mary", "approved")
    assert entry["subject"] == "exemption:exemption-1"
    assert verify_log(context.home)[0] == 2


def test_without_a_build_an_exemption_is_kept_unchecked_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Context(
        home=Home(root=tmp_path / "empty"), environment=Environment(), clock=lambda: NOON
    )
    _use(empty, monkeypatch)
    with pytest.raises(NothingToRead, match="give --unchecked"):
        _add()
    with pytest.raises(ConfigurationError, match="holds 24 hours at most"):
        _add(is_unchecked=True, hours=25.0)
    _add(is_unchecked=True)
    assert _only(empty) == "pending"
