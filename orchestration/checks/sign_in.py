"""Checks of roles.yml: can people sign in, and does every group name teams that there are."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestration.access import Access, read_access
from orchestration.checks import Check
from orchestration.errors import ConfigurationError
from orchestration.references import variables
from orchestration.run import Context
from orchestration.settings import is_set, read_settings

TIMEOUT_SECONDS = 10
LARGEST_REPLY = 1 << 20
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


def check_sign_in(context: Context, *, settings_file: Path, is_offline: bool) -> Iterator[Check]:
    """Yield the checks of roles.yml; without the file the pages stay on this machine."""
    file = context.environment.roles
    try:
        found = read_access(file)
    except ConfigurationError as exc:
        yield Check("Sign-in", "fail", str(exc), "correct that line", is_configuration=True)
        return
    if found is None:
        told = f"no {file}: the pages are served on this machine only, to its user"
        yield Check("Sign-in", "no_data", told, "write it with `leadline init --roles`")
        return
    access, _ = found
    yield _secrets(access, file)
    yield _teams(access, settings_file)
    if not is_offline:
        yield _provider(access)


def _secrets(access: Access, file: Path) -> Check:
    sign_in = access.sign_in
    needed = variables([sign_in.client_secret, sign_in.cookie_secret])
    missing = [name for name in needed if not is_set(name)]
    told = f"{file}, {len(access.groups)} group(s); register {sign_in.redirect_uri}"
    return Check(
        "Sign-in",
        "fail" if missing else "pass",
        f"not set: {', '.join(missing)}" if missing else told,
        "set these environment variables where `leadline dashboard` runs",
        is_configuration=True,
    )


def _teams(access: Access, settings_file: Path) -> Check:
    named = {team for teams in access.scopes.values() for team in teams}
    try:
        known = {team.id for team in read_settings(settings_file).company.teams}
    except ConfigurationError:
        told = f"{len(named)} team(s) named; {settings_file} cannot tell whether there are such"
        return Check("Teams of groups", "no_data", told, "write it with `leadline init`")
    unknown = sorted(named - known)
    told = f"no such team: {', '.join(unknown)}" if unknown else f"{len(named)} team(s) named"
    remedy = f"name a team of {settings_file}; such a group sees nothing of it"
    return Check("Teams of groups", "warn" if unknown else "pass", told, remedy)


def _provider(access: Access) -> Check:
    url = access.sign_in.metadata_url
    remedy = "correct sign_in.metadata_url, or let this machine reach the provider"
    try:
        metadata = _metadata(url)
    except (OSError, ValueError) as exc:
        told = f"{url} does not answer as a provider does ({type(exc).__name__})"
        return Check("Provider", "fail", told, remedy)
    missing = [name for name in NEEDED if not metadata.get(name)]
    if missing:
        return Check("Provider", "fail", f"{url} does not state {', '.join(missing)}", remedy)
    if not metadata.get("userinfo_endpoint"):
        told = "it cannot be asked whether a sign-in still counts; only its expiry ends it"
        return Check("Provider", "warn", told, "let the provider give tokens that end soon")
    return Check("Provider", "pass", str(metadata["issuer"]), "")


def _metadata(url: str) -> Mapping[str, Any]:
    """Return what a provider says of itself. Errors: OSError, ValueError."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as reply:
        found = json.loads(reply.read(LARGEST_REPLY))
    return found if isinstance(found, dict) else {}
