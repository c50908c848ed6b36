"""Checks of the systems themselves: may each token read each stream, and do the clocks agree."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from threading import Event

from connectors._contract import Connector, Refusal, Resume, Stream
from connectors._errors import BudgetSpent, ConnectorError, Stopped
from connectors._http import HttpClient
from orchestration.checks import Check
from orchestration.errors import ConfigurationError
from orchestration.run import Context
from orchestration.settings import Settings
from orchestration.sources import connect_source
from orchestration.sync import ClientFactory, client_factory

# What a look at one stream may cost; who needs more to begin has been let in.
REQUESTS = 3
LONGEST_WAIT_SECONDS = 2.0
# An instant further ahead than this is not believed when a page is staged.
SKEW_SECONDS = 120.0


def check_systems(
    context: Context, settings: Settings, *, open_client: ClientFactory | None = None
) -> Iterator[Check]:
    """Ask each source that is read over HTTP for the beginning of each of its streams."""
    for source in settings.sources:
        try:
            connector = connect_source(settings, source)
        except ConfigurationError:
            continue
        if connector.access is not None:
            yield from _check(
                connector,
                context.clock,
                open_client
                or _factory(context.clock, hosts=settings.company.network.private_hosts),
            )


def _factory(clock: Callable[[], datetime], *, hosts: Sequence[str]) -> ClientFactory:
    return client_factory(
        clock, stop=Event(), budget=REQUESTS, private_hosts=hosts, sleep=_wait_a_little
    )


def _wait_a_little(seconds: float) -> None:
    if seconds > LONGEST_WAIT_SECONDS:
        raise Stopped(f"it asks to wait {seconds:.0f} s")
    time.sleep(seconds)


def _check(
    connector: Connector, clock: Callable[[], datetime], open_client: ClientFactory
) -> Iterator[Check]:
    walked = [stream for stream in connector.streams if stream.parent is None]
    refused: list[str] = []
    remedies: list[str] = []
    skews: list[float] = []
    assert connector.access is not None
    for stream in walked:
        client = open_client(connector.access, connector.name)
        try:
            problem = _ask(connector, stream, client, now=clock())
        finally:
            client.close()
        if client.skew_seconds is not None:
            skews.append(client.skew_seconds)
        if problem is not None:
            refused.append(f"{stream.name}: {problem.message}")
            remedies.append(connector.access.remedy)
    found = f"{len(walked) - len(refused)} of {len(walked)} streams can be read"
    yield Check(
        f"Access to {connector.name}",
        "fail" if refused else "pass",
        "; ".join([found, *refused]),
        next(iter(remedies), ""),
    )
    if skews:
        skew = max(skews, key=abs)
        yield Check(
            f"Clock of {connector.name}",
            "warn" if abs(skew) > SKEW_SECONDS else "pass",
            f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine",
            "set both clocks by NTP: instants that lie ahead are left out of the numbers",
        )


def _ask(
    connector: Connector, stream: Stream, client: HttpClient, *, now: datetime
) -> ConnectorError | None:
    """Return what keeps the stream from being read, if anything does."""
    pages = connector.pages(stream, cursor=None, resume=Resume(), client=client, now=now)
    try:
        first = next(pages, None)
    except BudgetSpent:
        return None
    except ConnectorError as exc:
        return exc
    if isinstance(first, Refusal):
        return ConnectorError(f"{first.reason}: {first.detail}")
    return None
