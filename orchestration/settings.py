"""What this run is to do: the only reader of the environment and of leadline.yml."""

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors._contract import Connector
from orchestration.catalogue import (
    SETTING_KEYS,
    Company,
    Record,
    configuration_id,
    render_catalogue,
)
from orchestration.errors import ConfigurationError
from orchestration.references import refuse_literals, resolve, variables
from orchestration.yaml_lines import Document, Place, read_document
from transforms.home import Home

CONFIG_FILE = "leadline.yml"
DEFAULT_TAG_PATTERN = r"v?\d+\.\d+\.\d+"


class Environment(BaseSettings):
    """The environment variables that Leadline knows; each begins with LEADLINE_."""

    model_config = SettingsConfigDict(
        env_prefix="LEADLINE_", extra="ignore", hide_input_in_errors=True
    )

    config: Path = Path(CONFIG_FILE)
    pseudonym_key: SecretStr | None = None
    keep_builds: int = 10
    port: int = 8501


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

    @property
    def catalogue(self) -> list[Record]:
        """Return the records that tell the models about the company."""
        return render_catalogue(
            self.company,
            source_settings={one.name: one.settings for one in self.sources},
        )

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
        name = "LEADLINE_" + str(exc.errors(include_input=False)[0]["loc"][0]).upper()
        raise ConfigurationError(
            f"The environment variable {name} cannot be used; correct it."
        ) from None


def read_settings(file: Path) -> Settings:
    """Return the settings of a leadline.yml; secrets stay references until they are needed.

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
    return parse_settings(text, name=file.name)


def parse_settings(text: str, *, name: str = CONFIG_FILE) -> Settings:
    """Return the settings that a text in the format of leadline.yml holds.

    Errors: ConfigurationError with file, line and setting; values are not echoed.
    """
    document = read_document(text, name=name)
    refuse_literals(document)
    sections = document.values.get("sources") or {}
    if not isinstance(sections, dict):
        raise document.error(("sources",), "must be a list of `name: {kind: ...}`")
    sources = tuple(_source(document, str(key), section) for key, section in sections.items())
    rest = {key: value for key, value in document.values.items() if key != "sources"}
    company = _company(document, {key: value for key, value in rest.items() if value is not None})
    _refuse_unknown_references(document, company)
    return Settings(company=company, sources=sources, document=document)


def git_settings(path: Path, *, tag_pattern: str | None = None) -> Settings:
    """Return the settings of `run --git PATH`: one repository, one service, no configuration.

    Errors: ConfigurationError when the path is no folder.
    """
    from connectors import git

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


def connect_sources(
    settings: Settings,
    *,
    only: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> list[Any]:
    """Return a connector for each source (or for those named), secrets resolved.

    Errors: ConfigurationError with the line of the setting, never with its value.
    """
    known = [source.name for source in settings.sources]
    for name in only:
        if name not in known:
            raise ConfigurationError(
                f"There is no source {name!r} in {settings.document.name}; it has: "
                f"{', '.join(known) or 'none'}."
            )
    chosen = [source for source in settings.sources if not only or source.name in only]
    if not chosen:
        raise ConfigurationError(
            f"{settings.document.name} has no source; add one below `sources:`, or read a "
            "repository with `leadline run --git PATH`."
        )
    return [connect_source(settings, source, environ=environ) for source in chosen]


def connect_source(
    settings: Settings, source: Source, *, environ: Mapping[str, str] | None = None
) -> Connector:
    """Return the connector of one source, its references resolved.

    Errors: ConfigurationError with the line of the setting, never with its value.
    """
    module = _connectors()[source.kind]
    place: Place = ("sources", source.name)
    values = resolve(
        dict(source.section),
        place=place,
        document=settings.document,
        environ=os.environ if environ is None else environ,
    )
    try:
        config = module.Config.model_validate(values)
    except ValidationError as exc:
        raise _validation_error(settings.document, place, exc) from None
    connector: Connector = module.connect(config, name=source.name)
    return connector


def needed_variables(settings: Settings) -> dict[str, list[str]]:
    """Return the environment variables that each source refers to."""
    return {source.name: variables(dict(source.section)) for source in settings.sources}


def is_set(variable: str, *, environ: Mapping[str, str] | None = None) -> bool:
    """Say whether an environment variable has a value, without returning it."""
    return bool((os.environ if environ is None else environ).get(variable))


def changed_from(expected: Mapping[str, str]) -> list[str]:
    """Return the names of the environment variables that differ from what is expected."""
    return sorted(name for name, value in expected.items() if os.environ.get(name) != value)


def pseudonym_key(home: Home, *, environment: Environment) -> SecretStr:
    """Return the key of the pseudonyms; where none is set, make one once (0600) and keep it.

    Errors: ConfigurationError when the key file cannot be used.
    """
    if environment.pseudonym_key is not None:
        return environment.pseudonym_key
    file = home.root / "keys" / "pseudonym.key"
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                opened.write(secrets.token_hex(32) + "\n")
        key = file.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise ConfigurationError(f"{file} cannot be used; make it readable and writable.") from exc
    if not key:
        raise ConfigurationError(f"{file} is empty; remove it, or put the key back from a backup.")
    return SecretStr(key)


def key_id(key: SecretStr) -> str:
    """Return a short name of a key, from which the key cannot be found again."""
    secret = key.get_secret_value().encode()
    return hmac.new(secret, b"leadline pseudonym key id", hashlib.sha256).hexdigest()[:8]


def child_environment(home: Home) -> dict[str, str]:
    """Return the environment for a child process that is to use the same folder."""
    return dict(os.environ) | {"LEADLINE_HOME": str(home.root)}


@contextlib.contextmanager
def process_environment(work: Home, *, lake: Path, key: SecretStr) -> Iterator[None]:
    """Set what dbt reads from the environment while the body runs: work folder, lake and key."""
    wanted = {
        "LEADLINE_HOME": str(work.root),
        "LEADLINE_LAKE": str(lake),
        "LEADLINE_PSEUDONYM_KEY": key.get_secret_value(),
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


def _connectors() -> dict[str, Any]:
    from connectors import discover

    return dict(discover())


def _source(document: Document, name: str, section: object) -> Source:
    place: Place = ("sources", name)
    if not isinstance(section, dict):
        raise document.error(place, "must be a section with its settings")
    kind = str(section.get("kind", name))
    modules = _connectors()
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
        raise _validation_error(document, (), exc) from None
    for key in company.settings:
        if key not in SETTING_KEYS:
            raise document.error(
                ("settings", key),
                f"is unknown; known are: {', '.join(sorted(SETTING_KEYS))}",
            )
    return company


def _refuse_unknown_references(document: Document, company: Company) -> None:
    teams = {team.id for team in company.teams}
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


def _validation_error(document: Document, place: Place, exc: ValidationError) -> ConfigurationError:
    first = exc.errors(include_input=False, include_url=False, include_context=False)[0]
    problem = str(first["msg"]).removeprefix("Value error, ")
    return document.error((*place, *first["loc"]), f"cannot be used ({problem}); correct it")
