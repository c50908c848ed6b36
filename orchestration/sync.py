"""Read every configured source into the lake: a thread a source, its streams in order.

One failing stream does not stop the others, and one failing source does not stop the rest. What
was stored stays, and the next run goes on from there.
"""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

from connectors._addresses import AddressGuard
from connectors._contract import Access, Connector
from connectors._http import HttpClient
from orchestration.lake import Lake
from orchestration.sync_report import Progress, StreamReport, SyncReport
from orchestration.sync_walk import Clock, StreamWalk, stopped

__all__ = ["Progress", "StreamReport", "SyncReport", "client_factory", "sync"]

ClientFactory = Callable[[Access, str], HttpClient]


def sync(
    connectors: Sequence[Connector],
    lake: Lake,
    clock: Clock,
    *,
    on_progress: Progress | None = None,
    open_client: ClientFactory | None = None,
    stop: Event | None = None,
    private_hosts: Sequence[str] = (),
    reconciles: bool = False,
) -> SyncReport:
    """Read all sources and return how it went.

    With `reconciles`, whatever only a second reading of everything tells of deletions is read so.

    Sources are reached at public addresses and at those that `private_hosts` names.
    `on_progress` is called from the sources' threads after each stored page, with what the stream
    has so far, and once at the stream's end. Setting `stop` ends every stream after the reply it
    waits for, and a wait for a limit at once; an interrupt does the same and is raised again.
    """
    stop = stop or Event()
    open_client = open_client or client_factory(clock, stop=stop, private_hosts=private_hosts)
    tell = on_progress or (lambda _: None)
    with ThreadPoolExecutor(max_workers=max(1, len(connectors))) as threads:
        try:
            running = [
                threads.submit(
                    _sync_source, connector, lake, clock, open_client, tell, stop, reconciles
                )
                for connector in connectors
            ]
            wait(running)
        except BaseException:
            # What interrupts (a key, a signal, Dagster) does not wait for what threads wait for.
            stop.set()
            raise
    return SyncReport(streams=tuple(report for future in running for report in future.result()))


def client_factory(
    clock: Clock,
    *,
    stop: Event,
    budget: int | None = None,
    private_hosts: Sequence[str] = (),
    sleep: Callable[[float], None] | None = None,
) -> ClientFactory:
    """Return the factory of clients that wait in real time until `stop` is set.

    A wait that was cut short raises Stopped, so that nothing is asked before its time.
    """

    def wait_unless_stopped(seconds: float) -> None:
        if stop.wait(seconds):
            raise stopped()

    def open_client(access: Access, source: str) -> HttpClient:
        return HttpClient(
            access,
            source=source,
            clock=clock,
            sleep=sleep or wait_unless_stopped,
            monotonic=time.monotonic,
            jitter=random.random,
            budget=budget,
            guard=AddressGuard(tuple(private_hosts)),
        )

    return open_client


def _sync_source(
    connector: Connector,
    lake: Lake,
    clock: Clock,
    open_client: ClientFactory,
    tell: Progress,
    stop: Event,
    reconciles: bool,
) -> list[StreamReport]:
    client = open_client(connector.access, connector.name) if connector.access else None
    reports: list[StreamReport] = []
    try:
        for stream in connector.streams:
            if stream.parent is None:
                walk = StreamWalk(
                    connector,
                    stream,
                    lake=lake,
                    clock=clock,
                    client=client,
                    reconciles=reconciles,
                )
                reports.extend(walk.read(tell, stop))
    finally:
        if client:
            client.close()
    return reports
