"""The company as leadline.yml describes it, rendered as records of the source `leadline`."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Tier = Literal["production", "staging", "test", "development"]
Record = dict[str, Any]
SETTING_KEYS = frozenset(
    {
        "tag_pattern",
        "git_environment",
        "hotfix_pattern",
        "github_deploy_workflow_pattern",
        "deploy_job_pattern",
        "verification_job_pattern",
        "partial_counts_as_failure",
        "expected_sync_hours",
    }
)
USUAL_ENVIRONMENTS: dict[str, Tier] = {
    "production": "production",
    "prod": "production",
    "live": "production",
    "staging": "staging",
    "stage": "staging",
    "test": "test",
    "qa": "test",
    "development": "development",
    "dev": "development",
}


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone such as Europe/Berlin or UTC")
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class Part(BaseModel):
    """Base of every section: unknown settings are refused, values are never echoed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Organisation(Part):
    """The company whose numbers these are."""

    name: str = "My organisation"
    report_timezone: Zone = "UTC"
    holiday_country: str | None = None


class Team(Part):
    """Who owns services."""

    id: str
    name: str = ""
    timezone: Zone | None = None


class Owner(Part):
    """A team that owns a service from a day on."""

    team: str
    effective_from: date | None = None
    effective_to: date | None = None


class Service(Part):
    """What is deployed and owned."""

    id: str
    name: str = ""
    team: str | None = None
    tier: int = Field(default=3, ge=1, le=4)
    repositories: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()


class Company(Part):
    """Everything that leadline.yml says apart from the sources."""

    organisation: Organisation = Organisation()
    teams: tuple[Team, ...] = ()
    services: tuple[Service, ...] = ()
    environments: dict[str, Tier] = Field(default_factory=lambda: dict(USUAL_ENVIRONMENTS))
    settings: dict[str, str | int | float] = Field(default_factory=dict)


def render_catalogue(
    company: Company, *, source_settings: Mapping[str, Mapping[str, object]]
) -> list[Record]:
    """Return the records that tell the models about the company, in a fixed order.

    Shape: `record_type` is organisation, team, service, dependency, environment or setting.
    """
    organisation = company.organisation
    records: list[Record] = [
        {
            "record_type": "organisation",
            "name": organisation.name,
            "report_timezone": organisation.report_timezone,
            "holiday_country": organisation.holiday_country,
        }
    ]
    records += [
        {
            "record_type": "team",
            "team_id": team.id,
            "name": team.name or team.id,
            "timezone": team.timezone or organisation.report_timezone,
        }
        for team in company.teams
    ]
    for service in company.services:
        records += _service_records(service)
    records += [
        {"record_type": "environment", "name": name, "tier": tier}
        for name, tier in company.environments.items()
    ]
    records += _setting_records(None, company.settings)
    for source, settings in source_settings.items():
        records += _setting_records(source, settings)
    return records


def configuration_id(records: Iterable[Record]) -> str:
    """Return a short hash of the catalogue: builds of equal configuration share it."""
    text = json.dumps(list(records), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _service_records(service: Service) -> list[Record]:
    owners = service.owners or (None,)
    records: list[Record] = [
        {
            "record_type": "service",
            "service_id": service.id,
            "name": service.name or service.id,
            "team_id": owner.team if owner else service.team,
            "tier": service.tier,
            "repositories": list(service.repositories),
            "aliases": list(service.aliases),
            "effective_from": _day(owner.effective_from if owner else None),
            "effective_to": _day(owner.effective_to if owner else None),
        }
        for owner in owners
    ]
    return records + [
        {"record_type": "dependency", "service_id": service.id, "depends_on": other}
        for other in service.depends_on
    ]


def _setting_records(source: str | None, settings: Mapping[str, object]) -> list[Record]:
    return [
        {"record_type": "setting", "source": source, "key": key, "value": str(value)}
        for key, value in sorted(settings.items())
    ]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
