"""Who may see the pages: `roles.yml` says how people sign in, and what each of their groups sees.

The roles that Leadline ships stand in dashboards/roles.yml; the organisation's own file adds to
them or replaces them by name.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator

from orchestration.errors import ConfigurationError
from orchestration.part import Part
from orchestration.references import refuse_literals
from orchestration.yaml_lines import Document, read_document, validation_error

SHIPPED_ROLES = Path(__file__).resolve().parents[1] / "dashboards" / "roles.yml"
CALLBACK = "/oauth2callback"
# What promises that data stop within five minutes of the end of a sign-in.
LONGEST_CONFIRM_SECONDS = 300


class Role(Part):
    """What people of a role see: sections or pages by their address; and what they may do."""

    pages: tuple[str, ...]
    may: tuple[Literal["export", "sql", "judge"], ...] = ()


class Group(Part):
    """What members of a group of the provider are here; with teams they see only those."""

    role: str
    teams: tuple[str, ...] | None = Field(default=None, min_length=1)


class SignIn(Part):
    """The OpenID Connect provider that people sign in with, and where it sends them back to.

    Units: `confirm_seconds` is how long a sign-in is believed before the provider is asked again.
    """

    metadata_url: str
    public_url: str
    client_id: str = Field(min_length=1)
    client_secret: str
    cookie_secret: str | None = None
    groups_claim: str = "groups"
    scope: str = "openid email profile"
    prompt: str = "select_account"
    confirm_seconds: int = Field(default=240, ge=1, le=LONGEST_CONFIRM_SECONDS)

    @field_validator("metadata_url", "public_url")
    @classmethod
    def _is_guarded(cls, url: str) -> str:
        parts = urlsplit(url)
        is_plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if not parts.hostname or not (parts.scheme == "https" or is_plain):
            raise ValueError("must be an https address; http only on this machine itself")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must be an address without a name, a query or a fragment")
        return url

    @field_validator("public_url")
    @classmethod
    def _is_root(cls, url: str) -> str:
        if urlsplit(url).path not in ("", "/"):
            raise ValueError("must be the address of the first page, without a path")
        return url.rstrip("/")

    @property
    def redirect_uri(self) -> str:
        """Return the address that must be registered with the provider."""
        return self.public_url + CALLBACK

    @property
    def host(self) -> str:
        """Return the name under which browsers reach the pages."""
        return urlsplit(self.public_url).hostname or ""


class Access(Part):
    """All of roles.yml, with the shipped roles beneath it."""

    sign_in: SignIn
    groups: dict[str, Group] = Field(min_length=1)
    roles: dict[str, Role]

    @model_validator(mode="after")
    def _names_known_roles(self) -> Self:
        for group in self.groups.values():
            if group.role not in self.roles:
                raise ValueError(f"a group has no known role; known are: {', '.join(self.roles)}")
        return self

    @property
    def scopes(self) -> dict[str, tuple[str, ...]]:
        """Return the sets of teams to which some group is limited, by the id of their file."""
        teams = {group.teams for group in self.groups.values() if group.teams is not None}
        return {scope_id(one): tuple(sorted(set(one))) for one in sorted(teams)}


def scope_id(teams: tuple[str, ...]) -> str:
    """Return the name of the file that holds the rows of exactly these teams."""
    text = "\n".join(sorted(set(teams)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_loopback(host: str) -> bool:
    """Say whether an address or name can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_access(file: Path) -> tuple[Access, Document] | None:
    """Return what roles.yml says, and its lines for errors; None where there is no such file.

    Errors: ConfigurationError with file, line and setting; values are not echoed.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"{file} cannot be read; correct its permissions.") from exc
    document = read_document(text, name=file.name)
    refuse_literals(document)
    own = document.values.get("roles") or {}
    if not isinstance(own, Mapping):
        raise document.error(("roles",), "must be a list of `name: {pages: [...]}`")
    try:
        access = Access.model_validate(
            dict(document.values) | {"roles": {**shipped_roles(), **own}}
        )
    except ValidationError as exc:
        raise validation_error(document, (), exc) from None
    return access, document


def shipped_roles() -> dict[str, object]:
    """Return the roles that Leadline ships, by name."""
    return read_document(SHIPPED_ROLES.read_text("utf-8"), name=SHIPPED_ROLES.name).values
