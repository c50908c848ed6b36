"""What people call the things that keys name: a version, a number, a title."""

from collections.abc import Iterable, Mapping
from typing import Any

from dashboards.safe_text import plain_text
from dashboards.view import View
from dashboards.words import date_words

_TABLES = {
    "deployment": ("fct_deployments", "deployment_id"),
    "change_request": ("change_requests", "change_request_id"),
    "incident": ("fct_incidents", "incident_id"),
    "configuration_item": ("cmdb_reconciliation", "configuration_item_id"),
    "review": ("review_records", "review_record_id"),
}
_CURRENT: Mapping[str, Mapping[str, Any]] = {"change_request": {"is_current": True}}


def subject_names(view: View, keys: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for keys, each with the kind of thing it names, what people call it, read at once.

    What nobody named is called by the last part of its key.
    """
    whole = {(kind, key): _inner(kind, key) for kind, key in keys}
    wanted: dict[str, set[str]] = {}
    for kind, key in whole.values():
        wanted.setdefault(kind, set()).add(key)
    names: dict[tuple[str, str], str] = {}
    for kind in wanted.keys() & _TABLES.keys():
        table, column = _TABLES[kind]
        filters = {column: sorted(wanted[kind]), **_CURRENT.get(kind, {})}
        for row in view.known_rows(table, filters=filters).iter_rows(named=True):
            names[kind, row[column]] = plain_text(_name(kind, row), limit=120)
    return {
        key: names.get(inner) or plain_text(inner[1].rpartition(":")[-1])
        for (_, key), inner in whole.items()
    }


def _inner(kind: str, key: str) -> tuple[str, str]:
    """Return what a required review is of; the key of such a review names it after its kind."""
    if kind != "post_implementation_review":
        return kind, key
    of, _, inner = key.partition(":")
    return of, inner


def _name(kind: str, row: Mapping[str, Any]) -> str:
    if kind == "deployment":
        return " ".join(part for part in (row["service_id"], row.get("version")) if part)
    if kind == "review":
        return f"Review of {date_words(row['held_at'])}" if row["held_at"] else ""
    if kind == "configuration_item":
        return str(row.get("item_name") or "")
    return " ".join(str(part) for part in (row.get("number"), row.get("title")) if part)
