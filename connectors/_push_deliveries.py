"""Say what a delivery is: its events, their type and the id that tells a replay; pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from connectors._push_cdevents import fault_of
from connectors._reply import parse_json

MOST_BYTES = 10 * 1024 * 1024
FORM = "application/x-www-form-urlencoded"
# Vendors that can send the JSON as the field `payload` of a form.
FORM_VENDORS = frozenset({"github", "gitea", "bitbucket"})

_ID_HEADERS: dict[str, tuple[str, ...]] = {
    "github": ("x-github-delivery",),
    "gitea": ("x-gitea-delivery", "x-gogs-delivery", "x-github-delivery"),
    "gitlab": ("idempotency-key", "webhook-id"),
    "bitbucket": ("x-request-uuid", "x-request-id"),
}
_TYPE_HEADERS: dict[str, tuple[str, ...]] = {
    "github": ("x-github-event",),
    "gitea": ("x-gitea-event", "x-gogs-event", "x-github-event"),
    "gitlab": ("x-gitlab-event",),
    "bitbucket": ("x-event-key",),
}
_TYPE_FIELDS: dict[str, str] = {
    "azure_devops": "eventType",
    "gitlab": "object_kind",
    "alertmanager": "status",
    "grafana": "status",
}
ALERT_VENDORS = frozenset({"alertmanager", "grafana"})
CLOUD_HEADERS = ("ce-id", "ce-source", "ce-type", "ce-specversion", "ce-time", "ce-subject")


class Unusable(ValueError):
    """A believed delivery that is no event: it is kept aside with this reason."""


@dataclass(frozen=True)
class Delivery:
    """What was delivered: one JSON line an event, and what its headers and body say about it."""

    delivery_id: str
    event_type: str
    lines: bytes
    row_count: int
    context: dict[str, str]


def is_accepted_type(content_type: str, *, vendor: str) -> bool:
    """Return whether a body of this media type can be an event of the vendor."""
    media = content_type.split(";")[0].strip().lower()
    is_json = media == "application/json" or (
        media.startswith("application/") and media.endswith("+json")
    )
    return is_json or (media == FORM and vendor in FORM_VENDORS)


def events_of(body: bytes, *, is_form: bool = False) -> list[dict[str, Any]]:
    """Return the events of a body.

    Errors: Unusable.
    """
    try:
        if is_form:
            body = parse_qs(body.decode(), max_num_fields=10).get("payload", [""])[0].encode()
        # GitLab is seen to name a key twice, and what is pushed cannot be asked for again.
        said = parse_json(body, takes_last=True)
    except ValueError as exc:
        raise Unusable(f"the body is no JSON ({exc})") from exc
    events = said if isinstance(said, list) else [said]
    if not all(isinstance(event, dict) for event in events):
        raise Unusable("an event is a JSON object, and this is another value")
    # The lake's own name for what a page says about its records; nobody else may use it.
    return [{name: event[name] for name in event if name != "_context"} for event in events]


def encode_lines(events: list[dict[str, Any]]) -> bytes:
    """Return one JSON object a line."""
    lines = (json.dumps(one, ensure_ascii=True, separators=(",", ":")) for one in events)
    return "".join(f"{line}\n" for line in lines).encode()


def read_delivery(vendor: str, headers: Mapping[str, str], body: bytes) -> Delivery:
    """Return what a believed delivery says; header names are in lower case.

    Errors: Unusable.
    """
    is_form = headers.get("content-type", "").lower().startswith(FORM)
    events = events_of(body, is_form=is_form)
    if vendor == "cdevents":
        events = [_unwrapped(event) for event in events]
        for number, event in enumerate(events):
            fault = fault_of(event)
            if fault:
                where = f"event {number + 1} of {len(events)}: " if len(events) > 1 else ""
                raise Unusable(f"{where}{fault}")
    first = events[0] if events else {}
    records = [one for event in events for one in _records(vendor, event)]
    context = {name.replace("-", "_"): headers[name] for name in CLOUD_HEADERS if name in headers}
    event_type = _event_type(vendor, headers, first)
    delivery_id = _stated_id(vendor, headers, events) or hashlib.sha256(body).hexdigest()
    return Delivery(
        delivery_id=delivery_id,
        event_type=event_type,
        lines=encode_lines(records),
        row_count=len(records),
        context=context | {"vendor": vendor, "event_type": event_type, "delivery_id": delivery_id},
    )


def _unwrapped(event: dict[str, Any]) -> dict[str, Any]:
    """Return the CDEvent that a CloudEvent carries, or the event itself."""
    data = event.get("data")
    return data if "context" not in event and isinstance(data, dict) else event


def _records(vendor: str, event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is a row of its own: each alert of a group of alerts, else the event."""
    alerts = event.get("alerts") if vendor in ALERT_VENDORS else None
    if isinstance(alerts, list) and alerts and all(isinstance(one, dict) for one in alerts):
        return [{name: one[name] for name in one if name != "_context"} for one in alerts]
    return [event]


def _event_type(vendor: str, headers: Mapping[str, str], event: dict[str, Any]) -> str:
    for name in _TYPE_HEADERS.get(vendor, ()):
        if headers.get(name):
            return headers[name]
    if vendor == "pagerduty":
        return _text(event, "event", "event_type")
    if vendor == "cdevents":
        return _text(event, "context", "type")
    stated = _text(event, _TYPE_FIELDS.get(vendor, "type")) or headers.get("ce-type", "")
    return stated or _text(event, "event_name")


def _stated_id(vendor: str, headers: Mapping[str, str], events: list[dict[str, Any]]) -> str | None:
    for name in _ID_HEADERS.get(vendor, ("webhook-id", "idempotency-key")):
        if headers.get(name):
            return headers[name]
    if len(events) != 1:
        return None
    event = events[0]
    if vendor == "cdevents":
        # Source and id name an event; senders are seen that repeat them for events of other types.
        return _join(*(_text(event, "context", name) for name in ("source", "id", "type")))
    if headers.get("ce-id"):
        return _join(*(headers.get(name, "") for name in ("ce-source", "ce-id", "ce-type")))
    if vendor == "cloudevents" and _text(event, "specversion"):
        return _join(*(_text(event, name) for name in ("source", "id", "type")))
    if vendor == "pagerduty":
        return _text(event, "event", "id") or None
    if vendor == "azure_devops":
        return _join(_text(event, "eventType"), _text(event, "id"))
    if vendor == "gitlab" and headers.get("x-gitlab-event-uuid"):
        # Hooks that other hooks set off share the id, so that it takes the body to tell a replay.
        digest = hashlib.sha256(encode_lines(events)).hexdigest()[:16]
        return _join(headers["x-gitlab-event-uuid"], digest)
    return None


def _join(*parts: str) -> str | None:
    return " ".join(parts) if all(parts) else None


def _text(event: Any, *path: str) -> str:
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event if isinstance(event, str) else ""
