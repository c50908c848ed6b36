"""How PagerDuty shows incidents, their log entries and services at an instant.

Source: https://developer.pagerduty.com/api-reference (REST API v2).
"""

from functools import partial

from data.sandbox.company import SERVICES, TEAM_BY_ID, Service
from data.sandbox.draw import hexadecimal
from data.sandbox.model import Incident, Person
from data.sandbox.versions import Body, Versioned, iso, iso_or_none, still, versioned

API = "https://api.pagerduty.example"
HTML = "https://fairwater.pagerduty.example"
_SLOW_SECONDS = 900


def entity(kind: str, key: str, summary: str, path: str) -> dict[str, object]:
    """Return a reference to another record."""
    return {
        "id": key,
        "type": kind,
        "summary": summary,
        "self": f"{API}/{path}/{key}",
        "html_url": f"{HTML}/{path}/{key}",
    }


def service_key(service: Service) -> str:
    """Return the identifier of a service."""
    return "P" + hexadecimal(6, "pagerduty", service.service_id).upper()


def service_name(service: Service) -> str:
    """Return the name by which the on-call system knows a service."""
    return f"{service.service_id}-prod"


def service_reference(service: Service) -> dict[str, object]:
    """Return a reference to a service."""
    key = service_key(service)
    return entity("service_reference", key, service_name(service), "services")


def team_reference(team_id: str) -> dict[str, object]:
    """Return a reference to a team."""
    key = "PT" + hexadecimal(5, "team", team_id).upper()
    return entity("team_reference", key, TEAM_BY_ID[team_id].name, "teams")


def user_reference(person: Person) -> dict[str, object]:
    """Return a reference to a person."""
    key = "PU" + hexadecimal(5, "user", person.login).upper()
    return entity("user_reference", key, person.name, "users")


def policy_reference(team_id: str) -> dict[str, object]:
    """Return a reference to a team's escalation policy."""
    key = "PE" + hexadecimal(5, "policy", team_id).upper()
    name = f"{TEAM_BY_ID[team_id].name} on call"
    return entity("escalation_policy_reference", key, name, "escalation_policies")


def services(start: int) -> list[Versioned]:
    """Return the monitored services."""
    rows = []
    for service in SERVICES:
        key, created = service_key(service), start - 280 * 86400 + service.index * 5000
        body = {
            **entity("service", key, service_name(service), "services"),
            "name": service_name(service),
            "description": f"{service.name}, tier {service.tier}",
            "auto_resolve_timeout": None,
            "acknowledgement_timeout": None,
            "created_at": iso(created),
            "status": "active",
            "alert_creation": "create_alerts_and_incidents",
            "escalation_policy": policy_reference(service.team_id),
            "teams": [team_reference(service.team_id)],
            "integrations": [],
            "incident_urgency_rule": {"type": "constant", "urgency": "severity_based"},
            "support_hours": None,
            "scheduled_actions": [],
            "addons": [],
        }
        body = {name: value for name, value in body.items() if value is not None}
        rows.append(versioned(key, "", [created], still(partial(dict, body))))
    return rows


def incident(item: Incident) -> Versioned:
    """Return an incident as its course unfolds; people may raise its priority later."""
    corrected = item.severity_corrected_at
    times = [item.detected_at, item.acknowledged_at, item.restored_at, corrected]
    return versioned(item.pagerduty_id, "", times, partial(_incident, item))


def _incident(item: Incident, at: int) -> Body:
    is_resolved = item.restored_at is not None and item.restored_at <= at
    is_known = item.acknowledged_at is not None and item.acknowledged_at <= at
    status = "resolved" if is_resolved else "acknowledged" if is_known else "triggered"
    course = [item.detected_at, item.acknowledged_at, item.restored_at]
    changed = max(time for time in course if time is not None and time <= at)
    person = user_reference(item.handler) if item.handler else None
    service, key = service_reference(item.service), item.pagerduty_id
    corrected = item.severity_corrected_at
    is_final = corrected is None or corrected <= at
    severity = item.severity if is_final else item.first_severity
    title = f"[#{item.number}] {item.title}"
    body: dict[str, object] = {
        **entity("incident", key, title, "incidents"),
        "incident_number": item.number,
        "title": item.title,
        "created_at": iso(item.detected_at),
        "updated_at": iso(at),
        "status": status,
        "incident_key": hexadecimal(32, "key", key),
        "service": service,
        "assignments": [] if is_resolved else [{"at": iso(changed), "assignee": person}],
        "assigned_via": "escalation_policy",
        "last_status_change_at": iso(changed),
        "resolved_at": iso_or_none(item.restored_at, at),
        "first_trigger_log_entry": entity(
            "trigger_log_entry_reference", _entry_key(item, 0), "Triggered", "log_entries"
        ),
        "alert_counts": {
            "all": 1,
            "triggered": 0 if is_resolved else 1,
            "resolved": int(is_resolved),
        },
        "is_mergeable": True,
        "escalation_policy": policy_reference(item.service.team_id),
        "teams": [team_reference(item.service.team_id)],
        "pending_actions": [],
        "acknowledgements": [{"at": iso(changed), "acknowledger": person}]
        if status == "acknowledged"
        else [],
        "last_status_change_by": person if is_known else service,
        "priority": {
            **entity("priority", f"PRIO{severity}", f"P{severity}", "priorities"),
            "name": f"P{severity}",
        },
        "urgency": "high" if severity <= 3 else "low",
    }
    if body["resolved_at"] is None:
        del body["resolved_at"]
    return body


def _entry_key(item: Incident, place: int) -> str:
    return "R" + hexadecimal(25, item.pagerduty_id, place).upper()


def log_entries(item: Incident) -> list[Versioned]:
    """Return what happened to an incident, one entry each."""
    person = user_reference(item.handler) if item.handler else service_reference(item.service)
    service = service_reference(item.service)
    course: list[tuple[str, int | None, dict[str, object], str]] = [
        ("trigger", item.detected_at, service, "Triggered by monitoring")
    ]
    known = item.acknowledged_at
    if known is None or known - item.detected_at > _SLOW_SECONDS:
        late = item.detected_at + _SLOW_SECONDS
        course.append(("escalate", late, service, "Escalated to the second level"))
    course.append(("acknowledge", known, person, "Acknowledged"))
    if known is not None and item.restored_at is not None and item.number % 3 == 0:
        middle = (known + item.restored_at) // 2
        course.append(("annotate", middle, person, f"Looking at {item.remedy}"))
    course.append(("resolve", item.restored_at, person, "Resolved"))
    rows = []
    for place, (kind, at, agent, summary) in enumerate(course):
        if at is None:
            continue
        body = _entry(item, place, kind, at, agent, summary)
        rows.append(versioned(str(body["id"]), "", [at], still(partial(dict, body))))
    return rows


def _entry(
    item: Incident, place: int, kind: str, at: int, agent: dict[str, object], summary: str
) -> Body:
    title = f"[#{item.number}] {item.title}"
    body: dict[str, object] = {
        **entity(f"{kind}_log_entry", _entry_key(item, place), summary, "log_entries"),
        "created_at": iso(at),
        "agent": agent,
        "channel": {"type": "note" if kind == "annotate" else "auto"},
        "service": service_reference(item.service),
        "incident": entity("incident_reference", item.pagerduty_id, title, "incidents"),
        "teams": [team_reference(item.service.team_id)],
        "contexts": [],
    }
    if kind == "trigger":
        body["event_details"] = {"description": item.title}
    if kind == "annotate":
        body["channel"] = {"type": "note", "summary": summary}
        body["note"] = summary
    if kind == "acknowledge":
        body["acknowledgement_timeout"] = 1800
    return body
