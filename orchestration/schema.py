"""The JSON Schema of leadline.yml, for editors; made from the models that read the file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.catalogue import SETTING_KEYS, Company
from orchestration.settings import known_connectors

SCHEMA_FILE = Path(__file__).with_name("leadline.schema.json")
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


def render_schema() -> str:
    """Return the schema as it stands in the repository."""
    return json.dumps(settings_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


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
