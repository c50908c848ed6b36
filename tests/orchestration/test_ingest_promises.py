"""Whatever a source begins to send, no build fails and every record is accounted for."""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pytest

from orchestration.lake import Lake
from orchestration.lake_run import BulkPage
from orchestration.source_catalogue import STAGING
from orchestration.versions import TRANSFORMS
from orchestration.warehouse import warehouse
from tests.transforms.models import build_models
from transforms.home import Home

pytestmark = pytest.mark.slow

READ_AT = datetime(2026, 11, 22, 11, tzinfo=UTC)
INSTANT = "2026-11-20T10:00:00Z"
SECONDS = 1_763_600_000
SETTING = re.compile(r'(kind|stream)="(\w+)"')
FIELD = re.compile(r'"(\w+)": "\$\.([A-Za-z_][\w.]*)"')
MACRO = re.compile(r"\{\{\s*(\w+_\w+)\(")
CONTEXT = re.compile(r"context=\{|\},\s*\{")
REASONS = re.compile(
    r"quarantine\(\s*\{(.*?)\}\s*\)\s*\}\}"
    r"|\bcase\b((?:(?!\bcase\b).)*?)end as quarantine_reason",
    re.DOTALL,
)
# What a field may hold one day, whatever it holds today.
OTHER_VALUES: Mapping[str, Any] = {
    "null": None,
    "a number": -1,
    "a fraction": 1.5e300,
    "a long number": 10**40,
    "text": "Ünfug\u2028\u0000'\";--",
    "an empty text": "",
    "a truth": True,
    "a list": [],
    "a list of lists": [[1, [None]], "x"],
    "a list of objects": [{"type": 1, "name": [], "reviewers": "x", "wait_timer": "long"}],
    "an object": {"value": {"id": [1]}},
    "an impossible instant": "2026-02-30T25:61:00+99:00",
    "an early instant": "0000-00-00 00:00:00",
    "a late instant": "9999-12-31T23:59:59.999999999Z",
}


READING = "20/11/2026 10:00"
# Values of which a model's text does not tell what they look like, by model and field.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "stg_files__rows": {"reason": None},
    "stg_git__paths": {"paths": ["a.py"]},
    "stg_github__workflow_approvals": {"environments": [{"name": "production"}]},
    "stg_gitlab__freeze_periods": {"freeze_periods": []},
    "stg_icinga__hosts": {"state": 1},
    "stg_icinga__services": {"state": 1},
    "stg_jenkins__builds": {"started": SECONDS * 1000},
    "stg_servicenow__incident_audit_log": {
        **dict.fromkeys(("opened", "resolved", "closed", "updated"), READING),
        "source_timezone": "UTC",
    },
}


@dataclass(frozen=True)
class Staged:
    """A staging model, and of each of its fields the path, and whether it must be there."""

    name: str
    kind: str
    stream: str
    fields: Mapping[str, str]
    contexts: Mapping[str, str]
    required: frozenset[str]
    text: str

    def record(self, key: str) -> dict[str, Any]:
        """Return a record in which each field has a value that its use allows."""
        record: dict[str, Any] = {}
        for alias, path in self.fields.items():
            put(record, path, self._value(alias, path, key))
        return record

    def context(self) -> dict[str, str]:
        """Return what the page says for all of its records."""
        return {
            path: str(self._value(alias, path, "page")) for alias, path in self.contexts.items()
        }

    def _value(self, alias: str, path: str, key: str) -> Any:
        if alias in EXAMPLES.get(self.name, {}):
            return EXAMPLES[self.name][alias]
        if self.uses[alias] == "instant":
            return INSTANT
        if self.uses[alias] == "number":
            return SECONDS + zlib.crc32(key.encode()) % 1_000_000
        return f"{key}-{alias}"

    @cached_property
    def uses(self) -> dict[str, str]:
        """Return of each field what the model takes it for: an instant, a number, or text."""
        return {name: self._use(name) for name in (*self.fields, *self.contexts)}

    def _use(self, alias: str) -> str:
        patterns = {
            "number": rf'(?:fraction|epoch|millisecond)_instant\(\s*"[^"]*\b{alias}\b'
            rf"|try_cast\(\s*{alias} as (?:bigint|double|integer)",
            "instant": rf'(?<!fraction_)(?<!epoch_)(?<!millisecond_)instant\(\s*"[^"]*\b{alias}\b'
            rf"|try_cast\(\s*{alias} as (?:timestamp|date)",
        }
        found = (use for use, pattern in patterns.items() if re.search(pattern, self.text))
        return next(found, "text")


def put(record: dict[str, Any], path: str, value: Any) -> None:
    """Set a field of a record, making the objects above it."""
    *above, last = path.split(".")
    for name in above:
        inner = record.get(name)
        if not isinstance(inner, dict):
            inner = record[name] = {}
        record = inner
    if not isinstance(record.get(last), dict):
        record[last] = value


def remove(record: dict[str, Any], path: str) -> None:
    """Take a field out of a record."""
    *above, last = path.split(".")
    for name in above:
        record = record[name]
    record.pop(last, None)


def _models() -> Iterator[Staged]:
    macros = "\n".join(
        file.read_text(encoding="utf-8") for file in sorted((TRANSFORMS / "macros").glob("*.sql"))
    )
    for file in sorted(STAGING.rglob("*.sql")):
        text = file.read_text(encoding="utf-8")
        if "records(" not in text:
            for name in MACRO.findall(text):
                found = re.search(rf"macro {name}\(.*?endmacro", macros, re.DOTALL)
                text += found.group() if found else ""
        settings = dict(SETTING.findall(text))
        body, *rest = CONTEXT.split(text.partition("records(")[2], maxsplit=1)
        contexts = "".join(rest)
        reasons = "".join(map("".join, REASONS.findall(text)))
        fields = dict(FIELD.findall(body))
        yield Staged(
            name=file.stem,
            kind=settings["kind"],
            stream=settings["stream"],
            fields=fields,
            contexts=dict(FIELD.findall(contexts)),
            required=frozenset(
                name for name in fields if re.search(rf"\b{name}(?:_reading)?\b", reasons)
            ),
            text=text,
        )


MODELS = {model.name: model for model in _models()}


def _variations(model: Staged) -> dict[str, list[dict[str, Any]]]:
    """Return pages by what is odd about their records; each record has a key of its own."""
    strange = model.record("strange") | {"a_new_field": {"of": ["a kind", 1]}}
    optional = [name for name in model.fields if name not in model.required]
    lacking, other = [], []
    for name in optional:
        lacking.append(model.record(f"lacking-{name}"))
        remove(lacking[-1], model.fields[name])
    for name, path in model.fields.items():
        for number, value in enumerate(OTHER_VALUES.values()):
            record = model.record(f"other-{name}-{number}")
            above, _, last = path.rpartition(".")
            holder = record
            for step in above.split(".") if above else ():
                holder = holder[step]
            holder[last] = value
            other.append(record)
            if above:
                record = model.record(f"above-{name}-{number}")
                record[path.split(".")[0]] = value
                other.append(record)
    return {
        "plain": [model.record("plain")],
        "unknown": [strange],
        "lacking": lacking,
        "other": other,
    }


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[int, ...]]:
    """Return fetched, loaded, duplicate and quarantined of each model's page, from one build."""
    home = Home(root=tmp_path_factory.mktemp("drift"))
    lake = Lake(home.lake)
    for model in MODELS.values():
        for what, records in _variations(model).items():
            body = "\n".join(json.dumps(record) for record in records).encode()
            page = BulkPage(
                body=body,
                row_count=len(records),
                read_at=READ_AT,
                context=model.context() | {"statuses": "{}"},
            )
            lake.append_bulk(
                f"{model.name}-{what}", model.stream, kind=model.kind, pages=[page], read_at=READ_AT
            )
    build_models(home, *MODELS, "page_accounts")
    with warehouse(home.staging_file) as connection:
        found = connection.execute(
            "select model, source, fetched_count, loaded_count, duplicate_count,"
            " quarantined_count from staging.staging.page_accounts"
        ).fetchall()
    return {(str(row[0]), str(row[1])): row[2:] for row in found}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_record_as_a_model_expects_it_is_loaded(
    name: str, accounts: dict[tuple[str, str], tuple[int, ...]]
) -> None:
    assert accounts[name, f"{name}-plain"] == (1, 1, 0, 0)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_record_with_a_field_nobody_knows_is_loaded(
    name: str, accounts: dict[tuple[str, str], tuple[int, ...]]
) -> None:
    assert accounts[name, f"{name}-unknown"] == (1, 1, 0, 0)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_record_that_lacks_any_one_optional_field_is_loaded(
    name: str, accounts: dict[tuple[str, str], tuple[int, ...]]
) -> None:
    fetched, loaded, duplicate, quarantined = accounts[name, f"{name}-lacking"]
    assert (loaded, duplicate, quarantined) == (fetched, 0, 0)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_field_of_another_type_fails_nothing_and_every_record_is_accounted_for(
    name: str, accounts: dict[tuple[str, str], tuple[int, ...]]
) -> None:
    fetched, loaded, duplicate, quarantined = accounts[name, f"{name}-other"]
    assert fetched == loaded + duplicate + quarantined == len(_variations(MODELS[name])["other"])
    assert min(loaded, duplicate, quarantined) >= 0
