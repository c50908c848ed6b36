"""What the server of the pages is told about sign-in: one file of secrets (0600) while it runs."""

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestration.access import Access, scope_id
from orchestration.errors import ConfigurationError
from orchestration.keys import kept_key
from orchestration.references import resolve
from orchestration.yaml_lines import Document
from transforms.home import Home

FILE = "dashboard-{}.toml"


@contextlib.contextmanager
def secrets_file(
    home: Home, access: Access, document: Document, *, environ: Mapping[str, str]
) -> Iterator[Path]:
    """Write the file that Streamlit reads its sign-in from, and remove it in the end.

    Errors: ConfigurationError for a secret that is not set, or a folder that cannot be written.
    """
    text = secrets_text(home, access, document, environ=environ)
    file = home.root / "keys" / FILE.format(secrets.token_hex(6))
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigurationError(f"{file} cannot be written; make its folder writable.") from exc
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def secrets_text(
    home: Home, access: Access, document: Document, *, environ: Mapping[str, str]
) -> str:
    """Return the sections `auth` (Streamlit's) and `access` (ours: groups with what they see)."""
    sign_in = access.sign_in
    given = {
        name: resolve(value, place=("sign_in", name), document=document, environ=environ)
        for name, value in sign_in.model_dump(include={"client_secret", "cookie_secret"}).items()
    }
    auth: dict[str, object] = {
        "redirect_uri": sign_in.redirect_uri,
        "cookie_secret": given["cookie_secret"] or kept_key(home, "cookie.key").get_secret_value(),
        "client_id": sign_in.client_id,
        "client_secret": given["client_secret"],
        "server_metadata_url": sign_in.metadata_url,
        "expose_tokens": ["access"],
    }
    kwargs = {"scope": sign_in.scope, "prompt": sign_in.prompt}
    return "\n".join(
        [
            "[auth]",
            *(f"{name} = {_toml(value)}" for name, value in auth.items()),
            "[auth.client_kwargs]",
            *(f"{name} = {_toml(value)}" for name, value in kwargs.items()),
            "[access]",
            f"rules = {_toml(json.dumps(access_rules(access)))}",
            "",
        ]
    )


def access_rules(access: Access) -> dict[str, Any]:
    """Return what the pages need to know, without any secret.

    Shape: groups in the order of the file, the first of which somebody is a member decides.
    """
    return {
        "metadata_url": access.sign_in.metadata_url,
        "groups_claim": access.sign_in.groups_claim,
        "confirm_seconds": access.sign_in.confirm_seconds,
        "roles": {name: role.model_dump() for name, role in access.roles.items()},
        "groups": [
            {
                "name": name,
                "role": group.role,
                "scope": "" if group.teams is None else scope_id(group.teams),
            }
            for name, group in access.groups.items()
        ],
    }


def _toml(value: object) -> str:
    """Return a text or a list of texts as TOML; JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
