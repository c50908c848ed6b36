"""See which format a quality or supply-chain file has and read it."""

import codecs
from collections.abc import Callable, Sequence
from typing import Any

from connectors._attestation import BUNDLE, STATEMENT, PublicKey, decode_attestations
from connectors._coverage import decode_cobertura, decode_coverage_py, decode_istanbul, decode_lcov
from connectors._cyclonedx import decode_cyclonedx
from connectors._cyclonedx_xml import decode_cyclonedx_xml
from connectors._document import Document
from connectors._errors import ODD_RECORD
from connectors._files import in_utf8
from connectors._openapi import decode_openapi, parse_yaml
from connectors._reply import parse_json
from connectors._sarif import decode_sarif
from connectors._scans import decode_k6, decode_trivy
from connectors._spdx import decode_spdx, decode_spdx_tags
from connectors._xml import parse_xml, tag

Json = dict[str, Any]
# The keys by which a JSON document is known; the first that fits is taken.
JSON_KEYS: tuple[tuple[frozenset[str], Callable[[Json], Document]], ...] = (
    (frozenset({"bomFormat"}), decode_cyclonedx),
    (frozenset({"spdxVersion"}), decode_spdx),
    (frozenset({"runs", "version"}), decode_sarif),
    (frozenset({"SchemaVersion", "ArtifactName"}), decode_trivy),
    (frozenset({"meta", "totals", "files"}), decode_coverage_py),
    (frozenset({"metrics", "root_group"}), decode_k6),
    (frozenset({"metrics", "state", "options"}), decode_k6),
    (frozenset({"openapi"}), decode_openapi),
    (frozenset({"swagger"}), decode_openapi),
)
UNKNOWN = "its format is not one of those that are read"


def decode_document(body: bytes, *, keys: Sequence[PublicKey] = ()) -> Document:
    """Return what a file says.

    Errors: ValueError when the bytes are unsafe, broken, or in no format that is known.
    """
    try:
        plain = in_utf8(body).lstrip()
        if plain.startswith((b"{", b"[")):
            return _decode_json(plain, keys=keys)
        if plain.startswith((b"<", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return _decode_xml(body)
        return _decode_text(plain)
    except ODD_RECORD as exc:
        if isinstance(exc, ValueError):
            raise
        raise ValueError(
            f"a record is not as documented: {type(exc).__name__}: {str(exc)[:200]}"
        ) from exc
    except RecursionError as exc:
        raise ValueError("it is nested too deeply") from exc


def _decode_json(body: bytes, *, keys: Sequence[PublicKey]) -> Document:
    try:
        found = [parse_json(body)]
    except ValueError:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        found = [parse_json(line) for line in lines]
    items = [item for item in found if isinstance(item, dict)]
    if items and len(items) == len(found) and all(_is_attestation(item) for item in items):
        return decode_attestations(items, keys=keys)
    if len(items) == len(found) == 1:
        (data,) = items
        for wanted, decode in JSON_KEYS:
            if wanted <= data.keys():
                return decode(data)
        if isinstance(data.get("total"), dict) and "lines" in data["total"]:
            return decode_istanbul(data)
    raise ValueError(UNKNOWN)


def _is_attestation(item: Json) -> bool:
    return (
        {"payload", "payloadType", "signatures"} <= item.keys()
        or str(item.get("mediaType", "")).startswith(BUNDLE)
        or str(item.get("_type", "")).startswith(STATEMENT)
    )


def _decode_xml(body: bytes) -> Document:
    root = parse_xml(body)
    if tag(root) == "bom" and "cyclonedx" in str(root.tag):
        return decode_cyclonedx_xml(root)
    if tag(root) == "coverage" and (root.get("line-rate") or root.get("lines-valid")):
        return decode_cobertura(root)
    raise ValueError(f"{UNKNOWN}: its root is {tag(root)[:60]!r}")


def _decode_text(body: bytes) -> Document:
    text = body.decode("utf-8")
    if text.startswith(("TN:", "SF:")):
        return decode_lcov(text)
    if "SPDXVersion:" in text[:4096]:
        return decode_spdx_tags(text)
    start = text[:65536]
    if "openapi:" in start or "swagger:" in start:
        data = parse_yaml(text)
        if isinstance(data, dict) and ("openapi" in data or "swagger" in data):
            return decode_openapi(data)
    raise ValueError(UNKNOWN)
