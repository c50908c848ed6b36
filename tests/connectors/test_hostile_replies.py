"""What a hostile, broken or confused source sends ends in a class, a reason and one line."""

import gzip
import json
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import discover, junit, opsgenie, reports, servicenow
from connectors._contract import Access, Connector, Refusal
from connectors._errors import ConnectorError
from connectors._http import HttpClient
from orchestration.commands import terminal
from orchestration.lake import Lake
from orchestration.progress import describe_failures
from orchestration.sync import SyncReport, sync
from tests.connectors.fakes import (
    START,
    FakeTime,
    Handler,
    Script,
    http_date,
    json_reply,
    next_cursor,
    open_client,
    pages_of,
    read,
)
from tests.connectors.test_contract import SETTINGS
from tests.connectors.test_servicenow import FakeInstance

# The names under which sources put the list of their records.
_LISTS = (
    "alerts",
    "builds",
    "components",
    "data",
    "groups",
    "incidents",
    "issues",
    "items",
    "jobs",
    "projects",
    "result",
    "results",
    "scheduled_maintenances",
    "services",
    "trackers",
    "value",
    "values",
    "workflow_runs",
)
GOOD = b'{"result": [{"sys_id": "1", "sys_updated_on": "2026-11-20 08:00:00"}]}'


def _instance(**more: Any) -> servicenow.ServiceNowConnector:
    config = servicenow.Config(
        base_url="https://acme.test", token=SecretStr("t"), tables=("incident",), **more
    )
    return servicenow.connect(config, name="desk")


def _sync(
    connector: Connector,
    handler: Handler,
    lake: Lake,
    *,
    time: FakeTime | None = None,
    page_bytes: int = 50 * 1024 * 1024,
    budget: int | None = None,
) -> SyncReport:
    time = time or FakeTime()

    def open_one(access: Access, source: str) -> HttpClient:
        return open_client(
            access, handler, time=time, source=source, page_bytes=page_bytes, budget=budget
        )

    return sync([connector], lake, time.clock, open_client=open_one)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


# -- broken bytes --------------------------------------------------------------------------------


def _answer(body: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = {"content-type": "application/json", "x-total-count": "1"} | named
    return httpx.Response(200, headers=answer, stream=httpx.ByteStream(body))


DEEP = b'{"result": [' + b"[" * 10_000 + b"]" * 10_000 + b"]}"
# How the stream ends, and why the bytes are in quarantine ("" where they are not).
BROKEN: Mapping[str, tuple[httpx.Response, str, str]] = {
    "invalid UTF-8": (_answer(b'{"result": [{"a": "\xff"}]}'), "BadPayload", "utf-8"),
    "cut short": (_answer(GOOD[:-5]), "BadPayload", "Unterminated string"),
    "byte order mark": (_answer(b"\xef\xbb\xbf" + GOOD), "", ""),
    "a bomb of 1 : 1000": (
        _answer(gzip.compress(b" " * 4_000_000), content_encoding="gzip"),
        "BadPayload",
        "larger than",
    ),
    "a login page": (_answer(b"<html>log in</html>"), "AuthRejected", ""),
    "another content type": (_answer(GOOD, content_type="image/png"), "", ""),
    "NaN": (_answer(b'{"result": [{"a": NaN}]}'), "BadPayload", "NaN"),
    "a key twice": (_answer(b'{"result": [{"a": 1, "a": 2}]}'), "BadPayload", "same key twice"),
    "1e400": (_answer(b'{"result": [{"a": 1e400}]}'), "BadPayload", "too large"),
    "10,000 levels": (_answer(DEEP), "BadPayload", "nested too deeply"),
    "NUL bytes": (_answer(b'{"result": [{"a": "\x00"}]}'), "BadPayload", "control character"),
    "compression that is none": (_answer(GOOD, content_encoding="gzip"), "BadPayload", "broken"),
}


@pytest.mark.parametrize("kind", sorted(BROKEN))
def test_each_kind_of_broken_bytes_ends_in_its_class(kind: str, lake: Lake) -> None:
    answer, ends_as, why = BROKEN[kind]
    body = b"".join(answer.stream)  # type: ignore[arg-type]
    report = _sync(
        _instance(),
        lambda _: httpx.Response(200, headers=answer.headers, stream=httpx.ByteStream(body)),
        lake,
        page_bytes=1_000_000,
    )
    (one,) = report.streams
    assert (one.error_class or "") == ends_as
    assert one.rows == (1 if not ends_as else 0)
    set_aside = list(lake.quarantined("desk", "incident"))
    assert [why in line["detail"] for line in set_aside] == ([True] if why else [])
    assert all(line["reason"] == "bad_payload" for line in set_aside)


# -- too much ------------------------------------------------------------------------------------

GREEDY = """
import json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
import connectors.servicenow as servicenow
from orchestration.lake import Lake
from orchestration.sync import sync

resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
config = servicenow.Config(base_url=sys.argv[1], token="t", tables=("incident",))
lake = Lake(Path(sys.argv[2]))
report = sync(
    [servicenow.connect(config, name="desk")],
    lake,
    lambda: datetime.now(UTC),
    private_hosts=("127.0.0.1",),
)
(one,) = report.streams
# What getrusage tells of a child holds the peak of the process that started it.
status = Path("/proc/self/status").read_text(encoding="ascii")
peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
set_aside = [line["detail"] for line in lake.quarantined("desk", "incident")]
print(json.dumps([one.status, one.rows, set_aside, peak]))
"""

TOTAL = 200 * 1024 * 1024


def _endless() -> Iterator[bytes]:
    yield b'{"result": ["'
    for _ in range(TOTAL // 1_000_000):
        yield b"x" * 1_000_000
    yield b'"]}'


def _million() -> Iterator[bytes]:
    yield b'{"result": ['
    for thousand in range(1000):
        rows = (
            f'{{"sys_id": "{thousand * 1000 + n}", "sys_updated_on": "2026-11-20 08:00:00"}}'
            for n in range(500)
        )
        numbers = ",".join(str(n) for n in range(500))
        yield (",".join(rows) + "," + numbers + ("," if thousand < 999 else "")).encode()
    yield b"]}"


def _long_field() -> Iterator[bytes]:
    yield b'{"result": [{"sys_id": "1", "sys_updated_on": "2026-11-20 08:00:00", "description": "'
    for _ in range(10):
        yield b"x" * (1 << 20)
    yield b'"}]}'


class _Sender(BaseHTTPRequestHandler):
    parts: Callable[[], Iterator[bytes]]
    sent = 0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("x-total-count", "1")
        self.end_headers()
        try:
            for part in type(self).parts():
                self.wfile.write(part)
                type(self).sent += len(part)
        except OSError:
            return

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parts", "status", "rows", "why"),
    [
        (_endless, "incomplete", 0, "larger than 52428800 bytes"),
        (_million, "incomplete", 0, "no list of records"),
        (_long_field, "complete", 1, ""),
    ],
    ids=["200 MB", "a million elements", "a field of 10 MB"],
)
def test_what_is_too_much_stops_at_the_limit_and_fits_in_a_gigabyte(
    parts: Callable[[], Iterator[bytes]], status: str, rows: int, why: str, tmp_path: Path
) -> None:
    handler = type("Sender", (_Sender,), {"parts": staticmethod(parts), "sent": 0})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                textwrap.dedent(GREEDY),
                f"http://127.0.0.1:{server.server_port}",
                str(tmp_path / "lake"),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert done.returncode == 0, done.stderr[-2000:]
    ended, read_rows, set_aside, peak = json.loads(done.stdout)
    assert (ended, read_rows) == (status, rows)
    assert [why in detail for detail in set_aside] == ([True] if why else [])
    assert peak < 1024
    assert handler.sent < TOTAL  # type: ignore[attr-defined]


# -- limits --------------------------------------------------------------------------------------

OVER_HTTP = sorted(
    kind
    for kind, module in discover().items()
    if module.connect(module.Config.model_validate(SETTINGS[kind]), name="x").access is not None
)


def _limits(access: Access, now: datetime) -> dict[str, tuple[int, dict[str, str]]]:
    """Return every way in which a source of this access may ask for half a minute."""
    rule, later = access.limit, now + timedelta(seconds=30)
    ways = {
        "seconds": (429, {"retry-after": "30"}),
        "a date": (429, {"retry-after": http_date(later), "date": http_date(now)}),
        "nothing": (429, {}),
    }
    if rule.reset_header:
        reset = "30" if rule.reset_is == "seconds" else str(int(later.timestamp()))
        used_up = {rule.remaining_header: "0"} if rule.remaining_header else {}
        ways["a reset"] = (429, {rule.reset_header: reset, **used_up})
        if used_up:
            ways["the last reply"] = (500, {rule.reset_header: reset, **used_up})
        if rule.is_403_a_limit:
            ways["a refusal"] = (403, {rule.reset_header: reset, **used_up})
            ways["a secondary limit"] = (403, {"retry-after": "30"})
    return ways


def _connect(module: ModuleType) -> Connector:
    config = module.Config.model_validate(SETTINGS[module.KIND])
    connected: Connector = module.connect(config, name="acme-source")
    return connected


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_no_connector_asks_before_the_time_its_source_allows(kind: str) -> None:
    connector = _connect(discover()[kind])
    assert connector.access is not None
    for way, (status, headers) in _limits(connector.access, START).items():
        time, asked = FakeTime(), []
        answers = Script(httpx.Response(status, headers=headers), httpx.Response(401))

        def serve(request: httpx.Request, /) -> httpx.Response:
            asked.append(time.seconds)  # noqa: B023
            return answers(request)  # noqa: B023

        named = next(one for one in connector.streams if one.parent is None)
        assert "401" in _said(connector, named.name, serve, time)
        assert asked[0] == 0.0
        assert asked[1] >= 29.9, (way, asked)


def _said(connector: Connector, stream: str, handler: Handler, time: FakeTime) -> str:
    try:
        items = read(connector, stream, handler, time=time)
    except ConnectorError as exc:
        return str(exc)
    return " ".join(item.detail for item in items if isinstance(item, Refusal))


def test_a_token_that_expires_on_page_7_of_10_costs_nothing_but_the_rest(lake: Lake) -> None:
    rows = [
        {"sys_id": f"{n:02d}", "sys_updated_on": f"2026-11-20 {n:02d}:00:00"} for n in range(10)
    ]
    connector, fake = _instance(page_size=1), FakeInstance(rows)
    whole = FakeInstance(rows)
    _sync(connector, whole, Lake(lake.root.parent / "whole"))

    def expire(request: httpx.Request) -> httpx.Response:
        return fake(request) if len(fake.asked) < 6 else httpx.Response(401)

    (one,) = _sync(connector, expire, lake).streams
    assert (one.status, one.error_class, one.rows) == ("failed", "AuthRejected", 6)
    assert "set a valid user or token for source 'desk'" in (one.error or "")
    assert lake.cursor("desk", "incident") is None
    fake.asked.clear()
    (one,) = _sync(connector, fake, lake).streams
    assert one.status == "complete"
    read_ids = [
        row["sys_id"]
        for line in lake.journal("desk", "incident")
        if line["event"] == "page"
        for row in json.loads(lake.body(line))["result"]
    ]
    assert list(dict.fromkeys(read_ids)) == [row["sys_id"] for row in rows]
    assert len(fake.asked) <= len(whole.asked) - 6 + 1


# -- clocks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("skew_minutes", [-15, 15])
def test_a_source_whose_clock_is_wrong_by_a_quarter_of_an_hour_loses_no_row(
    skew_minutes: int,
) -> None:
    begin, skew, form = START, timedelta(minutes=skew_minutes), "%Y-%m-%d %H:%M:%S"
    connector, cursor = _instance(page_size=3), None
    found: set[str] = set()
    changes = [begin + timedelta(minutes=5 * n) for n in range(60)]
    for run in range(7):
        now = begin + timedelta(minutes=50 * run)
        rows = [
            {"sys_id": f"{n:03d}", "sys_updated_on": (moment + skew).strftime(form)}
            for n, moment in enumerate(changes)
            if moment <= now
        ]
        fake = FakeInstance(rows)

        def serve(request: httpx.Request, /) -> httpx.Response:
            reply = fake(request)  # noqa: B023
            reply.headers["date"] = http_date(now + skew)  # noqa: B023
            return reply

        items = read(connector, "incident", serve, cursor=cursor, time=FakeTime(now))
        for page in pages_of(items, "incident"):
            found.update(row["sys_id"] for row in json.loads(page.body)["result"])
        cursor = next_cursor(connector, "incident", items, cursor)
        if cursor:
            reached = datetime.strptime(str(cursor["updated_at"]), form).replace(tzinfo=UTC)
            assert reached <= now + timedelta(minutes=2)
    assert found == {f"{n:03d}" for n in range(60)}


def test_a_wait_that_ends_at_a_date_is_counted_on_the_clock_of_the_source() -> None:
    for skew in (timedelta(minutes=-15), timedelta(minutes=15)):
        time, theirs = FakeTime(), START + skew
        limit = httpx.Response(
            429,
            headers={
                "retry-after": http_date(theirs + timedelta(seconds=40)),
                "date": http_date(theirs),
            },
        )
        client = open_client(Access("https://acme.test"), Script(limit, json_reply([])), time=time)
        client.fetch("/items", stream="items")
        assert time.slept == [40.0]
        assert client.skew_seconds == skew.total_seconds()


# -- pages that move -----------------------------------------------------------------------------


class MovingAlerts:
    """Alerts by offset, newest update first; between two pages the head gains or loses rows."""

    def __init__(self, moments: list[datetime]) -> None:
        self.rows = [_alert(n, moment) for n, moment in enumerate(moments)]
        self.moves: list[Callable[[], None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v2/alerts":
            return json_reply({"data": {}})
        rows = sorted(self.rows, key=lambda row: str(row["updatedAt"]), reverse=True)
        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        shown = rows[offset : offset + limit]
        paging = {"next": "more"} if offset + limit < len(rows) else {}
        if self.moves:
            self.moves.pop(0)()
        return json_reply({"data": shown, "paging": paging})


def _alert(number: int, moment: datetime) -> dict[str, Any]:
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z"
    return {"id": f"a{number:04d}", "createdAt": stamp, "updatedAt": stamp, "status": "open"}


@pytest.mark.parametrize("change", ["insert", "delete"])
def test_rows_by_offset_survive_a_head_that_moves_between_two_pages(change: str) -> None:
    moments = [START - timedelta(minutes=250 - n) for n in range(240)]
    fake = MovingAlerts(moments)
    expected = {row["id"] for row in fake.rows}

    def move() -> None:
        if change == "insert":
            fake.rows.append(_alert(900, START - timedelta(seconds=5)))
        else:
            fake.rows = [row for row in fake.rows if row["id"] != "a0239"]

    fake.moves = [move, move]
    connector = opsgenie.connect(opsgenie.Config(token=SecretStr("t")), name="alerts")
    cursor, found = None, set[str]()
    for run in range(2):
        time = FakeTime(START + timedelta(minutes=5 * run))
        items = read(connector, "alerts", fake, cursor=cursor, time=time)
        for page in pages_of(items, "alerts"):
            rows = json.loads(page.decoded or page.body)
            found.update(row["id"] for row in (rows["data"] if isinstance(rows, dict) else rows))
        cursor = next_cursor(connector, "alerts", items, cursor)
    assert found >= expected


def test_a_table_that_ignores_the_offset_is_asked_four_times_and_not_ten_thousand(
    lake: Lake,
) -> None:
    script = Script(httpx.Response(200, content=GOOD))
    (one,) = _sync(_instance(), script, lake).streams
    assert one.error_class == "PaginationLoop"
    assert len(script.requests) <= 4


SHAPES: Mapping[str, Any] = {
    "null": None,
    "a number": 5,
    "text": "hello",
    "no list": {},
    "an empty record": [{}],
    "a list of nothing": [None],
    "a list of lists": [[[]]],
    "odd lists everywhere": {key: [{"id": [], "updated_at": {}, "key": 1.5}] for key in _LISTS},
    "odd values everywhere": dict.fromkeys(_LISTS, "x"),
    "one record everywhere": {key: [{"id": "1"}] for key in _LISTS},
}


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_no_connector_hangs_or_breaks_on_a_reply_of_another_shape(
    kind: str, shape: str, lake: Lake
) -> None:
    connector = _connect(discover()[kind])
    report = _sync(connector, lambda _: json_reply(SHAPES[shape]), lake, budget=400)
    known = {error.__name__ for error in _errors_of(ConnectorError)}
    ended = {one.error_class for one in report.streams if one.error_class}
    assert ended <= (known | {"PageRefused", "TotalMismatch"}) - {"BudgetSpent"}
    for line in lake.lines():
        assert line["event"] != "page" or line["row_count"] >= 0


def _errors_of(error: type[ConnectorError]) -> Iterator[type[ConnectorError]]:
    yield error
    for one in error.__subclasses__():
        yield from _errors_of(one)


# -- words of others -----------------------------------------------------------------------------

LINES = "first\r\nsecond\x1b[31m red\x1b]0;title\x07 \u202eevil\u2066\u2028third\x85fourth\x00"


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_what_a_source_says_of_an_error_is_one_line_on_the_terminal_and_in_the_journal(
    status: int, lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    said = json.dumps({"error": {"message": LINES}}).encode()
    report = _sync(_instance(), lambda _: httpx.Response(status, content=said), lake)
    told = describe_failures(report)
    assert "first" in told
    terminal.say(told)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    journal = lake.journal_file("desk", "incident").read_text(encoding="utf-8")
    assert all(row.isprintable() for row in journal.split("\n"))


def test_titles_of_others_are_one_line_each_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_table(["t"], [[LINES[:20]], ["plain"]])
    shown = capsys.readouterr().out
    assert all(line.isprintable() for line in shown.split("\n"))
    assert shown.count("first") == shown.count("second") == 1
    assert "\\r\\n" in shown


# -- files ---------------------------------------------------------------------------------------

LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    + ']><testsuite><testcase name="&a9;"/></testsuite>'
)
OUTSIDE = (
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    '<testsuite><testcase name="&e;"/></testsuite>'
)
FOREIGN_DTD = (
    '<!DOCTYPE testsuite SYSTEM "http://127.0.0.1:9/x.dtd"><testsuite><testcase name="a"/>'
    "</testsuite>"
)
FILES: Mapping[str, str] = {"laughs": LAUGHS, "outside": OUTSIDE, "dtd": FOREIGN_DTD}


@pytest.mark.parametrize("kind", ["junit", "reports"])
@pytest.mark.parametrize("attack", [*FILES, "100 MB"])
def test_hostile_xml_is_set_aside_with_a_reason_and_the_next_file_is_read(
    kind: str, attack: str, lake: Lake, tmp_path: Path
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    with (folder / "a.xml").open("wb") as file:
        if attack == "100 MB":
            file.truncate(100 * 1024 * 1024)
        else:
            file.write(FILES[attack].encode())
    good = {
        "junit": "<testsuite><testcase name='a'/></testsuite>",
        "reports": '<coverage lines-valid="2" lines-covered="1" line-rate="0.5"/>',
    }
    (folder / "b.xml").write_text(good[kind])
    module = {"junit": junit, "reports": reports}[kind]
    connector: Connector = module.connect(module.Config(path=folder), name="files")
    report = _sync(connector, lambda _: json_reply([]), lake)
    assert report.is_complete
    assert report.totals.rows > 0
    (line,) = [one for name in connector.streams for one in lake.quarantined("files", name.name)]
    assert line["reason"] == "bad_payload"
    assert line["detail"].startswith("a.xml is no ")
    assert ("larger than" if attack == "100 MB" else "DTD") in line["detail"]


@pytest.mark.parametrize("kind", ["junit", "reports"])
@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"BZh9", b"ustar\x00"])
def test_an_archive_is_never_opened_but_set_aside(
    kind: str, magic: bytes, lake: Lake, tmp_path: Path
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name in ("a.xml", "b.json"):
        (folder / name).write_bytes(magic + b"\x00../../etc/passwd" * 10)
    module = {"junit": junit, "reports": reports}[kind]
    connector: Connector = module.connect(module.Config(path=folder), name="files")
    report = _sync(connector, lambda _: json_reply([]), lake)
    assert report.totals.rows == 0
    reasons = {
        line["reason"] for one in connector.streams for line in lake.quarantined("files", one.name)
    }
    assert reasons == {"bad_payload"}
