"""JSON Schemas of leadline.yml and policy.yml, for editors; made from what reads the files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from orchestration.catalogue import SETTING_KEYS, Company
from orchestration.policy import Policy
from orchestration.policy.controls import FOLDER, PREFIX, known_controls
from orchestration.policy.thresholds import threshold_defaults
from orchestration.settings import known_connectors

SCHEMA_FILE = Path(__file__).with_name("leadline.schema.json")
POLICY_SCHEMA_FILE = Path(__file__).with_name("policy.schema.json")
DIALECT = "https://json-schema.org/draft/2020-12/schema"
# How a secret may stand in the file: the name of a variable, or the path of a file.
REFERENCE = {"type": "string", "pattern": r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\}|file:.+)$"}


def settings_schema() -> dict[str, Any]:
    """Return the schema: the company as its models have it, and one section for each kind."""
    company = Company.model_json_schema(ref_template="#/$defs/{model}")
    definitions = {
        name: part | {"properties": _properties(part)} if "properties" in part else part
        for name, part in company.pop("$defs", {}).items()
    }
    kinds = known_connectors()
    sections = {kind: _section(kind, kinds[kind], definitions) for kind in sorted(kinds)}
    return {
        "$schema": DIALECT,
        "title": "leadline.yml",
        "description": "The systems and the company that Leadline reads.",
        **{key: value for key, value in company.items() if key not in ("title", "description")},
        "properties": {
            **{name: _or_empty(part) for name, part in company["properties"].items()},
            "sources": _or_empty(
                {
                    "type": "object",
                    "description": "One section a system; the name is yours.",
                    # A section that is called like a kind needs no `kind`.
                    "properties": {kind: _named_like(kind) for kind in sections},
                    "additionalProperties": {
                        "type": "object",
                        "required": ["kind"],
                        "properties": {"kind": {"enum": list(sections)}},
                        "allOf": [_if_kind(kind) for kind in sections],
                    },
                }
            ),
        },
        "$defs": definitions | {f"source_{kind}": section for kind, section in sections.items()},
    }


def policy_schema() -> dict[str, Any]:
    """Return the schema of the policy: its sections, and every control and threshold by name."""
    policy = Policy.model_json_schema(ref_template="#/$defs/{model}")
    sections = policy.pop("properties")
    sections |= {
        "thresholds": _by_name(
            "Threshold",
            {
                row["threshold_key"]: f"{row['value']} {row['unit']} where it is left out"
                for row in threshold_defaults()
            },
        ),
        "controls": _by_name(
            "ControlBinding", {name: _question(name) for name in sorted(known_controls())}
        ),
    }
    item = policy["$defs"]["ReadinessItem"]["properties"]
    item["control"] = {"anyOf": [{"enum": sorted(known_controls())}, {"type": "null"}]}
    return {
        "$schema": DIALECT,
        **policy,
        "title": "policy.yml",
        "description": "What the organisation asks of releases.",
        "properties": {name: _or_empty(part) for name, part in sections.items()},
    }


def render_schema() -> str:
    """Return the schema of the settings as it stands in the repository."""
    return _rendered(settings_schema())


def render_policy_schema() -> str:
    """Return the schema of the policy as it stands in the repository."""
    return _rendered(policy_schema())


def _rendered(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _by_name(model: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a section that has only these keys, each told by a sentence."""
    return {
        "type": "object",
        "properties": {
            name: {"$ref": f"#/$defs/{model}", "description": told} for name, told in names.items()
        },
        "additionalProperties": False,
    }


def _question(control: str) -> str:
    """Return what a control asks."""
    told = yaml.safe_load((FOLDER / f"{PREFIX}{control}.yml").read_text(encoding="utf-8"))
    return str(told["models"][0]["config"]["meta"]["question"])


def _section(kind: str, module: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = module.Config.model_json_schema(ref_template=f"#/$defs/{kind}_{{model}}")
    definitions |= {f"{kind}_{name}": part for name, part in schema.pop("$defs", {}).items()}
    properties = _properties(schema)
    settings: Mapping[str, Any] = {key: {} for key in sorted(SETTING_KEYS)}
    return {
        "type": "object",
        "description": (module.__doc__ or "").strip().splitlines()[0],
        "properties": {"kind": {"const": kind}, **settings, **properties},
        "required": schema.get("required", []),
        "additionalProperties": False,
    }


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: _property(part) for name, part in schema["properties"].items()}


def _property(part: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one setting; a secret may only be a reference."""
    choices = part.get("anyOf", [part])
    if any(choice.get("format") == "password" for choice in choices):
        return REFERENCE
    return part


def _or_empty(part: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a section of which only the heading may stand there."""
    return {"anyOf": [part, {"type": "null"}]}


def _named_like(kind: str) -> dict[str, Any]:
    section = {"$ref": f"#/$defs/source_{kind}"}
    return {"anyOf": [section, {"type": "object", "required": ["kind"]}]}


def _if_kind(kind: str) -> dict[str, Any]:
    return {
        "if": {"properties": {"kind": {"const": kind}}},
        "then": {"$ref": f"#/$defs/source_{kind}"},
    }
