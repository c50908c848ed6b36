"""Names in policy.yml that nothing has are refused, and its schema lets editors complete them."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from data.sandbox.policy import policy as sample_policy
from orchestration.cli import app
from orchestration.errors import ConfigurationError
from orchestration.policy import Policy
from orchestration.policy.reading import read_policy
from orchestration.schema import POLICY_SCHEMA_FILE, policy_schema, render_policy_schema
from orchestration.versions import TRANSFORMS

SCHEMA = policy_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
ITEM = "title: Scanned, judged_by: control"
POLICY = """\
thresholds:
  review_due_hours: {value: 48, reason: Weeks are short, effective_from: 2026-01-01}
controls:
  supply_chain: {gate: advisory, reason: No scanner yet}
calendar:
  inventory: {kind: freeze, starts_at: 2026-12-20T00:00:00+01:00, ends_at: 2026-12-24T00:00:00Z}
  nights: {kind: freeze, hours: 08:00-17:00, days: [mon, tue]}
readiness:
  scanned: {title: Scanned, judged_by: control, control: supply_chain, tiers: [1]}
provenance:
  "*": {builders: [{id: "https://builder.test", level: 3}]}
vendors:
reviews:
  tier_1_release: {is_required: false}
"""


def _problems(text: str) -> list[str]:
    """Return what an editor would mark; it takes days and instants as the text that they are."""
    document = json.loads(json.dumps(yaml.safe_load(text), default=lambda one: one.isoformat()))
    return [error.message for error in VALIDATOR.iter_errors(document)]


def _refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "policy.yml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as told:
        read_policy(file)
    return str(told.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "controls:\n  supply_chian: {gate: none, reason: Why}\n",
            "policy.yml line 2: controls.supply_chian is unknown; nearest is supply_chain.",
        ),
        (
            "controls:\n  control_supply_chain: {gate: none, reason: Why}\n",
            "policy.yml line 2: controls.control_supply_chain is unknown; nearest is supply_chain.",
        ),
        (
            "vendors:\nthresholds:\n  reveiw_due_hours: {value: 1, reason: Why}\n",
            "policy.yml line 3: thresholds.reveiw_due_hours is unknown; "
            "nearest is review_due_hours.",
        ),
        (
            f"readiness:\n  scanned: {{{ITEM}, control: supplychain}}\n",
            "policy.yml line 2: readiness.scanned.control is unknown; nearest is supply_chain.",
        ),
    ],
    ids=["control", "its table", "threshold", "readiness"],
)
def test_a_name_that_nothing_has_is_refused_with_line_and_nearest_name(
    tmp_path: Path, text: str, said: str
) -> None:
    assert _refused(tmp_path, text) == said
    assert _problems(text) != []


def test_a_name_like_no_other_is_refused_with_every_name_there_is(tmp_path: Path) -> None:
    told = _refused(tmp_path, "controls:\n  zzz: {gate: none, reason: Why}\n")
    assert "controls.zzz is unknown; known are: " in told
    models = (TRANSFORMS / "models" / "controls").glob("*.sql")
    assert all(file.stem.removeprefix("control_") in told for file in models)


def test_the_stored_schema_of_the_policy_is_what_its_models_say() -> None:
    stored = POLICY_SCHEMA_FILE.read_text(encoding="utf-8")
    assert stored == render_policy_schema(), "leadline schema --policy --out"


def test_the_schema_of_the_policy_is_a_schema_and_has_every_section() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["properties"]) == set(Policy.model_fields)


def test_every_control_is_completed_with_its_question_and_every_threshold_with_its_default() -> (
    None
):
    controls = SCHEMA["properties"]["controls"]["anyOf"][0]["properties"]
    assert controls["supply_chain"]["description"].endswith("?")
    thresholds = SCHEMA["properties"]["thresholds"]["anyOf"][0]["properties"]
    file = TRANSFORMS / "seeds" / "reference" / "threshold_defaults.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        shipped = {row["threshold_key"]: row["value"] for row in csv.DictReader(rows)}
    assert {key: one["description"].split()[0] for key, one in thresholds.items()} == shipped


def test_what_the_policy_takes_the_schema_takes(tmp_path: Path) -> None:
    file = tmp_path / "policy.yml"
    file.write_text(POLICY)
    assert read_policy(file).thresholds["review_due_hours"].effective_from == date(2026, 1, 1)
    assert _problems(POLICY) == []


def test_the_policy_of_the_sample_company_is_marked_nowhere() -> None:
    assert _problems(yaml.safe_dump(sample_policy(datetime(2026, 11, 22, tzinfo=UTC)))) == []


@pytest.mark.parametrize(
    "text",
    [
        "surprise: {}\n",
        "controls: {supply_chain: {gate: sometimes, reason: Why}}\n",
        "controls: {supply_chain: {gate: none}}\n",
        "thresholds: {review_due_hours: {value: soon, reason: Why}}\n",
        "reviews: {sometimes: {clock: calendar}}\n",
        "provenance: {'*': {builders: []}}\n",
    ],
)
def test_what_the_policy_refuses_the_schema_marks(tmp_path: Path, text: str) -> None:
    _refused(tmp_path, text)
    assert _problems(text) != []


def test_the_command_writes_the_schema_of_the_policy_where_it_is_told_to(tmp_path: Path) -> None:
    target = tmp_path / "policy.schema.json"
    told = CliRunner().invoke(app, ["schema", "--policy", "--out", str(target)])
    assert told.exit_code == 0
    assert json.loads(target.read_text(encoding="utf-8")) == SCHEMA


def test_a_schema_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "policy.schema.json"
    told = CliRunner().invoke(app, ["schema", "--policy", "--out", str(target)])
    assert isinstance(told.exception, ConfigurationError) or "cannot be written" in told.output
