"""What a table of somebody's own must hold: read from the contract beside this module, as data."""

import csv
import functools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

CONTRACT = Path(__file__).with_name("_files_contract.csv")
KEYS = {"test_results": ("report", "suite", "class", "name", "attempt")}
EXPECTED = {
    "text": "text",
    "person": "a login or an address",
    "instant": "an instant such as 2026-09-30T14:05:00+02:00",
    "date": "a day such as 2026-09-30",
    "number": "a number such as 12.5",
    "integer": "a whole number such as 3",
    "boolean": "true or false",
    "list": 'a list such as a;b or ["a", "b"]',
}
YES, NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
SHOWN_LETTERS = 60
FORMULA_SIGNS = "=+-@\t\r\n"


@dataclass(frozen=True)
class Field:
    """One column of a contract; `choices` are the only words it may hold."""

    name: str
    type: str
    is_required: bool
    meaning: str
    example: str
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """Return in words what a cell must hold."""
        return f"one of {', '.join(self.choices)}" if self.choices else EXPECTED[self.type]


@dataclass(frozen=True)
class Row:
    """A row of a table: its fields in their types, or what is wrong with it.

    `reason` is the fault without what was found: that may be about a person.
    """

    fields: Mapping[str, Any]
    fault: str | None = None
    reason: str | None = None


class Wrong(ValueError):
    """A cell does not hold what its field expects."""

    def __init__(self, name: str = "", *, found: str = "nothing", expected: str = "") -> None:
        """Remember the field and what was found in it."""
        super().__init__(f"field {name}: found {found}, expected {expected}")
        self.reason = f"field {name}: expected {expected}"


@functools.cache
def contracts() -> Mapping[str, tuple[Field, ...]]:
    """Return the fields of every entity that a table can tell of, in the order of the contract."""
    found: dict[str, list[Field]] = {}
    with CONTRACT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kind, _, choices = row["type"].partition(":")
            field = Field(
                name=row["field"],
                type=kind,
                is_required=row["is_required"] == "true",
                meaning=row["meaning"],
                example=row["example"],
                choices=tuple(choices.split("|")) if choices else (),
            )
            found.setdefault(row["entity"], []).append(field)
    return {entity: tuple(fields) for entity, fields in found.items()}


def check_row(entity: str, cells: Mapping[str, Any], *, place: str, zone: str) -> Row:
    """Return a row in its types; the first fault names place, field, what was found and expected.

    Instants without a zone are meant in `zone`.
    """
    values: dict[str, Any] = {}
    try:
        for field in contracts()[entity]:
            values[field.name] = _value(field, cells.get(field.name), zone=zone)
        _check_together(entity, values)
    except Wrong as exc:
        text = {str(name): str(cell) for name, cell in cells.items() if cell not in (None, "")}
        return Row(fields=text, fault=f"{place}, {exc}", reason=f"{place}, {exc.reason}")
    return Row(fields={name: one for name, one in values.items() if one is not None})


def key_of(entity: str, fields: Mapping[str, Any]) -> str:
    """Return what names a row of an entity."""
    known = {"attempt": 1, **fields}
    parts = [str(known.get(name) or "") for name in KEYS.get(entity, ("id",))]
    return parts[0] if len(parts) == 1 else json.dumps(parts, ensure_ascii=False)


def template_lines(entity: str) -> Iterator[str]:
    """Yield what a table of an entity holds: comments that say it, the header, no row."""
    yield f"# {entity}: one row each; lines that begin with # are comments."
    for field in contracts()[entity]:
        need = "required" if field.is_required else "may be empty"
        yield f"# {field.name} ({need}): {field.meaning}; {field.expected}."
    yield ",".join(field.name for field in contracts()[entity])


def example_of(entity: str) -> dict[str, str]:
    """Return the example of the contract as one row."""
    return {field.name: field.example for field in contracts()[entity]}


def _value(field: Field, cell: Any, *, zone: str) -> Any:
    if cell is None or (isinstance(cell, str) and not cell.strip()) or cell != cell:
        if field.is_required:
            raise Wrong(field.name, expected=field.expected)
        return None
    try:
        return _READERS[field.type](cell, field, zone)
    except (ValueError, TypeError, OverflowError):
        raise Wrong(field.name, found=_shown(cell), expected=field.expected) from None


def _check_together(entity: str, values: Mapping[str, Any]) -> None:
    def needs(name: str, when: str) -> None:
        if values.get(name) is None:
            raise Wrong(name, expected=f"{EXPECTED['instant']} {when}")

    if entity == "deployments" and values["status"] != "in_progress":
        needs("finished_at", "unless the status is in_progress")
    if entity == "deployments" and values["status"] == "in_progress":
        needs("started_at", "where the status is in_progress")
    if entity == "incidents" and values["status"] == "resolved":
        needs("resolved_at", "where the status is resolved")
    if entity == "calendar_windows" and values["recurrence"] is None:
        needs("starts_at", "unless there is a recurrence")
    for begin, end in (("started_at", "finished_at"), ("starts_at", "ends_at")):
        if values.get(begin) and values.get(end) and values[end] < values[begin]:
            raise Wrong(end, found=values[end], expected=f"an instant after {begin}")


def _text(cell: Any, _field: Field, _zone: str) -> str:
    if isinstance(cell, dict | list | bytes):
        raise Wrong
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, bool):
        return str(cell).lower()
    text = str(cell).strip()
    # An exported cell is kept from being a formula by an apostrophe.
    is_guarded = text.startswith("'") and text[1:2] and text[1:2] in FORMULA_SIGNS
    return text[1:] if is_guarded else text


def _choice(cell: Any, field: Field, zone: str) -> str:
    word = _text(cell, field, zone).lower().replace(" ", "_")
    if word not in field.choices:
        raise Wrong
    return word


def _instant(cell: Any, _field: Field, zone: str) -> str:
    if isinstance(cell, str):
        cell = datetime.fromisoformat(cell.strip())
    elif isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001  its zone comes below
    if not isinstance(cell, datetime):
        raise Wrong
    moment = cell if cell.tzinfo else cell.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _date(cell: Any, _field: Field, _zone: str) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return date.fromisoformat(str(cell).strip()).isoformat()


def _number(cell: Any, _field: Field, _zone: str) -> float:
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal | str):
        raise Wrong
    number = float(cell)
    if not math.isfinite(number):
        raise Wrong
    return number


def _integer(cell: Any, field: Field, zone: str) -> int:
    number = _number(cell, field, zone)
    if not number.is_integer():
        raise Wrong
    return int(number)


def _boolean(cell: Any, field: Field, zone: str) -> bool:
    word = _text(cell, field, zone).lower()
    if word not in YES | NO:
        raise Wrong
    return word in YES


def _list(cell: Any, field: Field, zone: str) -> list[str]:
    if isinstance(cell, str):
        text = cell.strip()
        cell = json.loads(text) if text.startswith("[") else text.replace(",", ";").split(";")
    if not isinstance(cell, list):
        raise Wrong
    found = [_text(one, field, zone) for one in cell]
    return [one for one in found if one]


_READERS = {
    "text": _text,
    "person": _text,
    "choice": _choice,
    "instant": _instant,
    "date": _date,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "list": _list,
}


def _shown(cell: Any) -> str:
    """Return a cell as one short line without control characters."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(cell))
    return repr(text if len(text) <= SHOWN_LETTERS else f"{text[:SHOWN_LETTERS]}…")
