"""The schema of leadline.yml agrees with what reads the file."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from orchestration.schema import SCHEMA_FILE, render_schema, settings_schema
from orchestration.settings import known_connectors, parse_settings
from orchestration.template import render_template
from tests.connectors.test_contract import SETTINGS

SCHEMA = settings_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def _problems(document: dict[str, Any]) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(document)]


def test_the_stored_schema_is_what_the_models_say() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == render_schema(), "leadline schema --out"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", sorted(SETTINGS))
def test_every_kind_of_source_can_be_written(kind: str) -> None:
    fields = known_connectors()[kind].Config.model_fields
    section = {
        name: "${A_SECRET}" if "Secret" in str(fields[name].annotation) else value
        for name, value in SETTINGS[kind].items()
    }
    assert _problems({"sources": {"mine": {"kind": kind, **section}}}) == []
    assert _problems({"sources": {kind: section}}) == []


def test_a_secret_that_is_written_out_is_marked() -> None:
    section = {"organisation": "acme", "token": "ghp_0123456789"}
    assert _problems({"sources": {"github": section}}) != []


@pytest.mark.parametrize(
    "document",
    [
        {"sources": {"mine": {"kind": "teletype"}}},
        {"sources": {"mine": {"kind": "github", "organisation": "acme", "tokne": "${A}"}}},
        {"services": [{"name": "without id"}]},
        {"organisation": {"working_days": []}},
        {"surprise": 1},
    ],
    ids=["kind", "misspelt", "service", "days", "section"],
)
def test_what_the_settings_refuse_the_schema_marks(document: dict[str, Any]) -> None:
    assert _problems(document) != []


def test_the_template_names_every_kind_and_the_schema_and_is_usable_as_it_is() -> None:
    text = render_template(Path("/somewhere/leadline.schema.json"))
    assert text.startswith("# yaml-language-server: $schema=file:///somewhere/")
    assert [kind for kind in known_connectors() if f"  # {kind}:" not in text] == []
    assert parse_settings(text).sources == ()
    assert _problems(yaml.safe_load(text)) == []
