"""What this run is to do: the only reader of the environment and of leadline.yml."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.catalogue import (
    SETTING_KEYS,
    Company,
    Record,
    configuration_id,
    refuse_unknown_holidays,
    render_catalogue,
)
from orchestration.errors import ConfigurationError
from orchestration.named import refuse_unknown_names, secret_addresses
from orchestration.policy import POLICY_FILE, Policy, policy_records
from orchestration.policy.reading import read_policy
from orchestration.references import refuse_literals
from orchestration.yaml_lines import Document, Place, read_document, validation_error
from transforms.home import Home

CONFIG_FILE = "leadline.yml"
DEFAULT_TAG_PATTERN = r"v?\d+\.\d+\.\d+"


class Environment(BaseSettings):
    """The environment variables that Leadline knows; each begins with LEADLINE_."""

    model_config = SettingsConfigDict(
        env_prefix="LEADLINE_", extra="ignore", hide_input_in_errors=True
    )

    config: Path = Path(CONFIG_FILE)
    roles: Path = Path("roles.yml")
    policy: Path | None = None
    pseudonym_key: SecretStr | None = None
    keep_builds: int = Field(default=10, ge=1)
    port: int = Field(default=8501, ge=1, le=65535)


@dataclass(frozen=True)
class Source:
    """One configured source: its section of leadline.yml, with references not yet resolved."""

    name: str
    kind: str
    section: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """The sources to read and the company they belong to."""

    company: Company
    sources: tuple[Source, ...]
    document: Document
    policy: Policy = field(default_factory=Policy)

    @property
    def catalogue(self) -> list[Record]:
        """Return the records that tell the models about the company."""
        company = render_catalogue(
            self.company,
            source_settings={one.name: one.settings for one in self.sources},
        )
        return [*company, *policy_records(self.policy)]

    @property
    def configuration_id(self) -> str:
        """Return a short hash of the catalogue."""
        return configuration_id(self.catalogue)

    @property
    def report_timezone(self) -> str:
        """Return the zone whose days, weeks and months are reported."""
        return self.company.organisation.report_timezone


def read_environment() -> Environment:
    """Return the environment variables that Leadline knows.

    Errors: ConfigurationError naming the variable that cannot be used.
    """
    try:
        return Environment()
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False, include_context=False)[0]
        name = "LEADLINE_" + str(first["loc"][0]).upper()
        raise ConfigurationError(
            f"The environment variable {name} cannot be used ({first['msg']}); correct it."
        ) from None


def read_settings(file: Path, *, policy: Path | None = None) -> Settings:
    """Return the settings of a leadline.yml and of the policy, which stands beside it by default.

    Secrets stay references until they are needed.

    Errors: ConfigurationError with file, line and setting; values are not echoed.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{file} does not exist; write it with `leadline init`, or read a repository with "
            "`leadline run --git PATH`."
        ) from None
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"{file} cannot be read; correct its permissions.") from exc
    settings = parse_settings(text, name=file.name)
    return replace(settings, policy=read_policy(policy or file.with_name(POLICY_FILE)))


def parse_settings(text: str, *, name: str = CONFIG_FILE) -> Settings:
    """Return the settings that a text in the format of leadline.yml holds.

    Errors: ConfigurationError with file, line and setting; values are not echoed.
    """
    document = read_document(text, name=name)
    refuse_literals(document, secret_places=secret_addresses(document))
    sections = document.values.get("sources") or {}
    if not isinstance(sections, dict):
        raise document.error(("sources",), "must be a list of `name: {kind: ...}`")
    sources = tuple(_source(document, str(key), section) for key, section in sections.items())
    rest = {key: value for key, value in document.values.items() if key != "sources"}
    company = _company(document, {key: value for key, value in rest.items() if value is not None})
    _refuse_unknown_references(document, company)
    refuse_unknown_names(document, company)
    _refuse_wrong_settings(document, company, sources)
    return Settings(company=company, sources=sources, document=document)


def git_settings(path: Path, *, tag_pattern: str | None = None) -> Settings:
    """Return the settings of `run --git PATH`: one repository, one service, no configuration.

    Errors: ConfigurationError when the path is no folder or the pattern no regular expression.
    """
    from connectors import git

    if tag_pattern and not is_pattern(tag_pattern):
        raise ConfigurationError(
            r"--tag-pattern is no regular expression; give one such as 'v\d+\.\d+\.\d+'."
        )
    if not path.is_dir():
        raise ConfigurationError(f"{path} is no folder; give the path of a git repository.")
    config = git.Config(path=path.resolve())
    names = list(config.paths())
    company = Company.model_validate(
        {
            "organisation": {"name": names[0], "report_timezone": "UTC"},
            "services": [{"id": name, "repositories": [name]} for name in names],
            "environments": {"production": "production"},
        }
    )
    settings = {
        "tag_pattern": tag_pattern or DEFAULT_TAG_PATTERN,
        "git_environment": "production",
    }
    source = Source(
        name="git", kind="git", section={"path": str(path.resolve())}, settings=settings
    )
    document = Document(name="--git", values={}, lines={})
    return Settings(company=company, sources=(source,), document=document)


def process_variables() -> Mapping[str, str]:
    """Return the environment variables of this process."""
    return os.environ


def is_set(variable: str, *, environ: Mapping[str, str] | None = None) -> bool:
    """Say whether an environment variable has a value, without returning it."""
    return bool((os.environ if environ is None else environ).get(variable))


def changed_from(expected: Mapping[str, str]) -> list[str]:
    """Return the names of the environment variables that differ from what is expected."""
    return sorted(name for name, value in expected.items() if os.environ.get(name) != value)


def child_environment(home: Home) -> dict[str, str]:
    """Return the environment for a child process that is to use the same folder."""
    return dict(os.environ) | {"LEADLINE_HOME": str(home.root)}


@contextlib.contextmanager
def process_environment(
    work: Home, *, lake: Path, key: SecretStr, bot_pattern: str = ""
) -> Iterator[None]:
    """Set what dbt reads while the body runs: work folder, lake, key, logins of bots."""
    wanted = {
        "LEADLINE_HOME": str(work.root),
        "LEADLINE_LAKE": str(lake),
        "LEADLINE_PSEUDONYM_KEY": key.get_secret_value(),
        "LEADLINE_BOT_PATTERN": bot_pattern,
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def known_connectors() -> dict[str, Any]:
    """Return every connector module by its kind."""
    from connectors import discover

    return dict(discover())


def _source(document: Document, name: str, section: object) -> Source:
    place: Place = ("sources", name)
    if not isinstance(section, dict):
        raise document.error(place, "must be a section with its settings")
    kind = str(section.get("kind", name))
    modules = known_connectors()
    if kind not in modules:
        raise document.error((*place, "kind"), f"must be one of: {', '.join(sorted(modules))}")
    config = modules[kind].Config
    secret = frozenset(
        (*place, field_name)
        for field_name, info in config.model_fields.items()
        if "Secret" in str(info.annotation) and section.get(field_name) is not None
    )
    refuse_literals(document, secret_places=secret)
    return Source(
        name=name,
        kind=kind,
        section={
            key: value for key, value in section.items() if key not in {"kind", *SETTING_KEYS}
        },
        settings={key: value for key, value in section.items() if key in SETTING_KEYS},
    )


def _company(document: Document, values: Mapping[str, object]) -> Company:
    try:
        company = Company.model_validate(values)
    except ValidationError as exc:
        raise validation_error(document, (), exc) from None
    for key in company.settings:
        if key not in SETTING_KEYS:
            raise document.error(
                ("settings", key),
                f"is unknown; known are: {', '.join(sorted(SETTING_KEYS))}",
            )
    return company


def _refuse_unknown_references(document: Document, company: Company) -> None:
    teams = {team.id for team in company.teams}
    for at, team_section in enumerate(company.teams):
        country = team_section.holiday_country or company.organisation.holiday_country
        try:
            refuse_unknown_holidays(country, team_section.holiday_subdivision)
        except ValueError as exc:
            raise document.error(("teams", at), f"{exc}; correct it") from None
    services = {service.id for service in company.services}
    for at, service in enumerate(company.services):
        place: Place = ("services", at)
        for team in filter(None, [service.team, *(owner.team for owner in service.owners)]):
            if team not in teams:
                raise document.error((*place, "team"), "names a team that is not below `teams:`")
        if set(service.depends_on) - services:
            raise document.error(
                (*place, "depends_on"), "names a service that is not below `services:`"
            )


def is_pattern(text: str) -> bool:
    """Say whether the models can use a text as a regular expression; DuckDB's are RE2."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            connection.execute("select regexp_full_match('', ?)", [text])
        except duckdb.Error:
            return False
    return True


def _refuse_wrong_settings(
    document: Document, company: Company, sources: tuple[Source, ...]
) -> None:
    given: list[tuple[Place, object]] = [
        *((("settings", key), value) for key, value in company.settings.items()),
        *(
            (("sources", source.name, key), value)
            for source in sources
            for key, value in source.settings.items()
        ),
    ]
    for place, value in given:
        if str(place[-1]).endswith("_pattern") and not is_pattern(str(value)):
            raise document.error(place, "is no regular expression; correct it")
        others = [one.name for one in sources if len(place) > 2 and one.name != place[1]]
        if place[-1] == "of" and value not in others:
            raise document.error(place, "names no other source; `of` is the source polled too")
