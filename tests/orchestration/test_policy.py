"""The policy on the command line, and which build was the first to use one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestration.commands import policy as command
from orchestration.errors import ConfigurationError
from orchestration.lake import Lake
from orchestration.lake_run import BulkPage
from orchestration.policy import policy_digest, policy_records, records_digest
from orchestration.policy.readiness import ReadinessItem
from orchestration.policy.reading import read_policy
from orchestration.policy_use import note_policy
from orchestration.run import Context
from orchestration.settings import Environment
from transforms.decisions import read_decisions
from transforms.home import Home

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = """thresholds:
  review_due_hours: {value: 48, reason: Weeks are short}
reviews:
  emergency: {clock: business_hours, due_hours: 16}
  tier_1_release: {is_required: false}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A policy, and a lake that was read with it."""
    place = tmp_path / "policy.yml"
    place.write_text(POLICY)
    home = Home(root=tmp_path / "data")
    context = Context(home=home, environment=Environment(), clock=lambda: NOON)
    opened: Callable[[], Context] = lambda: context  # noqa: E731
    monkeypatch.setattr(command, "open_context", opened)
    _read(home, place, at=NOON)
    return place


def _read(home: Home, file: Path, *, at: datetime) -> None:
    lake = Lake(home.lake)
    organisation = {"record_type": "organisation", "name": "Acme", "report_timezone": "UTC"}
    lake.write_catalogue([organisation, *policy_records(read_policy(file))], read_at=at)
    page = BulkPage(body=b'{"sha": "a"}', row_count=1, read_at=at)
    lake.append_bulk("github", "commits", kind="github", pages=[page], read_at=at)


def _home(file: Path) -> Home:
    return Home(root=file.parent / "data")


def test_a_threshold_that_holds_from_a_later_day_on_is_told_beside_the_one_that_holds(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(
        "thresholds:\n  review_due_hours: {value: 48, reason: Short, effective_from: 2027-01-01}\n"
    )
    command.show(file, is_json=True)
    rows = json.loads(capsys.readouterr().out)["thresholds"]
    (told,) = [row for row in rows if row["threshold"] == "review_due_hours"]
    assert (told["value"], told["origin"]) == (
        "72", "standard, by policy 48 from 2027-01-01 on",
    )  # fmt: skip


def test_only_an_item_that_a_measure_judges_is_passed_by_urgent_work() -> None:
    asked = {"title": "A", "judged_by": "sign_off", "urgent_work_passes": True}
    with pytest.raises(ValidationError, match="judged by a measure"):
        ReadinessItem.model_validate(asked)


def test_a_policy_that_can_be_used_is_named_by_its_digest(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.check(file)
    told = " ".join(capsys.readouterr().err.split())
    assert "3 setting(s)" in told
    assert policy_digest(read_policy(file)) in told.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reviews:\n  sometimes: {clock: calendar}\n", "reviews"),
        ("reviews:\n  failed: {clock: lunar}\n", "reviews"),
        ("reviews:\n  failed: {due_hours: 0}\n", "reviews"),
        ("thresholds:\n  nothing: {value: 1, reason: Why}\n", "nothing"),
        ("freeze: 1\n", "freeze"),
    ],
)
def test_a_policy_that_cannot_be_used_names_the_setting(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        command.check(file)


def test_a_policy_that_is_not_there_cannot_be_checked_and_is_shown_as_defaults(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = file.with_name("other.yml")
    with pytest.raises(ConfigurationError, match="everything is Leadline's default"):
        command.check(missing)
    command.show(missing, is_json=False)
    assert "everything is Leadline's default" in " ".join(capsys.readouterr().err.split())


def test_a_threshold_of_the_policy_is_shown_with_its_reason_and_the_default(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.show(file, is_json=True)
    told = json.loads(capsys.readouterr().out)
    found = {row["threshold"]: row for row in told["thresholds"]}
    assert found["review_due_hours"]["value"] == "48"
    assert found["review_due_hours"]["origin"] == "policy, instead of 72"
    assert found["review_due_hours"]["reference"] == "Weeks are short"
    assert found["review_severity_max"]["origin"] == "house"
    assert told["settings"]["reviews.tier_1_release"]["is_required"] is False
    assert told["digest"] == f"sha256:{policy_digest(read_policy(file))}"


def test_a_difference_is_told_by_section_and_key(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.diff(file)
    assert "Nothing changes" in capsys.readouterr().err
    file.write_text(POLICY.replace("48", "24").replace("tier_1_release", "data_loss"))
    former = list(policy_records(read_policy(file)))
    file.write_text(POLICY)
    rows = command.differences(former, policy_records(read_policy(file)))
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("reviews", "data_loss", "removed"),
        ("reviews", "tier_1_release", "added"),
        ("thresholds", "review_due_hours", "changed"),
    ]


def test_a_digest_does_not_depend_on_the_order_of_settings(file: Path) -> None:
    records = list(policy_records(read_policy(file)))
    assert records_digest(records) == records_digest(reversed(records))
    assert records_digest(records) == policy_digest(read_policy(file))


def test_the_first_build_with_a_policy_notes_it_and_the_next_one_only_a_change(
    file: Path,
) -> None:
    home = _home(file)
    first = note_policy(home, as_of=NOON, build_id="b1", now=NOON)
    assert first is not None
    assert first.verdict == f"used {policy_digest(read_policy(file))}"
    assert json.loads(first.reason) == {
        "build_id": "b1", "former_digest": None, "entries": {"reviews": 2, "thresholds": 1},
    }  # fmt: skip
    assert note_policy(home, as_of=NOON, build_id="b2", now=NOON) is None
    later = NOON + timedelta(hours=1)
    file.write_text(POLICY.replace("48", "24"))
    _read(home, file, at=later)
    assert note_policy(home, as_of=NOON, build_id="b3", now=later) is None
    changed = note_policy(home, as_of=later, build_id="b4", now=later)
    assert changed is not None
    assert json.loads(changed.reason)["former_digest"] == first.verdict.removeprefix("used ")
    assert [one.kind for one in read_decisions(home.lake)] == ["policy", "policy"]


def test_a_company_without_a_policy_notes_nothing(file: Path) -> None:
    file.write_text("")
    home = Home(root=file.parent / "bare")
    _read(home, file, at=NOON)
    assert note_policy(home, as_of=NOON, build_id="b1", now=NOON) is None
    assert read_decisions(home.lake) == []
