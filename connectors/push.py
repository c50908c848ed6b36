"""Say which systems push events to us; what they send is received by `leadline receive`.

Format: JSON over HTTP POST, one event or a list of them: webhooks of GitHub, GitLab, Bitbucket,
Azure DevOps, Gitea, PagerDuty (v3), Alertmanager, Grafana, Argo CD notifications, CDEvents,
CloudEvents, or any JSON with a `mapping`; read November 2026.
Auth: a secret per source: a signature over the raw body where the vendor has one (GitHub, Gitea,
Bitbucket, PagerDuty, Grafana, Standard Webhooks), else GitLab's token, a bearer token or the
password of basic credentials. Without a secret a source is heard on a loopback address only.
Limits: a body may have 10 MB; a signed timestamp may be five minutes old.
Traps: nothing is asked for here, so a delivery that was lost is healed only where the same system
is polled too (`of` names that source, so that one record counts once); what arrives late may tell
something older than what is known; a system that states no id of a delivery is told from a replay
by its body, so such a body must say when it happened.
Tested: recorded bodies of seven vendors, 45 CDEvents, and the signatures that GitHub and PagerDuty
give as examples.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

from connectors._contract import Access, Page, Refusal, Resume, State, Stream

KIND = "push"
EXAMPLE = {"vendor": "github", "secret": "${PUSH_SECRET}", "of": "github"}
EVENTS = Stream(
    "events",
    "One row per event that was pushed to us.",
    format="ndjson",
    key=("delivery_id", "position"),
    deletes="kept",
)
STREAMS = (EVENTS,)

Vendor = Literal[
    "github",
    "gitlab",
    "bitbucket",
    "azure_devops",
    "gitea",
    "pagerduty",
    "alertmanager",
    "grafana",
    "argocd",
    "cdevents",
    "cloudevents",
    "generic",
]
MAPPABLE = ("generic", "cloudevents", "argocd")
_PATH = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_-]*|\.\"[^\"\\]+\"|\[\d+\])+")
_HEADER = re.compile(r"[A-Za-z0-9-]+")


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError("is no path such as $.deployment.id or $.items[0].name")
    return text


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("is no name of a header such as X-Signature")
    return text


JsonPath = Annotated[str, AfterValidator(_path)]
Header = Annotated[str, AfterValidator(_header)]


class EventMapping(BaseModel):
    """Say where in a JSON event its facts stand; it applies to what arrives from then on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tells: Literal["deployment", "incident"]
    id: JsonPath
    time: JsonPath
    service: JsonPath | None = None
    environment: JsonPath | None = None
    status: JsonPath | None = None
    version: JsonPath | None = None
    commit: JsonPath | None = None
    repository: JsonPath | None = None
    title: JsonPath | None = None
    url: JsonPath | None = None
    type: JsonPath | None = None
    only_type: str | None = None

    def context(self) -> dict[str, str]:
        """Return what the page of an event carries, so that it is read as it was meant."""
        return {
            f"mapping_{name}": str(value)
            for name, value in self.model_dump().items()
            if value is not None
        }


class Config(BaseModel):
    """Say who pushes to /hooks/<name of the source> and with which secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vendor: Vendor
    secret: SecretStr | None = None
    signature_header: Header | None = None
    timestamp_header: Header | None = None
    mapping: EventMapping | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.secret is not None and not self.secret.get_secret_value():
            raise ValueError("the secret is empty; anybody could sign with it")
        if self.mapping is not None and self.vendor not in MAPPABLE:
            raise ValueError(f"a mapping is for these vendors only: {', '.join(MAPPABLE)}")
        if self.timestamp_header and not self.signature_header:
            raise ValueError("timestamp_header needs signature_header")
        return self


@dataclass(frozen=True)
class PushSource:
    """Stand for a source that is heard and never asked: a run of the sync has nothing to do."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = ()
    access: Access | None = None

    def pages(
        self, stream: Stream, *, cursor: State | None, resume: Resume, client: object, now: datetime
    ) -> Iterator[Page | Refusal]:
        """Yield nothing: pages come with deliveries."""
        return iter(())

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return nothing: there is nothing to go on from."""
        return None


def connect(config: Config, *, name: str) -> PushSource:
    """Return the source as it is configured."""
    return PushSource(config=config, name=name)
