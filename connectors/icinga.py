"""Read Icinga 2: hosts and services that have a hard problem now or just recovered; downtimes.

API: https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/ (/v1/objects), read November 2026;
tried with 2.13.
Auth: basic credentials of an ApiUser with objects/query/Host, objects/query/Service and
objects/query/Downtime.
Limits: none stated.
Traps: there is no history: what is read is the state, so a problem that came and went between two
reads is never seen, and a recovery is seen while it is the last change of a hard state; only hard
states count, a soft one may be gone at the next check; a missing permission is answered like an
empty list without a filter, by 404, so a filter is always stated; the certificate is signed by
Icinga's own authority (ca_bundle: its ca.crt); custom variables come all or none and may hold
passwords of checks, so they are asked for only with `service_variable`.
Tested: a real Icinga 2.13, started by the tests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import model_validator

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from connectors._errors import BadRequest, PermissionMissing
from connectors._http import HttpClient
from connectors._monitoring import MonitoringConfig, access_to
from connectors._paging import make_page, records_of

KIND = "icinga"
EXAMPLE = {"username": "reader", "password": "${ICINGA_PASSWORD}"}
# A recovery is told of for this long after the read that should have brought it.
RECOVERED = timedelta(hours=1)
STATE = "name,state,last_hard_state_change,groups"
WINDOW = "start_time,end_time,entry_time,fixed,duration,comment,trigger_time,was_cancelled"


def _objects(name: str, description: str) -> Stream:
    return Stream(
        name,
        description,
        format="object",
        records_path="$.results",
        key=("name",),
        cursor="window",
        deletes="kept",
    )


HOSTS = _objects("hosts", "One row per host that is down, or that has just come up.")
SERVICES = _objects("services", "One row per service with a problem, or that just recovered.")
DOWNTIMES = _objects("downtimes", "One row per downtime that is planned or running.")
ATTRIBUTES = {
    HOSTS.name: STATE,
    SERVICES.name: f"host_name,{STATE}",
    DOWNTIMES.name: f"host_name,service_name,{WINDOW}",
}
# Where the variables of the host, and of what a downtime is for, come along.
JOINS = {SERVICES.name: ["host.groups"], DOWNTIMES.name: ["host.groups", "service.groups"]}

STREAMS = (HOSTS, SERVICES, DOWNTIMES)


class Config(MonitoringConfig):
    """Say which Icinga to read, and which custom variable names the service of a check.

    Without `service_variable` the service is the first group of the check or of its host.
    """

    service_variable: str = ""

    @model_validator(mode="after")
    def _has_credentials(self) -> "Config":
        if self.password is None:
            raise ValueError("set username and password of an ApiUser")
        return self


@dataclass(frozen=True)
class IcingaConnector:
    """Read one Icinga 2."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS

    @property
    def access(self) -> Access:
        """Return the address and the credentials' header."""
        return access_to(self.config, name=self.name)

    def pages(
        self,
        stream: Stream,
        *,
        cursor: State | None,
        resume: Resume,
        client: HttpClient | None,
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        """Yield the one page of all that is wrong, recovered or planned; it may be empty.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Icinga is read over HTTP and needs a client")
        before = datetime.fromisoformat(cursor["read_at"]) if cursor else now
        asked: dict[str, str | int | list[str]] = {
            "filter": _filter(stream, (before - RECOVERED).astimezone(UTC).timestamp()),
            "attrs": [*ATTRIBUTES[stream.name].split(","), *self._variables(stream)],
        }
        if joins := [*JOINS.get(stream.name, ()), *self._joined_variables(stream)]:
            asked["joins"] = joins
        try:
            reply = client.fetch(f"/v1/objects/{stream.name}", stream=stream.name, params=asked)
        except BadRequest as exc:
            if exc.status != 404:
                raise
            raise PermissionMissing(
                f"the account may not query {stream.name}, or {self.name!r} is too old; give it "
                "objects/query/Host, objects/query/Service and objects/query/Downtime",
                source=self.name,
                stream=stream.name,
            ) from exc
        records = records_of(reply, source=self.name, stream=stream.name, path=stream.records_path)
        yield make_page(
            reply,
            stream=stream,
            row_count=len(records),
            context={"service_variable": self.config.service_variable},
            checkpoint={"cursor": {"read_at": now.astimezone(UTC).isoformat()}},
        )

    def _variables(self, stream: Stream) -> list[str]:
        wanted = self.config.service_variable and stream.name != DOWNTIMES.name
        return ["vars"] if wanted else []

    def _joined_variables(self, stream: Stream) -> list[str]:
        joins = JOINS.get(stream.name, ()) if self.config.service_variable else ()
        return [join.replace(".groups", ".vars") for join in joins]

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return when the state was read."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def _filter(stream: Stream, recovered_since: float) -> str:
    """Return what is asked for in Icinga's own words; without spaces, as it takes + for itself."""
    if stream.name == DOWNTIMES.name:
        return "true"
    kind = stream.name.removesuffix("s")
    return (
        f"{kind}.state_type==1&&({kind}.state!=0||"
        f"{kind}.last_hard_state_change>={recovered_since:.0f})"
    )


def connect(config: Config, *, name: str) -> IcingaConnector:
    """Return the connector for one configured source."""
    return IcingaConnector(config=config, name=name)
