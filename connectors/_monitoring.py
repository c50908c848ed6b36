"""What Prometheus and Alertmanager share: address, credentials, fingerprint of a label set."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from connectors._contract import Access

# FNV-1a with 64 bits and the byte between two texts, as Prometheus and Alertmanager hash labels
# (https://github.com/prometheus/common, model/fnv.go and model/signature.go).
OFFSET, PRIME, BETWEEN = 14695981039346656037, 1099511628211, b"\xff"


class MonitoringConfig(BaseModel):
    """Say where a monitoring server is and with which credentials it is read.

    Neither server asks for credentials by itself; a proxy in front of it mostly does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str
    token: SecretStr | None = None
    username: str = ""
    password: SecretStr | None = None
    plain_http_hosts: tuple[str, ...] = ()
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _check_address(self) -> Self:
        """Refuse an address that would send credentials or alerts where nobody allowed it."""
        parts = urlsplit(self.base_url)
        if parts.username or parts.password:
            raise ValueError("base_url holds credentials; use token, or username and password")
        if not parts.hostname or parts.scheme not in ("http", "https"):
            raise ValueError("base_url must begin with https:// and name a host")
        if parts.scheme == "http" and parts.hostname not in self.plain_http_hosts:
            raise ValueError("base_url must be https, or its host stand in plain_http_hosts")
        return self

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if bool(self.username) != (self.password is not None):
            raise ValueError("set username and password together")
        if self.token is not None and self.password is not None:
            raise ValueError("set either token, or username and password")
        return self


def access_to(config: MonitoringConfig, *, name: str) -> Access:
    """Return the address and the credentials' header of one server."""
    return Access(
        base_url=config.base_url,
        headers=_credentials(config),
        remedy=f"set a valid token, or username and password, for source {name!r}",
        ca_bundle=config.ca_bundle,
    )


def _credentials(config: MonitoringConfig) -> Mapping[str, SecretStr]:
    if config.token is not None:
        return {"authorization": SecretStr(f"Bearer {config.token.get_secret_value()}")}
    if config.password is None:
        return {}
    pair = f"{config.username}:{config.password.get_secret_value()}".encode()
    return {"authorization": SecretStr(f"Basic {base64.b64encode(pair).decode()}")}


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return the 16 hexadecimal digits by which both servers know a set of labels."""
    total = OFFSET
    for name in sorted(labels):
        for byte in b"".join([name.encode(), BETWEEN, labels[name].encode(), BETWEEN]):
            total = ((total ^ byte) * PRIME) % 2**64
    return f"{total:016x}"


def json_lines(rows: list[dict[str, Any]]) -> bytes:
    """Return rows as JSON lines."""
    return "".join(
        json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows
    ).encode()
