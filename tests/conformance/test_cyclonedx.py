"""CycloneDX's own examples: every component, and every vulnerability for each thing it affects."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from connectors._document import Document
from connectors._report_formats import decode_document

STATES = {"resolved": "fixed", "not_affected": "dismissed"}


@pytest.fixture(scope="module")
def examples(conformance: Path) -> Path:
    return conformance / "data" / "cyclonedx_examples"


def _files(examples: Path) -> list[Path]:
    return [path for path in sorted(examples.rglob("*")) if path.suffix in (".json", ".xml")]


def _read(path: Path) -> Document:
    return decode_document(path.read_bytes())


def _count(data: Any) -> int:
    """Count components and services by walking all of a document but its metadata."""
    if isinstance(data, list):
        return sum(_count(one) for one in data)
    if not isinstance(data, dict):
        return 0
    own = sum(len(data.get(key) or []) for key in ("components", "services"))
    return own + sum(_count(value) for key, value in data.items() if key != "metadata")


def _expected_components(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return _count(json.loads(text))
    body = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return len(re.findall(r"<component[\s>]", body))


def test_every_component_of_every_example_is_read(examples: Path) -> None:
    files = _files(examples)
    assert len(files) == 61
    for path in files:
        rows = _read(path).rows["components"]
        assert len(rows) == _expected_components(path), path
        assert len({row["component_key"] for row in rows}) == len(rows)
        assert all(row["name"] for row in rows)


def test_json_and_xml_of_the_same_bill_say_the_same(examples: Path) -> None:
    for version in ("1.2", "1.3", "1.4"):
        stem = examples / "SBOM" / "laravel-7.12.0"
        read = [_read(stem / f"bom.{version}.{suffix}") for suffix in ("json", "xml")]
        assert read[0].rows == read[1].rows
        assert read[0].tool == read[1].tool


def test_a_vulnerability_is_a_finding_for_each_thing_it_affects(examples: Path) -> None:
    found: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    for path in _files(examples):
        if path.suffix == ".json":
            data = json.loads(path.read_text(encoding="utf-8"))
            for one in data.get("vulnerabilities") or []:
                state = STATES.get(one["analysis"]["state"], "open")
                expected[state] += max(1, len(one.get("affects") or []))
        found.update(row["state"] for row in _read(path).rows["findings"])
    assert found == expected
    assert found["fixed"] > 0


def test_what_a_vulnerability_affects_is_named(examples: Path) -> None:
    case = examples / "VEX" / "CISA-Use-Cases" / "Case-1"
    (row,) = _read(case / "vex-fixed.json").rows["findings"]
    assert (row["package_name"], row["package_version"]) == ("DEF", "1.1")
    assert (row["cve_id"], row["state"]) == ("CVE-2021-44228", "fixed")
    assert row["fixed_at"] == "2022-03-03T00:00:00.000000Z"


def test_no_author_of_a_component_is_kept(examples: Path) -> None:
    rows = _read(examples / "SBOM" / "laravel-7.12.0" / "bom.1.4.json").rows["components"]
    assert rows[0]["name"] == "asm89/stack-cors"
    assert "Alexander" not in json.dumps(rows)
