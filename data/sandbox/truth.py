"""What really caused each incident; kept apart from everything a system of record shows."""

from data.sandbox.model import History, Incident
from data.sandbox.versions import iso


def incident_truths(history: History) -> list[dict[str, object]]:
    """Return one row per incident with its true cause and course.

    Shape: incident_ids (keys as `<source>:<id>`), service_id, cause (deployment, infrastructure,
    third_party, capacity, data, certificate, operator, none), deployment_id or None, and instants.
    """
    return [_truth(item) for item in history.incidents]


def _truth(item: Incident) -> dict[str, object]:
    ids = []
    if item.in_servicenow:
        ids.append(f"servicenow:{item.servicenow_id}")
    if item.in_pagerduty:
        ids.append(f"pagerduty:{item.pagerduty_id}")
    deployment = item.deployment
    return {
        "incident_ids": ids,
        "service_id": item.service.service_id,
        "title": item.title,
        "severity": item.severity,
        "cause": "none" if item.is_false_alarm else item.cause,
        "deployment_id": f"github:{deployment.source_id}" if deployment else None,
        "deployment_service_id": deployment.service.service_id if deployment else None,
        "remedy": item.remedy,
        "is_linked": item.is_linked,
        "is_false_alarm": item.is_false_alarm,
        "is_duplicate": item.is_duplicate,
        "parent_incident_id": f"servicenow:{item.parent.servicenow_id}" if item.parent else None,
        "impact_started_at": iso(item.impact_started_at),
        "detected_at": iso(item.detected_at),
        "acknowledged_at": iso(item.acknowledged_at) if item.acknowledged_at else None,
        "restored_at": iso(item.restored_at) if item.restored_at else None,
    }
