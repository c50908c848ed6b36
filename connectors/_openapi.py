"""Turn an OpenAPI 3 or Swagger 2 document into its operations; pure functions.

Format: https://spec.openapis.org/oas (2.0 to 3.2), read November 2026; JSON or YAML. YAML is read
without merging (`<<`), which can grow without bound, and to a limited depth.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from connectors._document import Document, Row

Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
DEEPEST = 200


class _PlainLoader(yaml.CSafeLoader):
    """Loads YAML without the merge key."""

    def flatten_mapping(self, node: Any) -> None:
        """Refuse a mapping that takes over the content of others."""
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.YAMLError("it merges mappings (<<), which is not read")


def parse_yaml(text: str) -> Any:
    """Return what a YAML document says.

    Errors: ValueError for what is no YAML, nests too deeply or merges mappings.
    """
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise ValueError("it is nested too deeply")
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.YAMLError as exc:
        raise ValueError(f"it is no YAML: {' '.join(str(exc).split())[:200]}") from exc


def decode_openapi(data: Json) -> Document:
    """Return the operations of a document.

    Errors: ValueError for a version that is not known.
    """
    version = str(data.get("openapi") or data.get("swagger"))
    if not version.startswith(("2.", "3.")):
        raise ValueError(f"it is OpenAPI {version[:20]}, only 2 and 3 are read")
    about = data.get("info") or {}
    shared = {
        "api_title": _text(about.get("title")),
        "api_version": _text(about.get("version")),
    }
    return Document(
        format="openapi",
        rows={"api_operations": [{**row, **shared} for row in _operations(data)]},
    )


def _operations(data: Json) -> Iterator[Row]:
    items = (data.get("components") or {}).get("pathItems") or {}
    for path, item in (data.get("paths") or {}).items():
        found = item or {}
        if "$ref" in found:
            found = {**(items.get(str(found["$ref"]).rpartition("/")[2]) or {}), **found}
        for method in METHODS:
            operation = found.get(method)
            if isinstance(operation, dict):
                yield {
                    "operation_key": f"{method} {path}",
                    "path": str(path),
                    "method": method,
                    "operation_name": _text(operation.get("operationId")),
                    "is_deprecated": operation.get("deprecated") is True,
                }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
