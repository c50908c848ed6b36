"""Replies of Datadog in small, as recorded by its own client, with the people left in."""

from typing import Any

PERSON = "frog@example.com"
USER: dict[str, Any] = {
    "data": {
        "type": "users",
        "id": "3ad549bf-eba0-11e9-a77a-0705486660d0",
        "attributes": {"handle": PERSON, "email": PERSON, "name": "Frog"},
    }
}


def _field(kind: str, value: object) -> dict[str, Any]:
    return {"type": kind, "value": value}


def incident(number: int, created: str, *, state: str = "active", **more: Any) -> dict[str, Any]:
    """Return one incident as a search finds it."""
    attributes: dict[str, Any] = {
        "public_id": number,
        "incident_type_uuid": "f7341da0-aaac-4ecf-aa65-5b094f4ecc42",
        "title": f"Checkout is slow, says {PERSON}",
        "resolved": None,
        "customer_impact_scope": "",
        "customer_impact_start": None,
        "customer_impact_end": None,
        "customer_impacted": False,
        "notification_handles": None,
        "created_by": USER,
        "created_by_uuid": None,
        "last_modified_by": USER,
        "commander": None,
        "created": created,
        "modified": created,
        "detected": created,
        "archived": None,
        "fields": {
            "severity": _field("dropdown", "SEV-2"),
            "state": _field("dropdown", state),
            "detection_method": _field("dropdown", "unknown"),
            "services": _field("autocomplete", ["checkout", "cart"]),
            "teams": _field("autocomplete", None),
        },
        "severity": "SEV-2",
        "state": state,
        "visibility": "organization",
        "case_id": None,
        **more,
    }
    return {"type": "incidents", "id": f"0000-{number}", "attributes": attributes}


def found(incidents: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the reply of a search."""
    listed = [{"data": one} for one in incidents]
    attributes = {"total": len(incidents), "facets": {}, "incidents": listed}
    return {"data": {"type": "incidents_search_results", "attributes": attributes}}


def event(number: int, happened: str, **more: Any) -> dict[str, Any]:
    """Return one change event."""
    own: dict[str, Any] = {
        "aggregation_key": "aggregation_key_123",
        "author": {"name": PERSON, "type": "user"},
        "change_metadata": {"resource_link": "example.com/feature/fallback_payments_test"},
        "changed_resource": {"name": "fallback_payments_test", "type": "feature_flag"},
        "evt": {"id": str(number), "category": "change", "source_id": 1, "type": "custom"},
        "impacted_resources": [{"name": "checkout", "type": "service"}],
        "new_value": {"enabled": True, "percentage": "50%"},
        "prev_value": {"enabled": True, "percentage": "10%"},
        "service": "undefined",
        "title": "payment_processed feature flag updated",
        **more,
    }
    attributes = {
        "attributes": own,
        "message": f"enabled by {PERSON}",
        "tags": ["env:production", "team:pay", "service:basket"],
        "timestamp": happened,
    }
    return {"type": "event", "id": f"AgAAAYGCFTWI{number}", "attributes": attributes}


def monitor(number: int, state: str, since: str, **more: Any) -> dict[str, Any]:
    """Return one monitor as the list shows it."""
    return {
        "id": number,
        "org_id": 321813,
        "type": "query alert",
        "name": f"Latency of checkout ({number})",
        "message": f"Latency SLO violation @{PERSON}",
        "tags": ["service:checkout", "env:production", "team:pay", "team:web", "odd"],
        "query": "avg(last_1m):avg:aws.applicationelb.target_response_time.p95{*} > 0.2",
        "options": {"notify_no_data": False, "silenced": {}},
        "multi": True,
        "created": "2026-05-03T13:03:44.905085+00:00",
        "modified": "2026-05-03T13:03:44.905085+00:00",
        "deleted": None,
        "priority": 2,
        "overall_state_modified": since,
        "overall_state": state,
        "creator": {"name": None, "handle": PERSON, "email": PERSON, "id": 1445416},
        "matching_downtimes": [],
        **more,
    }


def downtime(number: int, schedule: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return one downtime."""
    attributes = {
        "mute_first_recovery_notification": False,
        "canceled": None,
        "monitor_identifier": {"monitor_tags": ["*"]},
        "schedule": schedule,
        "notify_end_types": ["expired"],
        "notify_end_states": ["no data", "warn", "alert"],
        "status": "active",
        "scope": 'env:production AND service:"checkout"',
        "created": "2026-05-22T03:06:54.079122+00:00",
        "display_timezone": "UTC",
        "message": f"maintenance @{PERSON}",
        "modified": "2026-05-22T03:06:54.079122+00:00",
        **more,
    }
    return {"type": "downtime", "attributes": attributes, "id": f"b4613732-{number}"}


ONCE = {"start": "2026-11-22T03:00:00.072998+00:00", "end": "2026-11-22T05:00:00.072998+00:00"}
WEEKLY = {
    "timezone": "Europe/Berlin",
    "recurrences": [
        {"rrule": "FREQ=WEEKLY;BYDAY=MO", "duration": "2h", "start": "2026-11-02T06:00"},
        {"rrule": "FREQ=DAILY", "duration": "30m", "start": "2026-07-01T06:00"},
    ],
    "current_downtime": {"start": "2026-11-23T05:00:00+00:00", "end": "2026-11-23T07:00:00+00:00"},
}
