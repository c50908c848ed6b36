"""Check requests against an official OpenAPI description."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

# GitHub documents `created=A..B` but its description calls the parameter a date-time; PagerDuty
# writes the notation YYYY-MM-DDThh:mm:ssZ where a regular expression belongs.
LOOSE = {
    ("/repos/{owner}/{repo}/actions/runs", "created"),
    ("/change_events", "since"),
    ("/change_events", "until"),
}


class Contract:
    """One description: which requests are legal."""

    def __init__(self, path: Path) -> None:
        self._spec: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self._registry: Registry[Any] = Registry().with_resource(
            "", DRAFT4.create_resource(self._spec)
        )
        self._patterns = {
            template: re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)) + "$")
            for template in self._spec["paths"]
        }

    def template(self, path: str) -> str | None:
        """Return the documented path that a request's path matches."""
        exact = [one for one, pattern in self._patterns.items() if pattern.match(path)]
        return min(exact, key=lambda one: one.count("{"), default=None)

    def problems(self, request: httpx.Request, *, prefix: str = "") -> list[str]:
        """Return what the description has against a request; nothing if it is legal."""
        path = request.url.path.removeprefix(prefix)
        template = self.template(path)
        if template is None:
            return [f"{path} is not documented"]
        operation = self._spec["paths"][template].get(request.method.lower())
        if operation is None:
            return [f"{request.method} {template} is not documented"]
        named = [self._resolve(one) for one in operation.get("parameters", [])]
        known = {one["name"]: one for one in named if one["in"] == "query"}
        found = []
        for name, values in parse_qs(request.url.query.decode()).items():
            if name not in known:
                found.append(f"{template} has no parameter {name}")
            elif (template, name) not in LOOSE:
                found += self._value_problems(template, known[name], values)
        if "requestBody" in operation and request.content:
            wanted = self._resolve(operation["requestBody"])["content"]["application/json"]
            found += self._problems(template, wanted["schema"], json.loads(request.content))
        return found

    def reply_problems(self, request: httpx.Request, body: bytes) -> list[str]:
        """Return what the description has against a good reply to a documented request."""
        template = self.template(request.url.path)
        assert template is not None
        return self.body_problems(template, json.loads(body), method=request.method.lower())

    def body_problems(self, template: str, body: object, *, method: str = "get") -> list[str]:
        """Return what the description has against a good reply of one path."""
        operation = self._spec["paths"][template][method]
        told = self._resolve(operation["responses"]["200"])["content"]["application/json"]
        return self._problems(template, told["schema"], body)

    def _problems(self, template: str, schema: Mapping[str, Any], body: object) -> list[str]:
        whole = Registry().with_resource("urn:api", DRAFT4.create_resource(self._spec))
        named = json.dumps(schema).replace('"#/components', '"urn:api#/components')
        # An enum that leaves null out contradicts its own "nullable"; hosts do send null there.
        return [
            f"{template} {error.json_path}: {error.message[:200]}"
            for error in OAS30Validator(json.loads(named), registry=whole).iter_errors(body)
            if not (error.instance is None and error.schema.get("nullable"))
        ]

    def _value_problems(
        self, template: str, parameter: Mapping[str, Any], values: list[str]
    ) -> list[str]:
        schema = self._resolve(parameter["schema"])
        if schema.get("type") == "array":
            schema = self._resolve(schema["items"])
        checker = OAS30Validator(schema, registry=self._registry)
        typed = [_typed(value, str(schema.get("type"))) for value in values]
        return [
            f"{template} {parameter['name']}={value!r}: {error.message}"
            for value in typed
            for error in checker.iter_errors(value)
        ]

    def _resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            found: Any = self._spec
            for part in str(node["$ref"]).removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node


def _typed(value: str, kind: str) -> object:
    if kind == "integer":
        return int(value)
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value
