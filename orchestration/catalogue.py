"""The company as leadline.yml describes it, rendered as records of the source `leadline`."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from orchestration.goals import Goal, goal_record
from orchestration.notify.sections import Alert, Channel, ScheduledReport
from orchestration.part import Hours, Part, Zone

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
        "alert_service_label",
        "bot_pattern",
        "of",
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


def refuse_unknown_holidays(country: str | None, subdivision: str | None) -> None:
    """Raise ValueError when there is no holiday calendar for a country and a part of it."""
    if country is None:
        if subdivision is not None:
            raise ValueError("has a holiday_subdivision, but no holiday_country it is part of")
        return
    # Only who names a country waits for the library.
    from holidays import country_holidays

    try:
        country_holidays(country, subdiv=subdivision, years=2026)
    except NotImplementedError:
        raise ValueError(
            "has no known holiday calendar; holiday_country is an ISO 3166 code such as DE, "
            "holiday_subdivision a part of that country such as BY"
        ) from None


def _glob(text: str) -> str:
    if not text or text.startswith(("/", "!", "./")) or set(text) & set("[]{}\\"):
        raise ValueError(
            "is not a path within a repository such as services/pay/**; * and ? stand for signs "
            "within a name, ** for any folders"
        )
    return text


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Glob = Annotated[str, AfterValidator(_glob)]


def _pages_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s@<>\"']+", text):
        raise ValueError("is not an address of pages such as https://leadline.acme.example")
    return text.rstrip("/")


class Organisation(Part):
    """The company whose numbers these are; `pages_url` is where people open the pages."""

    name: str = "My organisation"
    pages_url: Annotated[str, AfterValidator(_pages_url)] | None = None
    report_timezone: Zone = "UTC"
    holiday_country: str | None = None
    holiday_subdivision: str | None = None
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    working_hours: Hours = "09:00-17:00"
    working_days: tuple[Weekday, ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"), min_length=1
    )

    @model_validator(mode="after")
    def _has_known_holidays(self) -> Self:
        refuse_unknown_holidays(self.holiday_country, self.holiday_subdivision)
        return self


class Team(Part):
    """Who owns services; what it leaves out of its calendar is the organisation's."""

    id: str
    name: str = ""
    timezone: Zone | None = None
    holiday_country: str | None = None
    holiday_subdivision: str | None = None
    working_hours: Hours | None = None


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
    paths: tuple[Glob, ...] = ()
    aliases: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()
    active_from: date | None = None
    active_to: date | None = None

    @model_validator(mode="after")
    def _is_active_forwards(self) -> Self:
        if self.active_from and self.active_to and self.active_to < self.active_from:
            raise ValueError("has an active_to before its active_from")
        return self


class Network(Part):
    """Where in private networks the sources may be; public addresses need no entry.

    `private_hosts` holds host names, addresses or networks such as 10.20.0.0/16.
    """

    private_hosts: tuple[str, ...] = ()


class PersonSection(Part):
    """One person, bot or service account, and every name under which sources speak of it."""

    id: str = Field(min_length=1)
    kind: Literal["human", "bot", "service"] = "human"
    logins: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    sso_ids: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Return every name in lower case, the id first, each once."""
        given = (self.id, *self.logins, *self.addresses, *self.sso_ids)
        return list(dict.fromkeys(one.strip().lower() for one in given))


class Company(Part):
    """Everything that leadline.yml says apart from the sources."""

    organisation: Organisation = Organisation()
    network: Network = Network()
    teams: tuple[Team, ...] = ()
    services: tuple[Service, ...] = ()
    people: tuple[PersonSection, ...] = ()
    environments: dict[str, Tier] = Field(default_factory=lambda: dict(USUAL_ENVIRONMENTS))
    settings: dict[str, str | int | float] = Field(default_factory=dict)
    goals: tuple[Goal, ...] = ()
    channels: dict[str, Channel] = Field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    reports: tuple[ScheduledReport, ...] = ()

    @model_validator(mode="after")
    def _knows_each_name_once(self) -> Self:
        names = [name for person in self.people for name in person.names]
        if len(set(names)) < len(names):
            raise ValueError("people: two of them have the same id, login, address or SSO id")
        return self


def render_catalogue(
    company: Company, *, source_settings: Mapping[str, Mapping[str, object]]
) -> list[Record]:
    """Return the records that tell the models about the company, in a fixed order.

    Shape: `record_type` is organisation, team, service, dependency, environment, person, goal
    or setting.
    The lake is the only place where the names of people stand; staging knows their pseudonyms.
    """
    organisation = company.organisation
    records: list[Record] = [
        {
            "record_type": "organisation",
            "name": organisation.name,
            "report_timezone": organisation.report_timezone,
            "holiday_country": organisation.holiday_country,
            "holiday_subdivision": organisation.holiday_subdivision,
            "fiscal_year_start_month": organisation.fiscal_year_start_month,
            "working_hours": organisation.working_hours,
            "working_days": list(organisation.working_days),
        }
    ]
    records += [_team_record(team, organisation) for team in company.teams]
    for service in company.services:
        records += _service_records(service)
    records += [
        {"record_type": "environment", "name": name, "tier": tier}
        for name, tier in company.environments.items()
    ]
    records += [
        {
            "record_type": "person",
            "person_id": person.id,
            "kind": person.kind,
            "person_aliases": person.names,
        }
        for person in company.people
    ]
    records += [goal_record(goal) for goal in company.goals]
    records += _setting_records(None, company.settings)
    for source, settings in source_settings.items():
        records += _setting_records(source, settings)
    return records


def configuration_id(records: Iterable[Record]) -> str:
    """Return a short hash of the catalogue: builds of equal configuration share it."""
    text = json.dumps(list(records), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _team_record(team: Team, organisation: Organisation) -> Record:
    """Return a team with its whole calendar; a part of a country goes with its country."""
    of = organisation if team.holiday_country is None else team
    return {
        "record_type": "team",
        "team_id": team.id,
        "name": team.name or team.id,
        "timezone": team.timezone or organisation.report_timezone,
        "holiday_country": of.holiday_country,
        "holiday_subdivision": team.holiday_subdivision or of.holiday_subdivision,
        "working_hours": team.working_hours or organisation.working_hours,
    }


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
            "paths": list(service.paths),
            "aliases": list(service.aliases),
            "effective_from": _day(owner.effective_from if owner else None),
            "effective_to": _day(owner.effective_to if owner else None),
            "active_from": _day(service.active_from),
            "active_to": _day(service.active_to),
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
