"""What the sample company would write into leadline.yml: teams, services, names, settings."""

from datetime import datetime, timedelta

from data.sandbox.company import (
    MOVED_DAYS_BEFORE_END,
    MOVED_FROM,
    MOVED_SERVICE,
    NAME,
    SERVICES,
    TEAMS,
    Service,
)
from data.sandbox.render_pagerduty import service_key, service_name
from data.sandbox.servicenow_shapes import ci_name, service_sys_id

Settings = dict[str, object]


def catalogue(end: datetime) -> Settings:
    """Return the configuration's sections apart from the sources, ready to be written as YAML.

    Shape: organisation, teams, services (one with owners over time), environments, settings, goals.
    """
    moved = (end - timedelta(days=MOVED_DAYS_BEFORE_END)).date().isoformat()
    return {
        "organisation": {"name": NAME, "report_timezone": "Europe/Berlin", "holiday_country": "DE"},
        "teams": [
            {"id": team.team_id, "name": team.name, "timezone": team.timezone} for team in TEAMS
        ],
        "services": [_service(service, moved) for service in SERVICES],
        "environments": {"production": "production", "staging": "staging", "dev": "development"},
        "settings": {
            "hotfix_pattern": "hotfix/.*",
            "github_deploy_workflow_pattern": "(?i)deploy|release",
        },
        "goals": [
            {
                "metric": "lead_time_for_changes",
                "target": "3 d",
                "owner": "Engineering",
                "reason": "Fixes reach customers within the week",
            },
            {"metric": "deployment_frequency", "target": "10 per week", "owner": "Engineering"},
            {"metric": "change_failure_rate", "target": "10 %", "owner": "Release management"},
            {
                "metric": "time_to_restore",
                "target": "2 h",
                "owner": "Operations",
                "reason": "Promised to customers",
            },
        ],
    }


def _service(service: Service, moved: str) -> Settings:
    row: Settings = {
        "id": service.service_id,
        "name": service.name,
        "tier": service.tier,
        "repositories": [service.repository],
        "aliases": [
            service_name(service),
            service_key(service),
            ci_name(service),
            service_sys_id(service),
        ],
        "depends_on": list(service.depends_on),
    }
    if service.service_id != MOVED_SERVICE:
        return row | {"team": service.team_id}
    return row | {
        "owners": [
            {"team": MOVED_FROM, "effective_to": moved},
            {"team": service.team_id, "effective_from": moved},
        ]
    }
