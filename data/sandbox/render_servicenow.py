"""How ServiceNow's Table API shows incidents, change requests and approvals.

Every value is a string, references are objects with a link, dates are UTC without a zone.
A record is a list of edits; its state at an instant is all edits up to then.
"""

from data.sandbox.model import Approval, ChangeRequest, Incident
from data.sandbox.servicenow_shapes import Edit, group, record, reference, service_sys_id, user
from data.sandbox.versions import Versioned, naive


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
        "assignment_group": group(item.service.team_id),
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
        "assignment_group": group(item.service.team_id),
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
