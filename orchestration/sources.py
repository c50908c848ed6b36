"""Connectors for the configured sources; here, and only here, references become secrets."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pydantic import ValidationError

from connectors._contract import Connector
from orchestration.errors import ConfigurationError
from orchestration.references import resolve, variables
from orchestration.settings import (
    Settings,
    Source,
    known_connectors,
    process_variables,
)
from orchestration.yaml_lines import Place, validation_error


def connect_sources(
    settings: Settings,
    *,
    only: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> list[Connector]:
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
    module = known_connectors()[source.kind]
    place: Place = ("sources", source.name)
    section = dict(source.section)
    # Services told by paths need them from every connector that can read them.
    are_told_by_paths = any(service.paths for service in settings.company.services)
    if are_told_by_paths and "changed_paths" in module.Config.model_fields:
        section.setdefault("changed_paths", True)
    values = resolve(
        section,
        place=place,
        document=settings.document,
        environ=process_variables() if environ is None else environ,
    )
    try:
        config = module.Config.model_validate(values)
    except ValidationError as exc:
        raise validation_error(settings.document, place, exc) from None
    connector: Connector = module.connect(config, name=source.name)
    _refuse_odd_address(settings, place, connector)
    return connector


def _refuse_odd_address(settings: Settings, place: Place, connector: Connector) -> None:
    """Refuse an address that is none of HTTP or that carries credentials.

    Errors: ConfigurationError with the line of the source.
    """
    if connector.access is None:
        return
    parts = urlsplit(connector.access.base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise settings.document.error(place, "has an address that does not begin with https://")
    if parts.username is not None or parts.password is not None:
        raise settings.document.error(
            place, "has an address that holds credentials; they belong in their own settings"
        )


def needed_variables(settings: Settings) -> dict[str, list[str]]:
    """Return the environment variables that each source refers to."""
    return {source.name: variables(dict(source.section)) for source in settings.sources}
