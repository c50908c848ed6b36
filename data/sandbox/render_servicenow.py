"""How ServiceNow's Table API shows incidents, change requests, approvals and the CMDB.

Every value is a string, references are objects with a link, dates are UTC without a zone.
A record is a list of edits; its state at an instant is all edits up to then.
"""

from data.sandbox.company import SERVICES, Service
from data.sandbox.draw import hexadecimal
from data.sandbox.model import Approval, ChangeRequest, Incident, Person
from data.sandbox.versions import Versioned, naive

HOST = "https://fairwater.service-now.example"
Edit = tuple[int, dict[str, object]]
_CLASS = {1: "cmdb_ci_service", 2: "cmdb_ci_service", 3: "cmdb_ci_service", 4: "cmdb_ci_appl"}
_CRITICALITY = {1: "1 - most critical", 2: "2 - somewhat critical", 3: "3 - less critical"}


def reference(table: str, value: str) -> dict[str, str] | str:
    """Return a reference field; an empty one is an empty string."""
    return {"link": f"{HOST}/api/now/table/{table}/{value}", "value": value} if value else ""


def user_id(person: Person) -> str:
    """Return the sys_id of a person's user record."""
    return hexadecimal(32, "sys_user", person.login)


def service_sys_id(service: Service) -> str:
    """Return the sys_id of a service's configuration item."""
    return hexadecimal(32, "cmdb_ci", service.service_id)


def ci_name(service: Service) -> str:
    """Return the name by which the CMDB knows a service."""
    return f"{service.name} (production)"


def user(person: Person) -> dict[str, str] | str:
    """Return a reference to a person."""
    return reference("sys_user", user_id(person))


def record(table: str, key: str, edits: list[Edit], by: str) -> Versioned:
    """Return the versioned record that results from edits in any order."""
    ordered = sorted(edits, key=lambda edit: edit[0])
    times = sorted({at for at, _ in ordered})

    def render(at: int) -> dict[str, object]:
        body: dict[str, object] = {"sys_id": key, "sys_class_name": table}
        done = [edit for edit in ordered if edit[0] <= at]
        for _, fields in done:
            body |= fields
        body |= {
            "sys_created_on": naive(times[0]),
            "sys_created_by": by,
            "sys_updated_on": naive(at),
            "sys_updated_by": by,
            "sys_mod_count": str(times.index(at)),
            "sys_domain": reference("sys_user_group", "global"),
            "sys_tags": "",
        }
        return body

    return Versioned(key, "", tuple(times), render, times[0])


def incident(item: Incident) -> Versioned:
    """Return an incident: severity, start of impact and cause are corrected later."""
    opened, severity = item.detected_at, str(item.first_severity)
    handler = item.handler
    edits: list[Edit] = [(opened, _opened(item, severity))]
    if item.acknowledged_at is not None:
        at = item.acknowledged_at + 30
        edits.append((at, {"state": "2", "work_start": naive(item.acknowledged_at)}))
        if handler is not None:
            edits.append((at, {"assigned_to": user(handler)}))
    if item.severity_corrected_at is not None:
        fields = {"severity": str(item.severity), "priority": str(item.severity)}
        edits.append((item.severity_corrected_at, {**fields, "impact": _three(item.severity)}))
    if item.impact_corrected_at is not None:
        start = {"u_impact_started_at": naive(item.impact_started_at)}
        edits.append((item.impact_corrected_at, {**start}))
    if item.reopened is not None:
        first, again = item.reopened
        edits.append((first + 60, {"state": "6", "resolved_at": naive(first)}))
        cleared = {"state": "2", "resolved_at": "", "reopen_count": "1"}
        edits.append((again, {**cleared, "reopened_time": naive(again)}))
    if item.restored_at is not None:
        edits += _ending(item, item.restored_at)
    if (
        item.is_linked
        and item.deployment is not None
        and item.deployment.change_request is not None
    ):
        cause = item.deployment.change_request.sys_id
        edits.append((item.linked_at, {"caused_by": reference("change_request", cause)}))
    if item.parent is not None:
        link = reference("incident", item.parent.servicenow_id)
        edits.append((item.detected_at + 900, {"parent_incident": link}))
    return record("incident", item.servicenow_id, edits, "monitoring")


def _three(severity: int) -> str:
    return str(min(3, max(1, severity - 1)))


def _opened(item: Incident, severity: str) -> dict[str, object]:
    is_paged = item.in_pagerduty
    return {
        "number": f"INC{item.number:07d}",
        "short_description": item.title,
        "description": f"{item.title}. Seen in production.",
        "opened_at": naive(item.detected_at),
        "u_impact_started_at": "",
        "work_start": "",
        "resolved_at": "",
        "closed_at": "",
        "state": "1",
        "severity": severity,
        "priority": severity,
        "impact": _three(item.first_severity),
        "urgency": "1" if item.first_severity <= 2 else "2",
        "cmdb_ci": reference("cmdb_ci", service_sys_id(item.service)),
        "business_service": reference("cmdb_ci_service", service_sys_id(item.service)),
        "caused_by": "",
        "rfc": "",
        "problem_id": "",
        "parent_incident": "",
        "correlation_id": f"pagerduty:{item.pagerduty_id}" if is_paged else "",
        "contact_type": "monitoring" if is_paged else "self-service",
        "assignment_group": reference("sys_user_group", _group(item.service.team_id)),
        "assigned_to": "",
        "category": "software",
        "close_code": "",
        "close_notes": "",
        "reopen_count": "0",
        "made_sla": "true",
        "active": "true",
        "calendar_duration": "",
    }


def _ending(item: Incident, restored: int) -> list[Edit]:
    code = "Solved (Permanently)" if item.remedy in {"hotfix", "revert"} else "Solved (Work Around)"
    if item.is_false_alarm:
        code = "False alarm"
    elif item.is_duplicate:
        code = "Duplicate"
    span = naive(restored - item.detected_at)
    resolved = {"state": "6", "resolved_at": naive(restored), "calendar_duration": span}
    edits: list[Edit] = [
        (restored + 90, {**resolved, "close_code": code, "close_notes": item.remedy})
    ]
    if item.closed_at is not None:
        closed = {"state": "7", "closed_at": naive(item.closed_at), "active": "false"}
        edits.append((item.closed_at, {**closed}))
    return edits


def _group(team_id: str) -> str:
    return hexadecimal(32, "sys_user_group", team_id)


def change_request(item: ChangeRequest) -> Versioned:
    """Return a change request from assessment to closure."""
    created, start = item.created_at, item.work_start_at
    linked = item.deployment is not None and item.names_deployment
    opened: dict[str, object] = {
        "number": f"CHG{item.number:07d}",
        "short_description": item.summary,
        "description": item.summary,
        "type": item.kind,
        "state": "-4" if item.kind == "normal" else "-2",
        "risk": {"high": "2", "moderate": "3", "low": "4"}[item.risk],
        "approval": "requested" if item.approvals else "not requested",
        "start_date": naive(item.planned_start_at),
        "end_date": naive(item.planned_end_at),
        "work_start": "",
        "work_end": "",
        "closed_at": "",
        "opened_at": naive(created),
        "cmdb_ci": reference("cmdb_ci", service_sys_id(item.service)),
        "correlation_id": "",
        "requested_by": user(item.requested_by),
        "assigned_to": user(item.assigned_to),
        "assignment_group": reference("sys_user_group", _group(item.service.team_id)),
        "close_code": "",
        "close_notes": "",
        "active": "true",
        "unauthorized": "false",
        "phase_state": "open",
    }
    edits: list[Edit] = [(created, opened)]
    answers = [a.decided_at for a in item.approvals]
    if item.approvals and None not in answers:
        verdict = item.approvals[-1].decision
        edits.append((max(a for a in answers if a is not None), {"approval": verdict}))
    if start is not None and item.work_end_at is not None:
        source = f"github:{item.deployment.source_id}" if item.deployment and linked else ""
        begun = {"state": "-1", "work_start": naive(start), "correlation_id": source}
        begun_at = max(start, created) + 5
        edits.append((begun_at, {**begun}))
        edits.append((max(item.work_end_at, begun_at) + 60, _reviewed(item.work_end_at)))
    if item.closed_at is not None:
        state = "4" if item.is_cancelled else "3"
        at = max(item.closed_at, created + 120)
        done = {"state": state, "closed_at": naive(at), "close_code": item.close_code}
        edits.append((at, {**done, "active": "false"}))
    return record("change_request", item.sys_id, edits, item.requested_by.login)


def _reviewed(work_end_at: int) -> dict[str, object]:
    return {"state": "0", "work_end": naive(work_end_at)}


def approval(item: Approval, of: ChangeRequest) -> Versioned:
    """Return one approver's record, first as a request and then with the answer."""
    opened: dict[str, object] = {
        "approver": user(item.approver),
        "state": "requested",
        "sysapproval": reference("change_request", of.sys_id),
        "document_id": reference("change_request", of.sys_id),
        "source_table": "change_request",
        "due_date": "",
        "comments": "",
    }
    edits: list[Edit] = [(item.requested_at, opened)]
    if item.decided_at is not None:
        edits.append((max(item.decided_at, item.requested_at + 5), {"state": item.decision}))
    return record("sysapproval_approver", item.sys_id, edits, item.approver.login)


def configuration_items(start: int) -> list[Versioned]:
    """Return the services' configuration items; a few were renamed or reclassified later."""
    rows = []
    for service in SERVICES:
        since = start - 300 * 86400 + service.index * 3600
        fields: dict[str, object] = {
            "name": ci_name(service),
            "sys_class_name": _CLASS[service.tier],
            "operational_status": "1",
            "install_status": "1",
            "busines_criticality": _CRITICALITY.get(service.tier, "4 - not critical"),
            "support_group": reference("sys_user_group", _group(service.team_id)),
            "owned_by": "",
            "environment": "Production",
            "short_description": f"{service.name}, run by {service.team_id}",
            "correlation_id": service.service_id,
        }
        edits: list[Edit] = [(since, fields)]
        if service.index % 9 == 4:
            edits.append((start + 250 * 86400 + service.index * 60, {"operational_status": "2"}))
            edits.append((start + 251 * 86400 + service.index * 60, {"operational_status": "1"}))
        rows.append(record(_CLASS[service.tier], service_sys_id(service), edits, "discovery"))
    return rows


def relations(start: int) -> list[Versioned]:
    """Return the dependencies between configuration items."""
    since = start - 290 * 86400
    rows: list[Versioned] = []
    by_id = {service.service_id: service for service in SERVICES}
    kind = hexadecimal(32, "cmdb_rel_type", "Depends on::Used by")
    for service in SERVICES:
        for needed in service.depends_on:
            key = hexadecimal(32, "cmdb_rel_ci", service.service_id, needed)
            fields: dict[str, object] = {
                "parent": reference("cmdb_ci", service_sys_id(service)),
                "child": reference("cmdb_ci", service_sys_id(by_id[needed])),
                "type": reference("cmdb_rel_type", kind),
                "connection_strength": "always",
                "port": "",
            }
            rows.append(record("cmdb_rel_ci", key, [(since + len(rows) * 7, fields)], "discovery"))
    return rows
