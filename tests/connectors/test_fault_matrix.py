"""Every fault of HTTP between two real trackers and us: its class, what is kept, what comes after.

Between tracker and connector stands mitmproxy, or a relay of plain sockets. A fault that passes
leaves nothing behind; a fault that stays ends the run in its class, what was read before is kept,
and the next run after it ends with what a run without faults reads.
"""

import json
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import _errors, _http, _keyset, redmine, request_tracker
from connectors._addresses import AddressGuard
from connectors._contract import Access, Connector
from connectors._http import HttpClient
from connectors._paging import LoopGuard
from orchestration.lake import Lake
from orchestration.sync import sync
from orchestration.sync_report import StreamReport
from tests.connectors import itsm_servers as servers
from tests.connectors.certificates import make_certificate
from tests.connectors.fakes import CANARY
from tests.connectors.relay import Relay, relay_to

pytestmark = pytest.mark.system

ALWAYS = 10_000
FIRST_PAGE = 100
SEEN: dict[str, str] = {}


@dataclass
class Bench:
    """A real tracker, the proxy before it, and a lake that a test fills."""

    tracker: servers.Tracker
    proxy: servers.Tracker
    lake: Lake
    whole: dict[str, str]
    slept: list[float] = field(default_factory=list)
    clients: list[HttpClient] = field(default_factory=list)
    deadline_seconds: float = _http.DEADLINE_SECONDS

    def plan(self, fault: str, *, at: int = 2, times: int = ALWAYS, **more: Any) -> None:
        """Have the proxy spoil replies from the second request on."""
        self.proxy.send("POST", "/__plan__", fault=fault, at=at, times=times, **more)

    def heal(self) -> None:
        """Have the proxy spoil nothing more."""
        self.proxy.send("POST", "/__plan__")

    def run(self, connector: Connector) -> StreamReport:
        """Read the tickets into the lake; waits are written down, not waited."""

        def opened(access: Access, source: str) -> HttpClient:
            client = HttpClient(
                access,
                source=source,
                clock=lambda: datetime.now(UTC),
                sleep=self.slept.append,
                monotonic=lambda: time.monotonic() + sum(self.slept),
                jitter=lambda: 0.5,
                deadline_seconds=self.deadline_seconds,
                guard=AddressGuard(("127.0.0.1",)),
            )
            self.clients.append(client)
            return client

        report = sync([connector], self.lake, lambda: datetime.now(UTC), open_client=opened)
        return report.streams[-1]

    def rows(self) -> dict[str, str]:
        """Return what the lake has: the newest update of each ticket."""
        found: dict[str, str] = {}
        for line in self.lake.lines():
            if line["event"] == "page":
                found |= _rows(self.lake.body(line))
        return found

    def passes(self, fault: str, connector: Connector) -> None:
        """Check that a run with a fault that passes reads everything."""
        report = self.run(connector)
        assert (report.status, report.error) == ("complete", None)
        assert self.rows() == self.whole
        SEEN[fault] = "success"

    def ends(
        self, fault: str, error: str, connector: Connector, *, kept: int = 100
    ) -> StreamReport:
        """Check that a fault that stays ends in its class and keeps what was read before."""
        report = self.run(connector)
        assert report.status != "complete"
        assert report.error_class, report
        code = getattr(_errors, report.error_class).code
        assert code == error, report
        assert len(self.rows()) == FIRST_PAGE
        assert CANARY not in str(report.error)
        SEEN[fault] = code
        return report

    def recovers(self, connector: Connector) -> None:
        """Check that the run after a fault goes on to what a run without faults reads."""
        report = self.run(connector)
        assert (report.status, report.error) == ("complete", None)
        assert self.rows() == self.whole


def _rows(body: bytes) -> dict[str, str]:
    data = json.loads(body)
    if isinstance(data, dict) and "items" in data:
        return {str(row["id"]): row["LastUpdated"] for row in data["items"]}
    return {str(row["id"]): row["updated_on"] for row in data["issues"]}


def _rt(url: str, **more: Any) -> request_tracker.RequestTrackerConnector:
    settings = {
        "base_url": url,
        "plain_http_hosts": ("127.0.0.1", "tracker.invalid"),
        "username": "root",
        "password": SecretStr("password"),
        "change_queues": ("Incidents",),
        **more,
    }
    return request_tracker.connect(request_tracker.Config(**settings), name="rt")


def _redmine(url: str) -> redmine.RedmineConnector:
    settings = {
        "base_url": url,
        "plain_http_hosts": ("127.0.0.1",),
        "token": SecretStr(servers.REDMINE_KEY),
        "change_trackers": ("Bug",),
    }
    return redmine.connect(redmine.Config(**settings), name="redmine")


@contextmanager
def _bench(
    name: str, factory: pytest.TempPathFactory, start: Callable[..., Any], seed: str
) -> Iterator[Bench]:
    with ExitStack() as stack:
        tracker: servers.Tracker = stack.enter_context(start(factory.mktemp(name)))
        getattr(tracker, seed)()
        proxy = stack.enter_context(servers.faulty_proxy(factory.mktemp("proxy"), tracker.url))
        bench = Bench(tracker, proxy, Lake(factory.mktemp("lake")), {})
        report = bench.run(_rt(tracker.url) if name == "rt" else _redmine(tracker.url))
        assert (report.status, report.error) == ("complete", None)
        bench.whole |= bench.rows()
        assert len(bench.whole) >= servers.TIED
        yield bench


@pytest.fixture(scope="module")
def rt_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    start = servers.request_tracker
    with _bench("rt", tmp_path_factory, start, "seed_request_tracker") as bench:
        yield bench


@pytest.fixture(scope="module")
def redmine_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with _bench("redmine", tmp_path_factory, servers.redmine, "seed_redmine") as bench:
        yield bench


def _fresh(bench: Bench, folder: Path) -> Bench:
    bench.heal()
    return Bench(bench.tracker, bench.proxy, Lake(folder / "lake"), bench.whole)


@pytest.fixture
def rt(rt_bench: Bench, tmp_path: Path) -> Bench:
    return _fresh(rt_bench, tmp_path)


@pytest.fixture
def issues(redmine_bench: Bench, tmp_path: Path) -> Bench:
    return _fresh(redmine_bench, tmp_path)


LIMITS = {"429 with seconds": "7", "429 with a date": "+7"}


@pytest.mark.parametrize("fault", LIMITS)
def test_a_limit_is_waited_for_exactly_and_ends_the_run_only_where_it_stays(
    rt: Bench, fault: str
) -> None:
    rt.plan("429", times=2, headers={"retry-after": LIMITS[fault]})
    rt.passes(fault, _rt(rt.proxy.url))
    assert len(rt.slept) == 2
    assert all(5.5 <= seconds <= 7.5 for seconds in rt.slept)


@pytest.mark.parametrize("fault", LIMITS)
def test_a_limit_that_stays_ends_as_rate_limited(rt: Bench, fault: str) -> None:
    rt.plan("429", headers={"retry-after": LIMITS[fault]})
    rt.ends(fault, "rate_limited", _rt(rt.proxy.url))
    rt.heal()
    rt.recovers(_rt(rt.proxy.url))


@pytest.mark.parametrize("status", ["500", "502", "503", "504"])
def test_a_server_error_is_tried_again_and_then_said(
    rt: Bench, status: str, tmp_path: Path
) -> None:
    rt.plan(status, times=2, headers={})
    rt.passes(f"{status} twice", _rt(rt.proxy.url))
    stays = _fresh(rt, tmp_path / "stays")
    stays.plan(status, headers={})
    stays.ends(status, "server_error", _rt(rt.proxy.url))
    stays.heal()
    stays.recovers(_rt(rt.proxy.url))


@pytest.mark.parametrize(
    ("fault", "status", "error", "headers"),
    [
        ("400", "400", "bad_request", {}),
        ("404", "404", "bad_request", {}),
        ("422", "422", "bad_request", {}),
        ("401", "401", "auth_expired", {}),
        ("403", "403", "forbidden", {}),
        ("403 with Retry-After", "403", "rate_limited", {"retry-after": "9"}),
    ],
)
def test_a_refusal_ends_in_its_class(
    rt: Bench, fault: str, status: str, error: str, headers: dict[str, str]
) -> None:
    rt.plan(status, headers=headers)
    report = rt.ends(fault, error, _rt(rt.proxy.url))
    assert report.calls == (2 if error != "rate_limited" else 11)
    rt.heal()
    rt.recovers(_rt(rt.proxy.url))


def test_a_login_page_with_status_200_is_no_data(rt: Bench) -> None:
    rt.plan("login page")
    rt.ends("login page with 200", "auth_expired", _rt(rt.proxy.url))
    rt.heal()
    rt.recovers(_rt(rt.proxy.url))


def test_a_redirect_on_the_same_host_is_followed(rt: Bench) -> None:
    rt.plan("moved", times=1, to=rt.proxy.url)
    rt.passes("redirect on the same host", _rt(rt.proxy.url))


def test_a_redirect_to_another_host_is_not_followed(rt: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.2)
        rt.plan("moved", to=f"http://127.0.0.1:{other.getsockname()[1]}")
        rt.ends("redirect to another host", "redirect_blocked", _rt(rt.proxy.url))
        with pytest.raises(TimeoutError):
            other.accept()
    rt.heal()
    rt.recovers(_rt(rt.proxy.url))


def test_silence_ends_as_a_timeout(rt: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _read_first_page(rt)
    monkeypatch.setitem(_http.TIMEOUT, "read", 0.5)
    rt.plan("silence", at=1, seconds=2)
    assert rt.ends("read timeout", "timeout", _rt(rt.proxy.url)).calls == 3
    rt.heal()
    monkeypatch.undo()
    rt.recovers(_rt(rt.proxy.url))


def test_a_connection_that_is_never_taken_is_a_timeout(
    rt: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_http.TIMEOUT, "connect", 0.3)
    _read_first_page(rt)
    with socket.socket() as deaf, ExitStack() as stack:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(2):  # they fill the queue of connections that nobody takes
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        time.sleep(0.1)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        rt.ends("connect timeout", "timeout", _rt(url))
    monkeypatch.undo()
    rt.recovers(_rt(rt.tracker.url))


def _read_first_page(bench: Bench) -> None:
    """Leave a run that was cut after its first page."""
    bench.plan("401", headers={})
    assert bench.run(_rt(bench.proxy.url)).pages == 1
    bench.heal()


@pytest.mark.parametrize("fault", ["truncated", "no utf-8"])
def test_broken_bytes_are_asked_for_again_and_then_kept_aside(
    rt: Bench, fault: str, tmp_path: Path
) -> None:
    rt.plan(fault, times=1)
    rt.passes(f"{fault} once", _rt(rt.proxy.url))
    stays = _fresh(rt, tmp_path / "stays")
    stays.plan(fault)
    report = stays.ends(fault, "bad_payload", _rt(rt.proxy.url))
    assert report.calls == 1 + _http.TRIES["bad_payload"]
    (aside,) = stays.lake.quarantined("rt", "change_requests")
    assert len(stays.lake.body(aside, raw=True)) > 1000
    stays.heal()
    stays.recovers(_rt(rt.proxy.url))


@pytest.mark.parametrize("fault", ["empty with next", "same again"])
def test_pages_that_lead_nowhere_end_the_run(rt: Bench, fault: str) -> None:
    # By request 3 the walk reads the rows of one second by their numbers.
    rt.plan(fault, at=3)
    rt.ends(fault, "pagination_loop", _rt(rt.proxy.url))
    rt.heal()
    rt.recovers(_rt(rt.proxy.url))


def test_pages_without_end_are_cut(rt: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_keyset, "LoopGuard", partial(LoopGuard, most_pages=15))
    rt.plan("endless", at=1)
    report = rt.run(_rt(rt.proxy.url))
    assert (report.error_class, report.pages) == ("PaginationLoop", 15)
    SEEN["more pages than allowed"] = _errors.PaginationLoop.code


@pytest.fixture
def relay(rt: Bench) -> Iterator[Relay]:
    with relay_to(rt.tracker.url) as running:
        yield running


@pytest.mark.parametrize("fault", ["reset", "short"])
def test_a_reply_that_breaks_off_is_asked_for_again_and_no_half_page_is_kept(
    rt: Bench, relay: Relay, fault: Any, tmp_path: Path
) -> None:
    relay.breaks, relay.left = fault, 2
    rt.passes(f"{fault} twice", _rt(relay.url))
    _read_first_page(stays := _fresh(rt, tmp_path / "stays"))
    relay.left = ALWAYS
    stays.ends(fault, "unreachable", _rt(relay.url))
    relay.left = 0
    stays.recovers(_rt(relay.url))


def test_a_reply_that_drips_meets_the_deadline(rt: Bench, relay: Relay) -> None:
    _read_first_page(rt)
    relay.breaks, relay.left, rt.deadline_seconds = "drip", ALWAYS, 2.0
    before = time.monotonic()
    rt.ends("slow loris", "deadline", _rt(relay.url))
    assert time.monotonic() - before < 5
    relay.left, rt.deadline_seconds = 0, 120.0
    rt.recovers(_rt(relay.url))


def test_a_refused_connection_ends_as_unreachable(rt: Bench, relay: Relay) -> None:
    _read_first_page(rt)
    relay.shut()
    assert rt.ends("connection refused", "unreachable", _rt(relay.url)).calls == 3
    relay.listen()
    rt.recovers(_rt(relay.url))


def test_an_unknown_host_ends_as_unreachable(rt: Bench) -> None:
    _read_first_page(rt)
    rt.ends("unknown host", "unreachable", _rt("http://tracker.invalid"))
    rt.recovers(_rt(rt.tracker.url))


@pytest.mark.parametrize("fault", ["expired", "wrong host", "self-signed"])
def test_a_certificate_that_proves_nothing_ends_at_once(
    rt: Bench, tmp_path: Path, fault: str
) -> None:
    _read_first_page(rt)
    host = "tracker.example.org" if fault == "wrong host" else "127.0.0.1"
    certificate, key = make_certificate(tmp_path, "relay", host=host, is_expired=fault == "expired")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trusted = None if fault == "self-signed" else certificate
    with relay_to(rt.tracker.url, context=context) as relay:
        report = rt.ends(f"TLS: {fault}", "tls", _rt(relay.url, ca_bundle=trusted))
        assert report.calls == 1
        assert "ca_bundle" in str(report.error)
        if fault == "self-signed":
            rt.recovers(_rt(relay.url, ca_bundle=certificate))
    if fault != "self-signed":
        rt.recovers(_rt(rt.tracker.url))


def test_an_unchanged_list_brings_no_rows_and_is_counted(issues: Bench) -> None:
    connector = _redmine(issues.proxy.url)
    for _ in range(2):
        issues.run(connector)
    report = issues.run(connector)
    assert (report.status, report.rows, report.calls) == ("complete", 0, 1)
    assert issues.clients[-1].unchanged == 1
    assert issues.rows() == issues.whole
    SEEN["304"] = "no rows, counted"


class _Changing:
    """Change the tracker when the first page was read."""

    def __init__(self, connector: Connector, change: Any) -> None:
        self._connector = connector
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    def pages(self, *arguments: Any, **named: Any) -> Iterator[Any]:
        for number, item in enumerate(self._connector.pages(*arguments, **named)):
            yield item
            if not number:
                self._change()


def test_what_changes_during_a_run_is_read_in_it(issues: Bench) -> None:
    def change() -> None:
        issues.tracker.send("PUT", "/issues/10.json", issue={"subject": "Changed meanwhile"})

    report = issues.run(_Changing(_redmine(issues.proxy.url), change))
    assert report.status == "complete"
    (subject,) = issues.tracker.sql("select updated_on from issues where id = 10")[0]
    assert issues.rows()["10"] == subject[:19].replace(" ", "T") + "Z"
    assert set(issues.rows()) == set(issues.whole)
    SEEN["a row changes during the run"] = "read in the same run"


def test_a_total_that_grows_during_a_run_loses_nothing(issues: Bench) -> None:
    def change() -> None:
        issue = {"project_id": "ops", "tracker_id": 1, "subject": "Born meanwhile"}
        issues.tracker.send("POST", "/issues.json", issue=issue)

    report = issues.run(_Changing(_redmine(issues.proxy.url), change))
    assert report.status == "complete"
    assert len(issues.rows()) == len(issues.whole) + 1
    SEEN["the total changes during the run"] = "read in the same run"


def test_every_fault_ended_in_its_class(capsys: pytest.CaptureFixture[str]) -> None:
    if not SEEN:
        pytest.skip("no fault was tried")
    with capsys.disabled():
        for fault, error in SEEN.items():
            sys.stdout.write(f"\n  {fault:36} {error}")
    assert len(SEEN) >= 18
