"""The key of the pseudonyms: from the environment, or made once and kept beside the lake."""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from pydantic import SecretStr

from orchestration.builds import sync_directory
from orchestration.errors import ConfigurationError
from orchestration.settings import Environment
from transforms.home import Home


def pseudonym_key(home: Home, *, environment: Environment) -> SecretStr:
    """Return the key of the pseudonyms; where none is set, make one once (0600) and keep it.

    Errors: ConfigurationError when the key file cannot be used.
    """
    if environment.pseudonym_key is not None:
        return environment.pseudonym_key
    return kept_key(home, "pseudonym.key")


def kept_key(home: Home, name: str) -> SecretStr:
    """Return a key kept beside the lake; where there is none of this name, make it once (0600).

    Errors: ConfigurationError when the key file cannot be used.
    """
    file = home.root / "keys" / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            _make(file)
        key = file.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise ConfigurationError(f"{file} cannot be used; make it readable and writable.") from exc
    if not key:
        raise ConfigurationError(f"{file} is empty; remove it, or put the key back from a backup.")
    return SecretStr(key)


def key_id(key: SecretStr, *, of: str = "") -> str:
    """Return a short name of a key, or of a text under it; neither can be found again from it."""
    secret = key.get_secret_value().encode()
    text = b"leadline pseudonym key id" + of.encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()[:8]


def pseudonym(identifier: str, *, key: SecretStr) -> str:
    """Return the pseudonym of an address or a login, as staging gives it (macros/pseudonym.sql)."""
    text = identifier.strip().lower().encode()
    return hmac.new(key.get_secret_value().encode(), text, hashlib.sha256).hexdigest()[:24]


def rotate_key(home: Home, *, environment: Environment) -> SecretStr:
    """Make a new key in the place of the one that is kept beside the lake, and return it.

    Errors: ConfigurationError when the key comes from the environment, or cannot be written.
    """
    if environment.pseudonym_key is not None:
        raise ConfigurationError(
            "The key comes from LEADLINE_PSEUDONYM_KEY; give that another value, then run "
            "`leadline build`."
        )
    pseudonym_key(home, environment=environment)
    file = home.root / "keys" / "pseudonym.key"
    aside = file.with_name(".pseudonym.key.new")
    try:
        aside.unlink(missing_ok=True)
        _make(aside)
        aside.replace(file)
        sync_directory(file.parent)
    except OSError as exc:
        raise ConfigurationError(f"{file} cannot be used; make it readable and writable.") from exc
    return pseudonym_key(home, environment=environment)


def _make(file: Path) -> None:
    """Make a key and give it its name only when it is whole on the disk; a name taken stays."""
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=file.parent)
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(secrets.token_hex(32) + "\n")
            opened.flush()
            os.fsync(descriptor)
        try:
            file.hardlink_to(aside)
        except FileExistsError:
            return
        except OSError:
            aside.replace(file)
        sync_directory(file.parent)
    finally:
        aside.unlink(missing_ok=True)
