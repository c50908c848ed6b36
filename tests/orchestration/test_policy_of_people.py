"""Sections of the policy about people: what roles allow, and which templates may be used."""

import json
from pathlib import Path

import pytest

from orchestration.errors import ConfigurationError
from orchestration.policy import policy_records
from orchestration.policy.reading import read_policy

POLICY = """entitlements:
  release-pilot: {kind: operator, deploys_to_production: true, approves_tiers: [3, 4]}
standard_changes:
  Restart: {title: Restart of a service, live_until: 2026-12-31}
"""


def written(tmp_path: Path, text: str) -> Path:
    place = tmp_path / "policy.yml"
    place.write_text(text)
    return place


def test_roles_and_templates_reach_the_models_as_records(tmp_path: Path) -> None:
    records = {
        (one["name"], one["key"]): json.loads(one["value"])
        for one in policy_records(read_policy(written(tmp_path, POLICY)))
    }
    pilot = records["entitlements", "release-pilot"]
    assert (pilot["kind"], pilot["deploys_to_production"], pilot["approves_tiers"]) == (
        "operator", True, [3, 4],
    )  # fmt: skip
    assert records["standard_changes", "Restart"]["live_until"] == "2026-12-31"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("entitlements:\n  pilot: {kind: wizard}\n", "policy.yml line 2"),
        ("entitlements:\n  pilot: {kind: operator, approves_tiers: [5]}\n", "policy.yml line 2"),
        ("standard_changes:\n  Restart: {title: ''}\n", "policy.yml line 2"),
    ],
)
def test_what_no_role_or_template_can_be_is_refused_with_its_place(
    tmp_path: Path, text: str, place: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_policy(written(tmp_path, text))
    assert place in str(refused.value)
