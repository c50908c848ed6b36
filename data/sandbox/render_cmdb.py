"""How ServiceNow's configuration database shows services and their dependencies."""

from data.sandbox.company import SERVICES
from data.sandbox.draw import hexadecimal
from data.sandbox.servicenow_shapes import (
    Edit,
    ci_name,
    group,
    record,
    reference,
    service_sys_id,
)
from data.sandbox.versions import Versioned

_CLASS = {1: "cmdb_ci_service", 2: "cmdb_ci_service", 3: "cmdb_ci_service", 4: "cmdb_ci_appl"}
_CRITICALITY = {1: "1 - most critical", 2: "2 - somewhat critical", 3: "3 - less critical"}


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
            "support_group": group(service.team_id),
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
