"""The sections channels, alerts and reports of leadline.yml."""

import re
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, SecretStr

from orchestration.part import Part

# The numbers most pages lead with; an alert that names no metrics is on these.
USUAL_METRICS = (
    "lead_time_for_changes",
    "deployment_frequency",
    "change_failure_rate",
    "failed_deployment_recovery_time",
    "rework_rate",
    "time_to_restore",
)
Rule = Literal[
    "beyond_limit",
    "run_of_8",
    "change_point",
    "clear_change",
    "goal_verdict",
    "late_source",
    "restatement",
    "audit_blocked",
]
RULES: tuple[Rule, ...] = get_args(Rule)
Format = Literal["html", "pdf", "pptx", "markdown"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_HOST = re.compile(r"[A-Za-z0-9.:-]+")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text) or len(text) > 254:
        raise ValueError("is not a mail address such as releases@acme.example")
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError("is not the name of a host such as smtp.acme.example")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,60}", text):
        raise ValueError("must be a short name of letters, digits, spaces, dots, _ and -")
    return text


def _quiet(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("is not a stretch of the day such as 20:00-07:00")
    return text


def _time(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("is not a time of day such as 08:00")
    return text


MailAddress = Annotated[str, AfterValidator(_address)]
Name = Annotated[str, AfterValidator(_name)]
TimeOfDay = Annotated[str, AfterValidator(_time)]


class Mail(Part):
    """A mail server and whom to write to; `security` none is for private hosts only."""

    kind: Literal["mail"]
    host: Annotated[str, AfterValidator(_host)]
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: MailAddress
    to: tuple[MailAddress, ...] = Field(min_length=1)
    ca_bundle: Path | None = None


class Webhook(Part):
    """An address that takes JSON; `format` text is what Slack and Teams take.

    The address is often the secret itself, so it stands as a reference. With `secret` every
    delivery is signed: `X-Leadline-Signature: sha256=<HMAC-SHA256 of the body>`.
    """

    kind: Literal["webhook"]
    url: SecretStr
    format: Literal["json", "text"] = "json"
    secret: SecretStr | None = None
    ca_bundle: Path | None = None


Channel = Annotated[Mail | Webhook, Field(discriminator="kind")]


class Alert(Part):
    """Which signals go to which channels; without teams and services it is the organisation's.

    `quiet_hours` are of the report zone; what comes up then waits for the next run after them.
    """

    channels: tuple[str, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = Field(default=RULES, min_length=1)
    metrics: tuple[str, ...] = USUAL_METRICS
    has_organisation: bool = True
    teams: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    quiet_hours: Annotated[str, AfterValidator(_quiet)] | None = None


class ScheduledReport(Part):
    """A report that is sent by itself: `day` is a weekday, or a day of the month from 1 to 28."""

    name: Name
    formats: tuple[Format, ...] = Field(default=("pdf",), min_length=1)
    channels: tuple[str, ...] = Field(min_length=1)
    team: str = ""
    period: Literal["30 days", "90 days", "180 days", "365 days"] = "90 days"
    every: Literal["week", "month"] = "week"
    day: Weekday | Annotated[int, Field(ge=1, le=28)] = "mon"
    at: TimeOfDay = "08:00"
